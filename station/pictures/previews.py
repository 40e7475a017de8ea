"""Small pictures for people who watch: the newest of each camera, and those of the newest parts.

Made only while somebody watches, at most `RATE_A_S` a second; the newest wins, nobody waits for a slow watcher. Lives
in the event loop: the encoder hands in what it made. Must not know sockets or pixels.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Final

RATE_A_S: Final = 5
_APART_NS: Final = 1_000_000_000 // RATE_A_S
_PARTS_KEPT: Final = 8
"""So that a page that asks for a part it has just heard of still finds it."""

Overlay = Callable[[], bytes | None]


def _no_overlay() -> bytes | None:
    return None


class Previews:
    """`due` and `part_due` say whether to make one; `camera_made` and `part_made` take what was made."""

    def __init__(self) -> None:
        self._watchers: Counter[str] = Counter()
        self._part_watchers = 0
        self._newest: dict[str, tuple[int, bytes]] = {}
        self._came: dict[str, asyncio.Event] = {}
        self._asked_ns: dict[str, int] = {}
        self._parts_asked_ns = -_APART_NS
        self._parts: OrderedDict[int, dict[str, tuple[bytes, Overlay]]] = OrderedDict()

    @contextlib.contextmanager
    def watch_parts(self) -> Generator[None]:
        """While this is open, previews of the newest parts are made."""
        self._part_watchers += 1
        try:
            yield
        finally:
            self._part_watchers -= 1
            if not self._part_watchers:
                self._parts.clear()

    async def watch_camera(self, camera: str) -> AsyncGenerator[bytes]:
        """The camera's pictures as JPEG, each once, from the first one taken from now on. Close it to stop watching."""
        self._watchers[camera] += 1
        seen = self._newest.get(camera, (0, b""))[0]
        try:
            while True:
                came = self._came.setdefault(camera, asyncio.Event())
                number, picture = self._newest.get(camera, (0, b""))
                if number == seen:
                    await came.wait()
                    continue
                seen = number
                yield picture
        finally:
            self._watchers[camera] -= 1
            if not self._watchers[camera]:
                del self._watchers[camera]

    def due(self, camera: str, now_ns: int) -> bool:
        """Whether a preview of this camera's picture should be made now; then it counts as being made."""
        if not self._watchers[camera] or now_ns - self._asked_ns.get(camera, -_APART_NS) < _APART_NS:
            return False
        self._asked_ns[camera] = now_ns
        return True

    def part_due(self, now_ns: int) -> bool:
        """Whether previews of this part's pictures should be made; then they count as being made."""
        if not self._part_watchers or now_ns - self._parts_asked_ns < _APART_NS:
            return False
        self._parts_asked_ns = now_ns
        return True

    def camera_made(self, camera: str, picture: bytes) -> None:
        """The newest picture of a camera, JPEG."""
        number, _ = self._newest.get(camera, (0, b""))
        self._newest[camera] = (number + 1, picture)
        came = self._came.pop(camera, None)
        if came is not None:
            came.set()

    def part_made(self, part_uid: int, view: str, picture: bytes, overlay: Overlay = _no_overlay) -> None:
        """A picture of a part, JPEG; `overlay` draws its activation map, outside the loop."""
        self._parts.setdefault(part_uid, {})[view] = (picture, overlay)
        while len(self._parts) > _PARTS_KEPT:
            self._parts.popitem(last=False)

    def of_part(self, part_uid: int, view: str) -> bytes | None:
        """JPEG of one of the newest parts; None where none was made. The kept picture may lie on the disk by now."""
        made = self._parts.get(part_uid, {}).get(view)
        return None if made is None else made[0]

    def map_of(self, part_uid: int, view: str) -> Overlay | None:
        """What draws the map of one of the newest parts, as `PictureStore.activation_map` gives it; takes a while."""
        made = self._parts.get(part_uid, {}).get(view)
        return None if made is None else made[1]

    def views_of(self, part_uid: int) -> tuple[str, ...]:
        """Names of the views of which there is a picture."""
        return tuple(self._parts.get(part_uid, ()))
