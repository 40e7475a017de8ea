"""A small line for tests of the pictures: a real ring, parts whose frames lie in it, and a keeper on a real folder.

What the picture process does runs in a thread here, so that a test can stand in for the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from drivers.camera.interface import Frame
from drivers.camera.ring import FrameRing, RingMap
from station.config.model_people import Pictures
from station.core.reasons import Reason
from station.core.values import Action, Classify, Decision, OpenPart, PictureFacts, Release, Trigger
from station.fault_board import FaultBoard
from station.pictures.keeper import PictureKeeper
from station.pictures.link import Peer, Spawn
from station.pictures.plan import PicturePlan
from station.pictures.rules import KeepRule
from station.pictures.serving import serve
from station.pictures.status import PictureStatus
from station.pictures.store import PictureStore
from station.pictures.writer import write_whole

HEIGHT, WIDTH, SLOTS = 48, 64, 8
LIMIT_S = 20.0
FIRST_UID = 1_785_592_800_000_001


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until it holds; fails with what was waited for."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {LIMIT_S:.0f} s: {what}")
        await asyncio.sleep(0.002)


class ThreadPeer:
    """The picture process's work in a thread."""

    def __init__(self, plan: PicturePlan, control: socket.socket, **changes: Any) -> None:
        self._control = control.dup()
        self._thread = threading.Thread(target=self._run, args=(plan,), kwargs=changes, daemon=True)
        self._thread.start()

    def _run(self, plan: PicturePlan, **changes: Any) -> None:
        with self._control:
            serve(self._control, plan, **changes)

    async def wait(self) -> None:
        await asyncio.to_thread(self._thread.join)

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)


@dataclass
class Line:
    """Takes slots as a capture process would, and carries out the line machine's actions as the loop does."""

    folder: Path
    ring: FrameRing
    pixels: RingMap
    faults: FaultBoard
    keeper: PictureKeeper
    store: PictureStore
    taken: int = 0
    slots_back: list[Frame] = field(default_factory=list[Frame])

    def frame(self, picture: np.ndarray | None = None) -> Frame:
        """A picture in a free slot; it fails where there is none, as a camera would lose the frame."""
        free = next(slot for slot in range(SLOTS) if slot not in self.ring.held)
        self.taken += 1
        self.pixels.slot(free)[:] = a_picture(self.taken) if picture is None else picture
        self.ring.take(free, self.taken)
        return Frame(free, self.taken, 0, self.taken, 0, None, WIDTH, HEIGHT, HEIGHT, "Mono8", 0)

    def back(self, camera: str, frame: Frame) -> None:
        """The camera's release: what was in the slot is gone from here on."""
        assert camera == "line"
        self.ring.release(frame.slot, frame.ready_ns)
        self.pixels.slot(frame.slot)[:] = 0xEE
        self.slots_back.append(frame)

    def carry_out(self, *actions: Action) -> None:
        """As `station.inspection` does."""
        self.keeper.told(actions)
        for action in actions:
            if isinstance(action, Release):
                self.keeper.release(action.camera, action.frame)

    def part(self, uid: int, reason: Reason = Reason.DEFECT_FREE, frames: int = 1, **facts: Any) -> list[np.ndarray]:
        """A part from its first frame to its verdict; returns its pictures as they were."""
        part = OpenPart(uid, Trigger(uid % 65_535 + 1, None, 0), 0, 0)
        pictures: list[np.ndarray] = []
        for view in range(frames):
            frame = part.frames[view] = self.frame()
            pictures.append(self.pixels.slot(frame.slot).copy())
            self.carry_out(Classify(uid, view, frame))
        for view, frame in part.frames.items():
            part.facts[view] = PictureFacts(uid, None, reason is Reason.DEFECT, 0, 0.9, 0, 0, 1, view=view, **facts)
            last = [Decision(part, reason, 0)] if view == frames - 1 else []
            self.carry_out(Release("line", frame), *last)
        return pictures

    @property
    def status(self) -> PictureStatus:
        """What the disk's side last said."""
        return self.keeper.link.status

    def files(self) -> list[Path]:
        """Every picture below the folder."""
        return sorted(path for path in self.folder.rglob("[!.]*") if path.is_file())

    def stored_bytes(self) -> int:
        """Size of all pictures; one may go while it is asked for."""
        total = 0
        for path in self.files():
            with contextlib.suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def codes(self) -> set[str]:
        """The faults that there are now."""
        return {fault.code.value for fault in self.faults.active()}

    async def slots_are_back(self) -> None:
        """No slot is held."""
        await until(lambda: not self.ring.held, f"slots {self.ring.held} back")

    async def files_are(self, count: int) -> list[Path]:
        """So many pictures are on the disk, and no slot is held."""
        await until(lambda: len(self.files()) == count, f"{count} files, {self.keeper.dropped} dropped")
        await self.slots_are_back()
        return self.files()


def a_picture(number: int) -> np.ndarray:
    """A picture unlike any other."""
    return np.random.default_rng(number).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)


@contextlib.asynccontextmanager
async def a_line(
    folder: Path,
    *,
    held: int = 4,
    views: tuple[str, ...] = ("mantle", "head/90", "head-180"),
    write: Callable[[Path, bytes], None] = write_whole,
    free: Callable[[Path], int] = lambda folder: 10**12,
    review: bool = False,
    spawn: Spawn | None = None,
    **settings: float,
) -> AsyncGenerator[Line]:
    """A line whose keeper runs; every good part's picture is kept as JPEG unless the settings say otherwise."""
    said = Pictures(**{"passed_every": 1, "lossless_every": 0, "passed_days": 36_500, **settings})  # type: ignore[arg-type]
    ring = FrameRing(SLOTS, HEIGHT, WIDTH)
    pixels, faults = RingMap(ring.layout, writable=True), FaultBoard()

    def back(camera: str, frame: Frame) -> None:
        line.back(camera, frame)

    async def thread(plan: PicturePlan, control: socket.socket) -> Peer:
        return ThreadPeer(plan, control, write=write, free=free, period_s=0.01, again_after_s=0.0)

    keeper = PictureKeeper(
        PicturePlan({"line": ring.layout}, str(folder), said, nice=0), back, KeepRule.of(said), faults,
        views=lambda: views, held_max={"line": held}, review=lambda decision: review,
        context=lambda: {"simulated": True}, spawn=spawn or thread,
    )  # fmt: skip
    line = Line(folder, ring, pixels, faults, keeper, PictureStore(folder))
    keeper.start()
    try:
        yield line
    finally:
        await keeper.stop()
        held_at_end = ring.held
        pixels.close()
        ring.close()
    assert not held_at_end, f"slots that never came back: {held_at_end}"
