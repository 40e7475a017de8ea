"""Scores of a bundle's pictures: patch labels come from the mask under the patch that the runtime really cut."""

from pathlib import Path

import cv2
import numpy as np

from models.bundle import load_bundle
from models.make.evaluate.scored import BundleScorer, score_split
from models.make.product import load_product
from tests.unit.models_bundle import TINY_BUNDLE
from tests.unit.models_scored import row
from tests.unit.test_models_evaluate_command import bare, write_parts, write_product


def scorer(folder: Path) -> BundleScorer:
    return BundleScorer(load_bundle(TINY_BUNDLE), load_product(str(write_product(folder / "product.yaml"))), 1)


def test_the_patch_over_a_defect_has_its_label_and_its_score_and_no_other_patch_has(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", test=("spot", "hole", "sound"))
    spot, hole, sound = score_split(scorer(tmp_path), data, "test")
    assert spot.patch_labels.tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert hole.patch_labels.tolist() == [0, 0, 0, 0, 0, 0, 0, 2]
    assert sound.patch_labels.tolist() == [0] * 8
    for picture in (spot, hole, sound):
        assert picture.scores.argmax(axis=1).tolist() == picture.patch_labels.tolist()
    assert spot.origins[2] == (32, 0)


def test_a_picture_without_a_part_is_not_inspected_and_has_no_scores(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "dark.png"), np.zeros((256, 128), np.uint8))
    found = scorer(tmp_path).score(tmp_path, row("dark.png", "a", "sound"))
    assert found.problem is not None
    assert found.scores.shape == (0, 3)


def test_a_defect_without_a_mask_leaves_every_patch_ambiguous(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), bare(spot=True))
    assert set(scorer(tmp_path).score(tmp_path, row("a.png", "a", "spot")).patch_labels.tolist()) == {-1}


def test_the_scores_of_a_picture_are_the_same_whatever_was_scored_before_or_after(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), bare(spot=True))
    cv2.imwrite(str(tmp_path / "b.png"), bare(hole=True))
    one = scorer(tmp_path)
    first = one.score(tmp_path, row("a.png", "a", "spot"))
    one.score(tmp_path, row("b.png", "b", "hole"))
    again = one.score(tmp_path, row("a.png", "a", "spot"))
    assert np.array_equal(again.scores, first.scores)  # the engine's buffers are not what was handed out
