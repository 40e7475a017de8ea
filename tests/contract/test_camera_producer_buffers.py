"""What a simulated camera makes of a buffer that held something before: marks, another part, a frame with a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.producer.stamp import read_stamp
from tests.camera_bench import Bench, Opener, opener, same_but_number, started, taken
from tests.camera_gentl import Delivered
from tests.camera_scene import HEIGHT_PX, WIDTH_PX


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    with opener(tmp_path, monkeypatch) as opened:
        yield opened


@pytest.mark.parametrize("area", [False, True], ids=["line", "area"])
def test_a_stale_frame_leaves_what_the_consumer_wrote(opened: Opener, area: bool) -> None:
    bench = started(opened, area=area)
    part, _ = bench.world.add_part(9)
    _, frame = taken(bench, part)
    frame.memory[16 * WIDTH_PX : 17 * WIDTH_PX] = 0x5A
    before = frame.grey8.copy()
    bench.camera.queue(frame.handle)
    bench.world.scene.faults.stale_frames = 1
    start, stale = taken(bench, -1)
    assert stale.handle == frame.handle
    assert np.array_equal(stale.grey8, before)
    assert (stale.frame_id, stale.counts[0]) == (2, start)


def test_marks_of_before_the_start_are_there_in_a_stale_first_frame(opened: Opener) -> None:
    bench = opened(area=True)
    bench.camera.configure(2048, 2048, divider=None)
    for memory in bench.camera.announce(4):  # memory of this size is given back to the system where it is empty
        memory[16 * 2048 :: 512 * 2048] = 0xA5
    bench.camera.begin()
    bench.world.scene.faults.stale_frames = 1
    _, stale = taken(bench)
    assert (stale.memory[16 * 2048 : 2048 * 2048 : 512 * 2048] == 0xA5).all()
    _, fresh = taken(bench)
    assert not (fresh.memory[16 * 2048 : 2048 * 2048 : 512 * 2048] == 0xA5).any()


@pytest.mark.parametrize("seed", range(3))
def test_whatever_a_buffer_held_before_its_frame_is_painted_right(opened: Opener, seed: int) -> None:
    """Pictures, faults and marks in a random order over two buffers: each sound frame shows its part and no more."""
    bench = opened()
    bench.camera.configure(WIDTH_PX, HEIGHT_PX)
    bench.camera.start(buffers=2)
    dice = np.random.default_rng(seed)
    parts = [bench.world.add_part(n, int(dice.integers(8, 300)), int(dice.integers(0, 340)), 3 * n) for n in range(8)]
    faults = bench.world.scene.faults
    faults.incomplete_after_lines = 77
    held: list[Delivered] = []
    for number in range(1, 40):
        fault = str(dice.choice(["incomplete_frames", "stale_frames", "black_frames", "blur_frames", "", "", "", ""]))
        if fault:
            setattr(faults, fault, 1)
        picture, expected = parts[int(dice.integers(8))]
        start, frame = taken(bench, picture, number)
        assert frame.counts[0] == start
        if fault == "incomplete_frames":
            assert same_but_number(expected, np.vstack([frame.grey8[:77], expected[77:]]))
        elif not fault:
            assert same_but_number(expected, frame.grey8), number
            assert read_stamp(frame.grey8) == number
        held.append(frame)
        if len(held) == 2 or dice.integers(2):
            _marked_and_queued(bench, held.pop(0), dice)


def _marked_and_queued(bench: Bench, frame: Delivered, dice: np.random.Generator) -> None:
    """As a consumer does: marks in rows that are multiples of 16, or nothing, or all of it cleared."""
    match int(dice.integers(4)):
        case 0:
            frame.memory[:] = 0
        case 1:
            pass
        case _:
            for row in range(0, HEIGHT_PX, 16 * int(dice.integers(1, 8))):
                frame.grey8[row, :64] = dice.integers(0, 256, 64, dtype=np.uint8)
    bench.camera.queue(frame.handle)
