"""The simulated cameras at their GenTL functions: each fault does what it says, to the frames that it is for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera.producer.background import LIVE_COLUMNS
from drivers.camera.producer.feature_table import EVENTS
from drivers.camera.producer.stamp import read_stamp
from tests.camera_bench import Bench, Opener, opener, same_but_number, started, taken
from tests.camera_gentl import IO, TIMEOUT, GenTLError
from tests.camera_scene import HEIGHT_PX, WIDTH_PX

BOX_PX = 33
MIDDLE = HEIGHT_PX // 2


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    with opener(tmp_path, monkeypatch) as opened:
        yield opened


@pytest.fixture(params=[False, True], ids=["line", "area"])
def bench(opened: Opener, request: pytest.FixtureRequest) -> Bench:
    return started(opened, area=request.param)


def test_a_slow_frame_comes_late_and_those_after_it_wait_behind_it(bench: Bench) -> None:
    bench.world.scene.faults.slow_ms = 150
    bench.world.scene.faults.slow_frames = 1
    starts = [bench.world.pulse() for _ in range(2)]
    late, after = bench.camera.next(), bench.camera.next()
    assert time.monotonic_ns() - late.timestamp_ns >= 150_000_000
    assert [late.counts[0], after.counts[0]] == starts
    assert (late.frame_id, after.frame_id) == (1, 2)


def test_a_frame_of_wrong_size_says_so_and_says_that_it_is_complete(bench: Bench) -> None:
    part, expected = bench.world.add_part(1)
    bench.world.scene.faults.wrong_size_lines = 100
    bench.world.scene.faults.wrong_size_frames = 1
    start, frame = taken(bench, part)
    assert (frame.height, frame.lines, frame.incomplete) == (100, 100, False)
    assert np.array_equal(frame.grey8[1:], expected[1:100])
    assert frame.counts[0] == start
    assert frame.filled == 100 * WIDTH_PX + sum(map(len, frame.chunks.values()))
    assert taken(bench)[1].height == HEIGHT_PX


def test_an_encoder_jump_shifts_content_and_counts_from_the_middle_on(opened: Opener) -> None:
    bench = started(opened)
    part, expected = bench.world.add_part(2)
    bench.world.scene.faults.encoder_jump_counts = -80
    bench.world.scene.faults.encoder_jump_frames = 1
    start, frame = taken(bench, part)
    counts = [start + 4 * line - (80 if line >= MIDDLE else 0) for line in range(HEIGHT_PX)]
    assert frame.counts == counts
    rows = [(count - start) // 4 for count in counts]
    assert np.array_equal(frame.grey8[:, 200:290], _rows(expected, rows)[:, 200:290])
    start, after = taken(bench, part)
    assert after.counts[-1] == start + 4 * (HEIGHT_PX - 1)


def _rows(expected: NDArray[np.uint8], rows: list[int]) -> NDArray[np.uint8]:
    """The picture with each line taken from another row; background stays where its line is."""
    moved = expected.copy()
    part = slice(200, 290)
    moved[:, part] = expected[np.array(rows), part]
    return moved


def test_an_area_camera_reports_a_jump_and_its_picture_is_whole(opened: Opener) -> None:
    bench = started(opened, area=True)
    part, expected = bench.world.add_part(3)
    bench.world.scene.faults.encoder_jump_counts = 80
    bench.world.scene.faults.encoder_jump_frames = 1
    start, frame = taken(bench, part)
    assert frame.counts == [start + 80]
    assert same_but_number(expected, frame.grey8)


def test_a_reversed_encoder_runs_the_second_half_backwards(opened: Opener) -> None:
    bench = started(opened)
    part, expected = bench.world.add_part(4)
    bench.world.scene.faults.encoder_reverse_frames = 1
    start, frame = taken(bench, part)
    rows = [line if line < MIDDLE else 2 * MIDDLE - line for line in range(HEIGHT_PX)]
    assert frame.counts == [start + 4 * row for row in rows]
    assert np.array_equal(frame.grey8[11:MIDDLE, 200:290], expected[11:MIDDLE, 200:290])
    assert np.array_equal(frame.grey8[MIDDLE:-11, 200:290], expected[np.array(rows)[MIDDLE:-11], 200:290])


@pytest.mark.parametrize(("fault", "level"), [("black_frames", 0), ("white_frames", 255)])
def test_a_lamp_that_fails_leaves_live_noise_and_number(bench: Bench, fault: str, level: int) -> None:
    part, expected = bench.world.add_part(5)
    setattr(bench.world.scene.faults, fault, 2)
    frames = [taken(bench, part, number=n)[1].grey8 for n in (7, 8)]
    for number, seen in zip((7, 8), frames, strict=True):
        assert (seen[1:] == level).all()
        assert (seen[0, 64:] == level).all()
        assert read_stamp(seen) == number
    assert not np.array_equal(frames[0][0, :LIVE_COLUMNS], frames[1][0, :LIVE_COLUMNS])
    assert same_but_number(expected, taken(bench, part)[1].grey8)


def test_a_blurred_frame_is_smeared_along_the_line(bench: Bench) -> None:
    part, expected = bench.world.add_part(6)
    bench.world.scene.faults.blur_frames = 1
    _, frame = taken(bench, part)
    half = BOX_PX // 2
    wide = np.pad(expected.astype(np.int64), ((0, 0), (half, half)), mode="edge")
    sums = np.cumsum(np.pad(wide, ((0, 0), (1, 0))), axis=1)
    smeared = (sums[:, BOX_PX:] - sums[:, :-BOX_PX] + half) // BOX_PX
    assert same_but_number(smeared.astype(np.uint8), frame.grey8)


def test_a_frozen_frame_shows_the_one_before_it_under_a_number_of_its_own(bench: Bench) -> None:
    one, _ = bench.world.add_part(7)
    other, expected = bench.world.add_part(8)
    _, before = taken(bench, one, number=11)
    bench.world.scene.faults.freeze_frames = 1
    start, frozen = taken(bench, other, number=12)
    assert np.array_equal(frozen.grey8, before.grey8)
    assert (frozen.frame_id, frozen.counts[0]) == (before.frame_id + 1, start)
    _, after = taken(bench, other, number=13)
    assert same_but_number(expected, after.grey8)
    assert read_stamp(after.grey8) == 13


def test_a_missed_line_trigger_is_said_and_loses_no_line(opened: Opener) -> None:
    bench = started(opened)
    bench.world.scene.faults.line_trigger_missed_frames = 1
    _, frame = taken(bench)
    assert frame.lines == HEIGHT_PX
    said = [EVENTS[bench.camera.message(0)[0] - 0x9001] for _ in range(4)]
    assert said == ["FrameTrigger", "FrameStart", "LineTriggerMissed", "FrameEnd"]


def test_a_hung_driver_does_not_return_in_time_once(bench: Bench) -> None:
    bench.world.scene.faults.stuck_ms = 120
    began = time.monotonic()
    with pytest.raises(GenTLError) as nothing:
        bench.camera.next(0)
    assert nothing.value.code == TIMEOUT
    assert time.monotonic() - began >= 0.12
    assert bench.world.scene.faults.stuck_ms == 0


def test_numbers_of_few_bits_begin_again_with_1(bench: Bench) -> None:
    bench.world.scene.faults.frame_id_bits = 2
    numbers: list[tuple[int, int]] = []
    for _ in range(5):
        _, frame = taken(bench)
        numbers.append((frame.frame_id, frame.word("FrameID")))
        bench.camera.queue(frame.handle)
    assert numbers == [(1, 1), (2, 2), (3, 3), (1, 1), (2, 2)]


def test_an_unplugged_camera_does_not_answer_and_gives_no_frame(bench: Bench) -> None:
    bench.world.scene.faults.unplugged = 1
    with pytest.raises(GenTLError) as gone:
        bench.camera.read("EncoderValue")
    assert gone.value.code == IO
    bench.world.pulse()
    with pytest.raises(GenTLError) as nothing:
        bench.camera.next(60)
    assert nothing.value.code == TIMEOUT
    bench.world.scene.faults.unplugged = 0
