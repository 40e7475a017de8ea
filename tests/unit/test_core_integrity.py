"""The guard over frames and pictures: nothing that a sound frame can be is rejected, nothing else gets by."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.camera.interface import EncoderTrack, LossReason
from drivers.encoder.counts import wrapped
from models.crop import Problem
from station.core.integrity import frame_fault, loss_reason, picture_fault, track_fault
from station.core.line_limits import View
from station.core.reasons import Outcome, Reason
from tests.core_values import SCAN, a_frame, a_track, facts_of

STARTS = st.integers(0, 2**32 - 1)
TOLERANCE = 8
LINES = st.lists(st.integers(1, 400), min_size=2, max_size=9).map(lambda steps: (0, *accumulate(steps)))


def a_straight_track(start: int, lines: tuple[int, ...], counts_per_line: float, jitter: list[int]) -> EncoderTrack:
    return EncoderTrack(
        lines,
        tuple(wrapped(start + round(line * counts_per_line) + off) for line, off in zip(lines, jitter, strict=False)),
    )


@given(STARTS, LINES, st.floats(0.5, 64), st.lists(st.integers(-3, 3), min_size=10, max_size=10))
def test_an_encoder_that_goes_on_with_the_lines_is_sound_across_the_wrap_and_with_jitter(
    start: int, lines: tuple[int, ...], counts_per_line: float, jitter: list[int]
) -> None:
    track = a_straight_track(start, lines, counts_per_line, jitter)
    assert track_fault(track, counts_per_line, TOLERANCE) is None


@given(STARTS, LINES, st.integers(1, 64), st.integers(1, 8), st.integers(-(2**20), 2**20))
def test_a_jump_above_the_tolerance_is_never_sound(
    start: int, lines: tuple[int, ...], counts_per_line: int, at: int, jump: int
) -> None:
    assume(abs(jump) > TOLERANCE)
    jitter = [jump if index >= min(at, len(lines) - 1) else 0 for index in range(10)]
    fault = track_fault(a_straight_track(start, lines, counts_per_line, jitter), counts_per_line, TOLERANCE)
    assert fault in ((Reason.ENCODER_STEP,) if jump > 0 else (Reason.ENCODER_STEP, Reason.REVERSAL))


@given(STARTS, LINES, st.integers(4, 64), st.integers(0, 8))
def test_an_encoder_that_turns_back_is_a_reversal(
    start: int, lines: tuple[int, ...], counts_per_line: int, turn: int
) -> None:
    turn_line = lines[min(turn, len(lines) - 2)]
    assume((lines[-1] - turn_line) * counts_per_line > TOLERANCE)
    counts = [line * counts_per_line for line in lines]
    back = [
        count if count <= turn_line * counts_per_line else 2 * turn_line * counts_per_line - count for count in counts
    ]
    track = EncoderTrack(lines, tuple(wrapped(start + count) for count in back))
    assert track_fault(track, counts_per_line, TOLERANCE) is Reason.REVERSAL
    assume(turn_line > 0)
    assume(turn_line * counts_per_line > TOLERANCE)
    assert track_fault(track, None, TOLERANCE) is Reason.REVERSAL


@given(STARTS, LINES, st.floats(1, 16), st.floats(0.5, 2))
def test_a_scan_rate_that_does_not_match_the_turning_is_a_step(
    start: int, lines: tuple[int, ...], counts_per_line: float, stretch: float
) -> None:
    assume(abs(stretch - 1) * counts_per_line * lines[-1] > TOLERANCE + 2)
    track = a_straight_track(start, lines, counts_per_line * stretch, [0] * 10)
    assert track_fault(track, counts_per_line, TOLERANCE) is Reason.ENCODER_STEP


@given(STARTS, LINES, st.lists(st.integers(0, 5000), min_size=9, max_size=9), st.sampled_from([1, -1]))
def test_free_running_lines_may_be_unevenly_spaced_in_either_direction(
    start: int, lines: tuple[int, ...], steps: list[int], direction: int
) -> None:
    way = [0, *accumulate(steps)][: len(lines)]
    track = EncoderTrack(lines, tuple(wrapped(start + direction * count) for count in way))
    assert track_fault(track, None, TOLERANCE) is None


@given(STARTS, LINES, st.lists(st.integers(-400, 400), min_size=9, max_size=9))
def test_a_track_is_judged_the_same_wherever_the_counter_stands(
    start: int, lines: tuple[int, ...], steps: list[int]
) -> None:
    way = [0, *accumulate(steps)][: len(lines)]
    for counts_per_line in (None, 4.0):
        judged = {
            track_fault(EncoderTrack(lines, tuple(wrapped(at + count) for count in way)), counts_per_line, TOLERANCE)
            for at in (start, 0, 2**32 - 1, 2**31)
        }
        assert len(judged) == 1


@given(LINES, st.lists(st.integers(-400, 800), min_size=9, max_size=9))
def test_a_track_is_sound_exactly_if_every_pair_of_lines_is(lines: tuple[int, ...], steps: list[int]) -> None:
    counts = [0, *accumulate(steps)][: len(lines)]
    expected = all(
        abs((counts[b] - counts[a]) - 4 * (lines[b] - lines[a])) <= TOLERANCE
        for b in range(len(lines))
        for a in range(b)
    )
    forwards = all(counts[a] - counts[b] <= TOLERANCE for b in range(len(lines)) for a in range(b))
    track = EncoderTrack(lines, tuple(wrapped(count) for count in counts))
    assert (track_fault(track, 4.0, TOLERANCE) is None) == (expected and forwards)
    assert all(after > before for before, after in pairwise(lines))


def test_an_area_cameras_single_count_has_no_step() -> None:
    assert track_fault(EncoderTrack((0,), (5,)), 4.0, 0) is None


def test_a_large_jump_backwards_is_a_step_because_nothing_turns_that_fast() -> None:
    assert track_fault(a_track(0, 100, 200 - 9000, 300 - 9000), 4.0, TOLERANCE) is Reason.ENCODER_STEP


@given(
    lines=st.integers(0, 100),
    stale=st.booleans(),
    frozen=st.booleans(),
    stale_rows=st.integers(0, 5),
    lost_before=st.integers(0, 3),
    carries_counts=st.booleans(),
)
def test_a_frame_is_sound_only_if_it_is_whole_new_and_known_to_be_the_next(
    lines: int, stale: bool, frozen: bool, stale_rows: int, lost_before: int, carries_counts: bool
) -> None:
    frame = a_frame(lines=lines, stale_rows=stale_rows, lost_before=lost_before)
    fault = frame_fault(frame, replace(SCAN, carries_counts=carries_counts), stale=stale, frozen=frozen)
    old = stale or stale_rows > 0
    assert (fault is Reason.FROZEN_PICTURE) == (frozen and lines == 100 and not old)
    sound = lines == 100 and not old and not frozen and (carries_counts or lost_before == 0)
    assert (fault is None) == sound
    assert (fault is Reason.INCOMPLETE_FRAME) == (lines < 100)


@given(
    problem=st.sampled_from([None, *Problem, "a new word"]),
    sharpness=st.floats(allow_nan=True),
    sharpness_min=st.floats(0, 1e6),
)
def test_a_picture_is_sound_only_if_it_could_be_looked_at_and_is_sharp_enough(
    problem: str | None, sharpness: float, sharpness_min: float
) -> None:
    view = View("head", "head", sharpness_min=sharpness_min)
    fault = picture_fault(facts_of(1, problem=problem, sharpness=sharpness), view)
    sharp = sharpness_min == 0 or sharpness >= sharpness_min
    assert (fault is None) == (problem is None and sharp)
    blurred = problem == Problem.BLURRED or (problem is None and not sharp)
    assert (fault is Reason.BLURRED) == blurred
    assert fault is None or fault.outcome is Outcome.FORCED


@pytest.mark.parametrize("reason", get_args(LossReason))
def test_every_loss_forces_a_reject(reason: LossReason) -> None:
    assert loss_reason(reason).outcome is Outcome.FORCED
