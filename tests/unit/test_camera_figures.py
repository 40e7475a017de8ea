"""What the technician is told of a picture and of the pace, from pictures and frames that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from drivers.camera.interface import CameraCounts, CameraDown, EncoderTrack, Frame
from drivers.camera.settings import CameraSettings
from models.crop import Box
from models.sharpness import sharpness
from models.spec import CropRule
from station.camera_figures import BINS, Pace, figures_of
from station.cli.camera_tune import Seen, histogram_bar, one_line, screen_lines

LINES = 100


def frame(at_us: float, count: int | None = None, *, frame_id: int = 1, lost_before: int = 0) -> Frame:
    track = None
    if count is not None:
        track = EncoderTrack((0, LINES - 1), (count % 2**32, (count + 4 * (LINES - 1)) % 2**32))
    return Frame(
        slot=0,
        frame_id=frame_id,
        camera_ns=int(at_us * 1000),
        ready_ns=int(at_us * 1000),
        copy_us=0,
        encoder=track,
        width_px=16,
        height_px=LINES,
        lines_valid=LINES,
        pixel_format="Mono8",
        lost_before=lost_before,
    )


def test_levels_and_shares_of_a_picture_whose_pixels_are_counted() -> None:
    image = np.zeros((10, 100), np.uint8)
    image[:, 50:] = 128
    image[:, 99] = 255
    figures = figures_of(image)
    assert (figures.darkest, figures.brightest) == (0, 255)
    assert figures.mean == pytest.approx((49 * 128 + 255) / 100)
    assert figures.saturated == pytest.approx(0.01)
    assert figures.dark == pytest.approx(0.5)
    assert len(figures.histogram) == BINS
    assert sum(figures.histogram) == pytest.approx(1)
    assert figures.histogram[0] == pytest.approx(0.5)
    assert figures.histogram[8] == pytest.approx(0.49)


def test_a_large_picture_is_sampled_and_its_shares_still_add_up() -> None:
    image = np.full((4000, 64), 40, np.uint8)
    figures = figures_of(image)
    assert figures.mean == pytest.approx(40)
    assert math.isclose(sum(figures.histogram), 1)


def test_a_blurred_picture_is_less_sharp() -> None:
    sharp = np.random.default_rng(1).integers(0, 256, (64, 256), dtype=np.uint8)
    blurred = (
        (sharp.astype(np.uint16) + np.roll(sharp, 1, 1) + np.roll(sharp, 2, 1) + np.roll(sharp, 3, 1)) // 4
    ).astype(np.uint8)
    assert figures_of(blurred).sharpness < figures_of(sharp).sharpness / 2


def test_with_a_crop_rule_the_part_is_found_and_its_sharpness_is_that_of_the_recipe() -> None:
    image = np.zeros((200, 300), np.uint8)
    image[40:160, 100:220] = np.random.default_rng(2).integers(100, 140, (120, 120), dtype=np.uint8)
    figures = figures_of(image, CropRule())
    assert figures.part == Box(100, 40, 120, 120)
    assert figures.problem is None
    assert figures.sharpness == pytest.approx(sharpness(image, figures.part))
    assert figures.sharpness != pytest.approx(figures_of(image).sharpness)


def test_a_picture_that_would_not_be_inspected_says_why() -> None:
    assert figures_of(np.zeros((200, 300), np.uint8), CropRule()).problem == "all dark"
    overexposed = np.zeros((200, 300), np.uint8)
    overexposed[40:160, 100:220] = 255
    assert figures_of(overexposed, CropRule()).problem == "saturated"
    seen = seen_of(overexposed)
    seen.picture = figures_of(overexposed, CropRule())
    for text in (one_line(CameraSettings(), seen, 100.5), "\n".join(screen_lines("a", CameraSettings(), seen, 100.5))):
        assert "the part, 120x120 at (100, 40); would not be inspected: saturated" in text


def test_an_empty_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no pixel"):
        figures_of(np.zeros((0, 16), np.uint8))


def test_the_line_period_comes_from_counts_and_times_and_does_not_mind_the_pause_between_parts() -> None:
    pace = Pace(4, free_running=False)
    for number, pause_counts in enumerate((0, 40, 1000)):
        count = 1000 * number + pause_counts
        pace.add(frame(count * 2.5, count))  # 2.5 µs a count: 10 µs a line of 4 counts
    figures = pace.figures()
    assert figures.line_period_us == pytest.approx(10)
    assert figures.line_jitter_us == pytest.approx(0, abs=1e-6)
    assert figures.counts_per_line == pytest.approx(4)


def test_counts_that_wrap_between_two_frames_are_no_jump() -> None:
    pace = Pace(4, free_running=False)
    pace.add(frame(1000, 2**32 - 100))
    pace.add(frame(2000, 2**32 + 300))
    assert pace.figures().line_period_us == pytest.approx(10)
    assert pace.figures().counts_per_line == pytest.approx(4)


def test_the_jitter_of_lines_and_frames_is_told() -> None:
    pace = Pace(4, free_running=False)
    for at_us, count in ((0, 0), (1000, 400), (2400, 800)):
        pace.add(frame(at_us, count))
    figures = pace.figures()
    assert figures.line_jitter_us == pytest.approx(2)
    assert figures.frame_jitter_ms == pytest.approx(0.2)
    assert figures.frames_per_s == pytest.approx(2 / 2.4e-3)


def test_without_counts_lines_are_known_only_while_frames_follow_each_other() -> None:
    running, pulsed = Pace(None, free_running=True), Pace(None, free_running=False)
    for pace in (running, pulsed):
        pace.add(frame(0))
        pace.add(frame(3000, lost_before=2))
    assert running.figures().line_period_us == pytest.approx(3000 / (LINES * 3))
    assert pulsed.figures().line_period_us is None


def test_a_standing_encoder_and_a_single_frame_tell_nothing() -> None:
    pace = Pace(4, free_running=False)
    assert pace.figures().frames_per_s is None
    pace.add(frame(0, 100))
    assert pace.figures().line_period_us is None
    pace.add(frame(1000, 100))
    assert pace.figures().line_period_us is None


def test_a_clock_that_goes_back_begins_anew() -> None:
    pace = Pace(4, free_running=False)
    pace.add(frame(5000, 0))
    pace.add(frame(1000, 400))
    assert pace.figures().frames_per_s is None
    pace.add(frame(2000, 800))
    assert pace.figures().line_period_us == pytest.approx(10)


def seen_of(image: np.ndarray) -> Seen:
    seen = Seen(Pace(4, free_running=False))
    seen.pace.add(frame(0, 0))
    seen.pace.add(frame(1000, 400))
    seen.picture = figures_of(image)
    seen.picture_s = 100.0
    seen.counts = CameraCounts(id_gap_frames=2, ring_full=1, incomplete=3, line_triggers_missed=4)
    return seen


def test_the_screen_and_the_line_say_the_same_figures() -> None:
    image = np.full((64, 64), 128, np.uint8)
    seen = seen_of(image)
    text = "\n".join(screen_lines("shank", CameraSettings(), seen, 100.5))
    line = one_line(CameraSettings(), seen, 100.5)
    for figure in ("10.00", "4.00 counts a line", "1000.0 a second", "3 lost, 3 incomplete, 4 triggers missed"):
        assert figure in text
        assert figure in line
    assert "\n" not in line
    assert "[        █       ]" in text


def test_a_bar_shows_every_brightness_that_occurs() -> None:
    image = np.zeros((100, 100), np.uint8)
    image[0, 0] = 255  # one in ten thousand
    bar = histogram_bar(figures_of(image))
    assert len(bar) == BINS
    assert (bar[0], bar[-1]) == ("█", "▁")
    assert bar[1:-1].isspace()


def test_silence_and_a_camera_that_is_down_are_told_in_words() -> None:
    seen = seen_of(np.full((64, 64), 128, np.uint8))
    assert one_line(CameraSettings(), seen, 107.0) == "no picture for 7 s: it waits for Line1; try --trigger off"
    seen.down = CameraDown("camera LINE01 is gone: check its cable and power")
    assert screen_lines("shank", CameraSettings(), seen, 100.5)[-1] == (
        "camera down: camera LINE01 is gone: check its cable and power"
    )
