"""The measure of sharpness falls with blur, and not with light."""

from __future__ import annotations

import cv2
import numpy as np

from models.crop import Box
from models.sharpness import sharpness


def texture() -> np.ndarray:
    return np.random.default_rng(1).integers(60, 180, (256, 200), np.uint8)


def test_blur_lowers_it_and_more_blur_lowers_it_more() -> None:
    picture = texture()
    soft, softer = cv2.blur(picture, (5, 5)), cv2.blur(picture, (31, 1))
    assert sharpness(picture) > 5 * sharpness(soft) > 5 * sharpness(softer)


def test_half_the_light_is_as_sharp() -> None:
    picture = (texture() // 2) * 2
    assert np.isclose(sharpness(picture), sharpness(picture // 2), rtol=1e-3)


def test_only_the_box_counts() -> None:
    picture = np.zeros((256, 400), np.uint8)
    picture[:, 100:300] = texture()
    assert sharpness(picture, Box(100, 0, 200, 256)) == sharpness(texture())


def test_nothing_bright_and_nothing_wide_is_not_sharp() -> None:
    assert sharpness(np.zeros((64, 64), np.uint8)) == 0.0
    assert sharpness(texture()[:, :2]) == 0.0


def test_a_flat_picture_is_not_sharp() -> None:
    assert sharpness(np.full((64, 64), 90, np.uint8)) == 0.0
