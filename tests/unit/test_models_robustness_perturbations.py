from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.crop import Box
from models.make.manifest import DataError
from models.make.robustness.line_scan import encoder_stretch, line_jitter, wandering
from models.make.robustness.optics import gaussian_blur, light_gain, light_gradient, motion_blur, sensor_noise
from models.make.robustness.perturbations import PERTURBATIONS, Perturbation, chosen, generator_for
from models.make.robustness.surface import dust, natural_scratches

PART = Box(20, 20, 200, 400)


def ground_part() -> NDArray[np.uint8]:
    """A grained part of 400 x 200 px on black, with a bright bar."""
    frame = np.zeros((440, 240), dtype=np.uint8)
    grain = np.random.default_rng(2).integers(100, 140, (400, 200), dtype=np.uint8)
    frame[20:420, 20:220] = grain
    frame[200:210, 60:160] = 200
    return frame


def flat(level: int = 100, height: int = 200, width: int = 120) -> NDArray[np.uint8]:
    return np.full((height, width), level, dtype=np.uint8)


def rng() -> np.random.Generator:
    return np.random.default_rng(9)


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda p: p.name)
def test_every_perturbation_keeps_shape_and_input_and_is_the_same_with_the_same_seed(
    perturbation: Perturbation,
) -> None:
    frame = ground_part()
    before = frame.copy()
    for strength in perturbation.ladder(3):
        first, again = (perturbation.apply(frame, PART, strength, rng()) for _ in range(2))
        assert first.shape == frame.shape
        assert first.dtype == np.uint8
        assert np.array_equal(first, again)
        assert np.array_equal(frame, before)


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda p: p.name)
def test_a_higher_strength_changes_the_picture_more(perturbation: Perturbation) -> None:
    frame = np.tile(ground_part(), (2, 4))
    part = Box(0, 0, frame.shape[1], frame.shape[0])
    changes = [
        float(np.abs(perturbation.apply(frame, part, strength, rng()).astype(float) - frame).mean())
        for strength in perturbation.ladder(4)
    ]
    assert 0 < changes[0] < changes[-1]
    assert perturbation.name == "stretch" or changes == sorted(changes)


@pytest.mark.parametrize("perturbation", [p for p in PERTURBATIONS if p.name != "blur"], ids=lambda p: p.name)
def test_its_neutral_strength_changes_nothing(perturbation: Perturbation) -> None:
    frame = ground_part()
    assert np.array_equal(perturbation.apply(frame, PART, perturbation.without, rng()), frame)


def test_a_ladder_goes_from_weakest_to_strongest_by_equal_factors() -> None:
    (dark,) = chosen(["dark"])
    ladder = dark.ladder(4)
    assert ladder == (0.8, 0.4, 0.2, 0.1)
    with pytest.raises(ValueError, match="expected 2 to 12 strengths, found 1"):
        dark.ladder(1)
    with pytest.raises(ValueError, match="lead away from 1"):
        Perturbation("bad", "Bad", "x", 0.1, 0.8, dark.apply, 1.0)


def test_names_choose_and_an_unknown_name_is_refused_with_the_list() -> None:
    assert [p.name for p in chosen(["noise", "blur"])] == ["blur", "noise"]
    assert chosen([]) == PERTURBATIONS
    with pytest.raises(DataError, match=r"expected names of blur, motion, .*found 'fog'"):
        chosen(["fog"])


def test_blur_of_a_line_has_the_asked_sigma() -> None:
    frame = flat(0)
    frame[:, 60] = 255
    spread = gaussian_blur(frame, 3.0)[100].astype(float)
    across = np.arange(120) - 60
    assert np.sqrt((spread * across**2).sum() / spread.sum()) == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize("length", [2.0, 4.43, 9.8])
def test_motion_smears_along_the_scan_only_and_over_the_asked_length(length: float) -> None:
    frame = flat(0)
    frame[100, 30:90] = 240
    out = motion_blur(frame, length).astype(float)
    assert not out[:, :30].any()
    assert out[:, 60].sum() == pytest.approx(240, rel=0.05)
    assert out[100, 60] == pytest.approx(240 / length, abs=1.0)
    assert np.count_nonzero(out[:, 60]) == 2 * int(np.ceil((length - 1) / 2)) + 1


