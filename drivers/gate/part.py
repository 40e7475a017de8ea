"""A part between its trigger and the gates: where each of them may be open for it, and what became of its pulse.

Must not know the line's position, other parts or outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class Window:
    """Where a gate may be open for a part: from `open_at` to before `close_at`, unwrapped counts.

    place: where the part itself meets the gate; None: at `open_at`.
    """

    open_at: int
    close_at: int
    place: int | None = None

    def __post_init__(self) -> None:
        if self.close_at <= self.open_at:
            raise ValueError(f"Window: close_at must be after open_at, got {self}")

    @property
    def met_at(self) -> int:
        """Where the part meets the gate."""
        return self.open_at if self.place is None else self.place

    def meets(self, other: Window) -> bool:
        """Both have counts in common."""
        return self.open_at < other.close_at and other.open_at < self.close_at

    def holds(self, position: float) -> bool:
        """The position is inside."""
        return self.open_at <= position < self.close_at


class Pulse(Enum):
    """The one pulse that a part may get."""

    NONE = auto()
    WAITS = auto()
    ON = auto()
    DONE = auto()


@dataclass(slots=True)
class PartOnCam:
    """Its windows, one a gate, and the gate that it was let pass, if any."""

    windows: Mapping[str, Window]
    gate: str | None = None
    pulse: Pulse = Pulse.NONE

    @property
    def end(self) -> int:
        """From here on it is behind its last gate."""
        return max(window.close_at for window in self.windows.values())

    @property
    def has_pulse(self) -> bool:
        """It waits or is on."""
        return self.pulse in (Pulse.WAITS, Pulse.ON)

    def let_pass(self, gate: str) -> None:
        """Its pulse waits for this gate's window."""
        self.gate, self.pulse = gate, Pulse.WAITS

    def take_back(self, pulse: Pulse = Pulse.NONE) -> None:
        """No gate opens for it; DONE: nor ever will."""
        self.gate, self.pulse = None, pulse
