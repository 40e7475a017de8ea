"""Cross-validation without training: a fold is judged by thresholds from the other folds' parts, and is kept whole."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.make.evaluate.cross_validation import CrossValidated, judge_fold
from models.make.evaluate.fold_files import FoldOrder, claim, read_fold, write_fold
from models.make.evaluate.scored import ScoredPicture
from models.make.manifest import DataError
from models.make.product import Product, load_product
from tests.unit.models_scored import LABELS, scored


def product(**values: Any) -> Product:
    wanted = {"labels": LABELS, "label_of_class": {"good": "defect-free", "spot": "spot", "hole": "hole"}, **values}
    return load_product("mantle").model_copy(update=wanted)


def fold(name: str, spot: float = 0.9, hole: float = 0.9) -> list[ScoredPicture]:
    return [
        *(scored(f"{name}-good{index}", 0, [(0.1, 0.1)]) for index in range(10)),
        scored(f"{name}-spot", 1, [(spot, 0.0)]),
        scored(f"{name}-hole", 2, [(0.0, hole)]),
    ]


def order(**values: Any) -> FoldOrder:
    wanted: dict[str, Any] = {"folds": 3, "seed": 1, "epochs": 1, "limit": None, "data_digest": "0" * 64, **values}
    return FoldOrder(product=load_product("mantle"), network="rn18-012-s2d4", **wanted)


def test_no_part_decides_the_thresholds_that_it_is_judged_by() -> None:
    usual = judge_fold(product(), [fold("a"), fold("b"), fold("c")], 0)
    hopeless = judge_fold(product(), [fold("a", spot=0.06), fold("b"), fold("c")], 0)
    assert usual.thresholds is not None
    assert hopeless.thresholds is not None
    assert usual.thresholds.values == hopeless.thresholds.values
    assert hopeless.measured is not None
    assert [part.name for part in hopeless.measured.seen if part.escaped] == ["a-spot"]


def test_a_fold_whose_class_is_nowhere_else_is_refused_with_its_reason_and_the_others_go_on() -> None:
    lonely = [picture for picture in fold("b") if picture.label_index != 2]
    folds = [fold("a"), lonely, [picture for picture in fold("c") if picture.label_index != 2]]
    found = CrossValidated(order(), tuple(judge_fold(product(), folds, index) for index in range(3)))
    assert found.found[0].refused is not None
    assert "none of hole" in found.found[0].refused
    assert found.found[1].measured is not None
    recall = found.spread("recall")
    assert recall is not None
    assert recall.seeds == 2
    assert (found.pooled("escapes").count, found.pooled("escapes").of) == (0, 2)
    assert found.as_json()["folds"][0]["figures"] is None


def test_a_fold_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    pictures = [*fold("a"), scored("unseen", 1, [], problem="no part")]
    write_fold(tmp_path / "fold-1.json", pictures)
    found = read_fold(tmp_path / "fold-1.json", [picture.row for picture in pictures], product())
    assert [one.problem for one in found] == [one.problem for one in pictures]
    for one, other in zip(found, pictures, strict=True):
        assert np.allclose(one.scores, other.scores, atol=1e-6)
        assert one.scores.shape == other.scores.shape
        assert (one.origins, one.patch_labels.tolist()) == (other.origins, other.patch_labels.tolist())


def test_a_fold_file_that_is_cut_off_or_of_other_pictures_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "fold-1.json"
    write_fold(path, fold("a"))
    with pytest.raises(DataError, match="found others; remove the file"):
        read_fold(path, [picture.row for picture in fold("b")], product())
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    with pytest.raises(DataError, match="found something else; remove the file"):
        read_fold(path, [picture.row for picture in fold("a")], product())


def test_a_folder_of_another_cross_validation_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    claim(tmp_path / "folds", order())
    claim(tmp_path / "folds", order())
    with pytest.raises(DataError, match="another cross-validation lies here"):
        claim(tmp_path / "folds", order(seed=2))
