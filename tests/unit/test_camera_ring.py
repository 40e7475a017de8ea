"""The frame ring: who holds which slot, and what may be written."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.interface import RingLayout
from drivers.camera.ring import FrameRing, RingMap, layout_for


def test_what_the_capture_side_writes_the_other_reads() -> None:
    ring = FrameRing(3, 20, 30)
    capture = RingMap(ring.layout, writable=True)
    for slot in range(3):
        capture.slot(slot)[:] = slot + 1
    ring.take(1, 100)
    assert ring.view(1, 100).shape == (20, 30)
    assert (ring.view(1, 100) == 2).all()
    with pytest.raises(ValueError, match="read-only"):
        ring.view(1, 100)[0, 0] = 9
    capture.close()
    ring.close()


def test_a_ticket_opens_its_own_frame_only() -> None:
    ring = FrameRing(2, 4, 4)
    ring.take(0, 7)
    with pytest.raises(ValueError, match="released already"):
        ring.view(0, 8)
    ring.release(0, 7)
    with pytest.raises(ValueError, match="released already"):
        ring.release(0, 7)
    ring.take(0, 8)
    with pytest.raises(ValueError, match="released already"):
        ring.view(0, 7)
    ring.close()


def test_a_held_slot_cannot_be_taken() -> None:
    ring = FrameRing(2, 4, 4)
    ring.take(0, 1)
    assert ring.held == (0,)
    with pytest.raises(ValueError, match="slot 0 cannot be taken"):
        ring.take(0, 2)
    with pytest.raises(ValueError, match="slot 2 cannot be taken"):
        ring.take(2, 2)
    ring.close()


def test_nobody_can_shrink_it_under_a_reader() -> None:
    ring = FrameRing(2, 4, 4)
    with pytest.raises(PermissionError):
        os.ftruncate(ring.layout.fd, 10)
    ring.close()


def test_a_kept_view_outlives_the_ring() -> None:
    ring = FrameRing(2, 4, 4)
    ring.take(0, 1)
    view = ring.view(0, 1)
    fd = ring.layout.fd
    ring.close()
    ring.close()
    assert not view.any()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


@given(st.integers(1, 8), st.integers(1, 4000), st.integers(1, 6000))
def test_slots_hold_a_frame_and_begin_on_page_borders(slots: int, height_px: int, width_px: int) -> None:
    layout = layout_for(-1, slots, height_px, width_px)
    assert layout.slot_bytes % 4096 == 0
    assert height_px * width_px <= layout.slot_bytes < height_px * width_px + (2 << 20)


def test_a_layout_refuses_slots_too_small_for_its_frames() -> None:
    with pytest.raises(ValueError, match="4 slots of 99 bytes cannot hold frames of 10x10"):
        RingLayout(3, 4, 99, 10, 10)


def test_views_are_in_the_ring_not_copies() -> None:
    ring = FrameRing(2, 4, 4)
    capture = RingMap(ring.layout, writable=True)
    ring.take(0, 1)
    view = ring.view(0, 1)
    capture.slot(0)[2, 3] = 5
    assert np.argwhere(view).tolist() == [[2, 3]]
    capture.close()
    ring.close()