@pytest.mark.parametrize("sigma", [2.0, 18.9, 40.0])
def test_noise_has_the_asked_deviation_and_no_bias(sigma: float) -> None:
    change = sensor_noise(flat(128, 600, 400), sigma, rng()).astype(float) - 128
    assert change.std() == pytest.approx(sigma, rel=0.03)
    assert abs(change.mean()) < 0.2


def test_too_much_light_saturates_and_too_little_loses_levels() -> None:
    frame = np.arange(256, dtype=np.uint8).reshape(1, 256)
    bright, dark = light_gain(frame, 2.0), light_gain(frame, 0.1)
    assert (bright[0, 128:] == 255).all()
    assert bright[0, 100] == 200
    assert dark.max() == 26
    assert np.unique(dark).size == 27


def test_a_gradient_is_darker_at_one_edge_of_the_part_and_brighter_at_the_other() -> None:
    out = light_gradient(flat(100, 440, 240), PART, 30.0)
    assert out[50, 20] == 70
    assert out[50, 219] == 130
    assert abs(int(out[50, 120]) - 100) <= 1


def test_scratches_stay_on_the_part_are_thin_and_no_stronger_than_asked() -> None:
    frame = flat(100, 440, 240)
    out = natural_scratches(frame, PART, 6.0, rng()).astype(int)
    changed = out != 100
    assert changed.any()
    assert np.abs(out - 100).max() == 6
    outside = changed.copy()
    outside[20:420, 20:220] = False
    assert not outside.any()
    deep = cv2.erode(changed.astype(np.uint8), np.ones((5, 5), np.uint8))
    assert not deep.any()


def test_scratches_lie_in_the_same_places_at_every_strength() -> None:
    frame = flat(100, 440, 240)
    faint, strong = (natural_scratches(frame, PART, percent, rng()) != 100 for percent in (5.0, 10.0))
    assert np.all(strong[faint])


def test_dust_is_dark_small_and_as_many_as_asked() -> None:
    frame = flat(100, 1040, 1040)
    out = dust(frame, Box(20, 20, 1000, 1000), 40.0, rng())
    assert out.max() == 100
    assert out.min() >= 65
    count, _, stats, _ = cv2.connectedComponentsWithStats((out < 100).astype(np.uint8))
    assert 36 <= count - 1 <= 40
    assert stats[1:, cv2.CC_STAT_WIDTH].max() <= 6


def test_jitter_moves_rows_sideways_by_the_asked_deviation_and_leaves_their_order() -> None:
    frame = np.repeat(np.arange(240, dtype=np.uint8)[None, :], 3000, axis=0)
    offsets = line_jitter(frame, 4.0, rng())[:, 120].astype(float) - 120
    assert offsets.std() == pytest.approx(4.0, rel=0.15)
    assert np.abs(np.diff(offsets)).mean() < 2.5


def test_stretch_repeats_and_drops_rows_but_keeps_first_and_last() -> None:
    rows = np.repeat((np.arange(2000) % 251).astype(np.uint8)[:, None], 4, axis=1)
    out = encoder_stretch(rows, 40.0, rng())
    steps = np.diff(out[:, 0].astype(int)) % 251
    assert (steps == 0).any()
    assert (steps > 1).any()
    assert np.array_equal(out[[0, -1]], rows[[0, -1]])
    assert np.array_equal(encoder_stretch(rows, 0.0, rng()), rows)


def test_a_random_walk_is_stationary_with_deviation_one() -> None:
    walks = np.stack([wandering(400, 16, np.random.default_rng(seed)) for seed in range(200)])
    assert walks[:, 0].std() == pytest.approx(1.0, rel=0.2)
    assert walks[:, -1].std() == pytest.approx(1.0, rel=0.2)
    assert np.corrcoef(walks[:, 200], walks[:, 201])[0, 1] > 0.8


def test_each_picture_and_perturbation_has_its_own_draw() -> None:
    blur, noise = chosen(["blur", "noise"])
    draws = {generator_for(1, p, picture).integers(2**60) for p in (blur, noise) for picture in (0, 1)}
    assert len(draws) == 4
    assert generator_for(1, blur, 0).integers(2**60) in draws
