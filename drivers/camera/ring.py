"""The frame ring: slots of shared memory (memfd) that the capture process fills and everyone else reads in place.

The memory has no name, so nothing can be left behind. It must not know cameras or messages.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os

import numpy as np
from numpy.typing import NDArray

from drivers.camera.interface import RingLayout

_PAGE_BYTES = mmap.PAGESIZE
_LARGE_PAGE_BYTES = 2 << 20


def layout_for(fd: int, slots: int, height_px: int, width_px: int) -> RingLayout:
    """The layout of a ring of Mono8 frames. Slots begin on page borders, on large-page borders where they fill one."""
    frame_bytes = height_px * width_px
    border = _LARGE_PAGE_BYTES if frame_bytes >= _LARGE_PAGE_BYTES else _PAGE_BYTES
    return RingLayout(fd, slots, -(-frame_bytes // border) * border, height_px, width_px)


class RingMap:
    """One process's mapping of the ring: read-only unless it is the capture process."""

    def __init__(self, layout: RingLayout, *, writable: bool = False) -> None:
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        self._map = mmap.mmap(layout.fd, layout.slots * layout.slot_bytes, access=access)
        with contextlib.suppress(OSError):  # where the kernel gives none, small pages do
            self._map.madvise(mmap.MADV_HUGEPAGE)
        count = layout.height_px * layout.width_px
        self._slots: tuple[NDArray[np.uint8], ...] = tuple(
            np.frombuffer(self._map, np.uint8, count, slot * layout.slot_bytes).reshape(
                layout.height_px, layout.width_px
            )
            for slot in range(layout.slots)
        )

    def slot(self, slot: int) -> NDArray[np.uint8]:
        """The pixels (height, width) of a slot."""
        return self._slots[slot]

    def close(self) -> None:
        """Drop the mapping; a view that someone still holds keeps the memory until it goes. Idempotent."""
        self._slots = ()
        with contextlib.suppress(BufferError):
            self._map.close()


class FrameRing:
    """The ring's owner: makes the memory, and knows which slots are held by consumers."""

    def __init__(self, slots: int, height_px: int, width_px: int) -> None:
        fd = os.memfd_create("edge-frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.layout = layout_for(fd, slots, height_px, width_px)
        os.ftruncate(fd, slots * self.layout.slot_bytes)
        # Nobody can shrink it under a mapping: that would kill the reader with SIGBUS.
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        self._map = RingMap(self.layout)
        self._held: dict[int, int] = {}

    @property
    def held(self) -> tuple[int, ...]:
        """The slots that must not be written."""
        return tuple(self._held)

    def take(self, slot: int, ticket: int) -> None:
        """A frame arrived in `slot`; `ticket` tells it from every other frame that was ever there."""
        if slot in self._held or not 0 <= slot < self.layout.slots:
            raise ValueError(f"slot {slot} cannot be taken: held {self.held} of {self.layout.slots}")
        self._held[slot] = ticket

    def view(self, slot: int, ticket: int) -> NDArray[np.uint8]:
        """The read-only pixels of the frame with this ticket."""
        self._check(slot, ticket)
        return self._map.slot(slot)

    def release(self, slot: int, ticket: int) -> None:
        """Give the slot back; raises ValueError when the frame was released before."""
        self._check(slot, ticket)
        del self._held[slot]

    def _check(self, slot: int, ticket: int) -> None:
        if self._held.get(slot) != ticket:
            raise ValueError(f"the frame in slot {slot} was released already: use each frame once, then let it go")

    def close(self) -> None:
        """Unmap and close. Idempotent."""
        if self.layout.fd >= 0:
            self._map.close()
            os.close(self.layout.fd)
            self.layout = layout_for(-1, self.layout.slots, self.layout.height_px, self.layout.width_px)
            self._held.clear()
