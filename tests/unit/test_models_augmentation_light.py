from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.make.augmentation import photometric
from models.make.product import Photometric, Photometry

ALL: tuple[Photometric, ...] = ("gain", "offset", "noise", "contrast", "blur", "sharpness", "erasing", "mixing")
ZERO = {"gain_range": (1.0, 1.0), "offset_levels": 0.0, "noise_levels": 0.0}


def textured(count: int = 12, edge: int = 48, seed: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(60, 140, (count, edge, edge), dtype=np.uint8)


def with_defects(count: int = 12, edge: int = 48) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.intp]]:
    """Every other window has a dark line, marked in its mask."""
    windows, masks = textured(count, edge), np.zeros((count, edge, edge), dtype=np.uint8)
    labels = np.arange(count) % 2
    windows[labels == 1, 20:24, 8:40] = 5
    masks[labels == 1, 20:24, 8:40] = 1
    return windows, masks, labels


def changed(of: tuple[Photometric, ...], seed: int = 1) -> NDArray[np.uint8]:
    windows, masks, labels = with_defects()
    return photometric(windows, Photometry(of=of), np.random.default_rng(seed), labels=labels, masks=masks)


@pytest.mark.parametrize("name", ALL)
def test_each_operation_works_alone_and_leaves_what_it_was_given(name: Photometric) -> None:
    windows, masks, labels = with_defects()
    before = windows.copy()
    out = photometric(windows, Photometry(of=(name,)), np.random.default_rng(1), labels=labels, masks=masks)
    assert out.dtype == np.uint8
    assert out.shape == windows.shape
    assert (out != before).any()
    assert np.array_equal(windows, before)


def test_nothing_asked_gives_the_same_windows() -> None:
    windows = textured()
    assert np.array_equal(photometric(windows, Photometry(of=()), np.random.default_rng(1)), windows)


@pytest.mark.parametrize("name", ["gain", "offset", "noise"])
def test_the_sensor_operations_at_zero_strength_change_nothing(name: Photometric) -> None:
    windows = textured()
    out = photometric(windows, Photometry.model_validate({"of": (name,), **ZERO}), np.random.default_rng(1))
    assert np.array_equal(out, windows)


def test_the_same_seed_gives_the_same_windows_and_another_seed_others() -> None:
    assert np.array_equal(changed(ALL, seed=7), changed(ALL, seed=7))
    assert not np.array_equal(changed(ALL, seed=7), changed(ALL, seed=8))


def test_gain_multiplies_each_window_by_its_own_factor_inside_the_range() -> None:
    windows = np.full((40, 32, 32), 100, dtype=np.uint8)
    out = photometric(windows, Photometry(of=("gain",), gain_range=(0.5, 2.0)), np.random.default_rng(2))
    levels = np.unique(out)
    assert levels.min() >= 50
    assert levels.max() <= 200
    assert levels.size > 20
    assert all(np.unique(window).size == 1 for window in out)


def test_levels_saturate_instead_of_wrapping_round() -> None:
    bright = photometric(
        np.full((8, 16, 16), 250, dtype=np.uint8), Photometry(of=("gain",), gain_range=(2.0, 2.0)), _rng()
    )
    assert (bright == 255).all()
    dark = photometric(np.full((30, 16, 16), 3, dtype=np.uint8), Photometry(of=("offset",), offset_levels=12.0), _rng())
    assert dark.max() <= 15
    assert dark.min() == 0


def test_noise_has_no_bias_and_at_most_the_asked_deviation() -> None:
    windows = np.full((64, 64, 64), 128, dtype=np.uint8)
    out = photometric(windows, Photometry(of=("noise",), noise_levels=6.0), _rng()).astype(np.float64)
    deviations = out.std(axis=(1, 2))
    assert abs(out.mean() - 128) < 0.05
    assert deviations.max() < 6.3
    assert 2.5 < deviations.mean() < 3.5
    assert deviations.min() < 1.0


def test_two_windows_do_not_share_their_noise() -> None:
    out = photometric(np.full((2, 64, 64), 128, dtype=np.uint8), Photometry(of=("noise",), noise_levels=9.0), _rng())
    first, second = (window.astype(np.float64).ravel() - 128 for window in out)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


def test_contrast_keeps_the_mean_of_a_window() -> None:
    windows = textured()
    out = photometric(windows, Photometry(of=("contrast",)), _rng())
    assert np.abs(out.mean(axis=(1, 2)) - windows.mean(axis=(1, 2))).max() < 1.0
    spread = out.std(axis=(1, 2)) / windows.std(axis=(1, 2))
    assert spread.min() < 0.95
    assert spread.max() > 1.05


def test_erasing_never_touches_a_defect_pixel() -> None:
    windows, masks, labels = with_defects(count=64)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        out = photometric(windows, Photometry(of=("erasing",)), rng, labels=labels, masks=masks)
        assert np.array_equal(out[masks > 0], windows[masks > 0])


def test_erasing_falls_on_defective_windows_too_and_leaves_a_fully_masked_one_whole() -> None:
    windows, masks, _ = with_defects(count=64)
    masks[0] = masks[2] = 1
    touched = np.zeros(64, dtype=bool)
    for seed in range(8):
        out = photometric(windows, Photometry(of=("erasing",)), np.random.default_rng(seed), masks=masks)
        touched |= (out != windows).any(axis=(1, 2))
    assert touched[1::2].all()
    assert not touched[0]
    assert not touched[2]


def test_mixing_takes_a_partner_of_the_same_label_only() -> None:
    windows = np.zeros((20, 8, 8), dtype=np.uint8)
    labels = np.arange(20) % 2
    windows[labels == 1] = 200
    for seed in range(10):
        out = photometric(windows, Photometry(of=("mixing",)), np.random.default_rng(seed), labels=labels)
        assert np.array_equal(out, windows)


def test_what_needs_labels_or_masks_says_so() -> None:
    with pytest.raises(ValueError, match="mixing needs the windows' labels"):
        photometric(textured(), Photometry(of=("mixing",)), _rng())
    with pytest.raises(ValueError, match="erasing needs the windows' masks"):
        photometric(textured(), Photometry(of=("erasing",)), _rng())
    with pytest.raises(ValueError, match="expected windows"):
        photometric(textured()[0], Photometry(), _rng())


def test_no_windows_give_no_windows() -> None:
    assert photometric(textured(count=0), Photometry(of=ALL), _rng()).shape == (0, 48, 48)


def _rng() -> np.random.Generator:
    return np.random.default_rng(11)
