"""Parts from their trigger until their result is taken: published, and behind the gates, in either order.

Pure. Must not know the cam, verdicts or time.
"""

from __future__ import annotations

from dataclasses import dataclass

_MOST = 1024


@dataclass(slots=True)
class OpenPart:
    """One part. count, position: of its trigger, as the counter shows it and unwrapped."""

    count: int
    position: int
    missed: bool
    """Its result cannot open a gate."""
    past: bool
    """It is behind the gates, or nobody knows that it is not."""
    published: bool = False


class OpenParts:
    """At most 1024 parts by number; one more, and the oldest is forgotten."""

    def __init__(self) -> None:
        self._parts: dict[int, OpenPart] = {}

    def __contains__(self, part_seq: int) -> bool:
        return part_seq in self._parts

    def numbers(self) -> tuple[int, ...]:
        """Of all that are open, oldest first."""
        return tuple(self._parts)

    def add(self, part_seq: int, part: OpenPart) -> None:
        """It was triggered; an older one of that number is forgotten."""
        self._parts.pop(part_seq, None)
        while len(self._parts) >= _MOST:
            del self._parts[next(iter(self._parts))]
        self._parts[part_seq] = part

    def publish(self, part_seq: int) -> OpenPart | None:
        """Its one result is there; None = no such part waits for one."""
        part = self._parts.get(part_seq)
        if part is None or part.published:
            return None
        part.published = True
        return part

    def past(self, part_seq: int) -> None:
        """It is behind the gates."""
        self._parts[part_seq].past = True

    def take(self, part_seq: int) -> bool:
        """Close it if it is published and past; False = it stays open."""
        part = self._parts[part_seq]
        if not (part.published and part.past):
            return False
        del self._parts[part_seq]
        return True
