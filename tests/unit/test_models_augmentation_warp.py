from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.make.augmentation import WarpRanges, geometric
from models.make.product import Geometric

ALL: tuple[Geometric, ...] = ("flip", "rotation", "shear", "translation", "zoom", "centre-crop")
EDGE = 64


def spotted(y: int = 20, x: int = 30, size: int = 8, value: int = 2) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    window = np.full((EDGE, EDGE), 100, dtype=np.uint8)
    mask = np.zeros_like(window)
    window[y : y + size, x : x + size] = 250
    mask[y : y + size, x : x + size] = value
    return window, mask


@pytest.mark.parametrize("name", ALL)
def test_each_warp_moves_window_and_mask_together(name: Geometric) -> None:
    window, mask = spotted()
    moved = 0
    for seed in range(8):
        new_window, new_mask = geometric(window, mask, (name,), np.random.default_rng(seed))
        moved += not np.array_equal(new_window, window)
        assert set(np.unique(new_mask)) <= {0, 2}
        inside, outside = new_window[new_mask > 0], new_window[new_mask == 0]
        assert inside.mean() > 200
        assert outside.mean() < 110
    assert moved >= 4


def test_no_warp_changes_nothing() -> None:
    window, mask = spotted()
    new_window, new_mask = geometric(window, mask, (), np.random.default_rng(0))
    assert np.array_equal(new_window, window)
    assert np.array_equal(new_mask, mask)


def test_a_flip_is_exact() -> None:
    window = np.random.default_rng(5).integers(0, 256, (EDGE, EDGE), dtype=np.uint8)
    mask = (window > 200).astype(np.uint8)
    possible = [(slice(None, None, y), slice(None, None, x)) for y in (1, -1) for x in (1, -1)]
    seen: set[int] = set()
    for seed in range(24):
        new_window, new_mask = geometric(window, mask, ("flip",), np.random.default_rng(seed))
        (which,) = [i for i, view in enumerate(possible) if np.array_equal(new_window, window[view])]
        assert np.array_equal(new_mask, mask[possible[which]])
        seen.add(which)
    assert seen == {0, 1, 2, 3}


def test_a_defect_can_leave_the_window_and_its_mask_then_says_so() -> None:
    window, mask = spotted(y=0, x=0, size=3)
    ranges = WarpRanges(shift_share=0.4)
    left = 0
    for seed in range(30):
        new_window, new_mask = geometric(window, mask, ("translation",), np.random.default_rng(seed), ranges)
        left += not new_mask.any()
        assert new_mask.any() or new_window.max() < 180
    assert left


def test_centre_crop_only_ever_enlarges() -> None:
    window, mask = spotted(y=28, x=28)
    areas = [
        np.count_nonzero(geometric(window, mask, ("centre-crop",), np.random.default_rng(seed))[1])
        for seed in range(20)
    ]
    assert min(areas) >= np.count_nonzero(mask)
    assert max(areas) > np.count_nonzero(mask)


def test_windows_that_are_not_square_keep_their_shape() -> None:
    window = np.zeros((40, 90), dtype=np.uint8)
    new_window, new_mask = geometric(window, window, ALL, np.random.default_rng(0))
    assert new_window.shape == new_mask.shape == (40, 90)


def test_a_mask_of_another_shape_is_refused() -> None:
    window, mask = spotted()
    with pytest.raises(ValueError, match="one shape"):
        geometric(window, mask[:10], ALL, np.random.default_rng(0))
    with pytest.raises(ValueError, match="shares from 0 to 1"):
        WarpRanges(shift_share=1.5)
