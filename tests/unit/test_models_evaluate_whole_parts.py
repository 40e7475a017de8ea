"""Bundle figures (parts, patches, the frame around a picture) and parts that several bundles picture together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle import load_bundle
from models.make.errors import MakingError
from models.make.evaluation import framed, joined_parts, judged_names, part_metrics, patch_metrics
from models.make.manifest import DataError
from models.make.pictures import Picture
from models.make.product import load_product
from models.make.thresholds import choose_thresholds
from models.make.whole_parts import Seen, judge_part, measure_whole_parts
from models.vote import UNKNOWN_CLASS
from tests.unit.models_bundle import TINY_BUNDLE
from tests.unit.models_scored import parts_of, row

BUNDLES = Path(__file__).parents[2] / "models" / "bundles"
TWO = ("defect-free", "spot")


def test_part_figures_count_misses_overkill_and_what_was_not_inspected() -> None:
    figures = part_metrics([(0, 0), (0, 1), (1, 1), (1, 0), (1, -1)], TWO)
    assert figures["missed"] == 1
    assert figures["recall"] == 0.6667
    assert figures["overkill"] == 0.5
    assert figures["right_class"] == 0.4


def test_patch_figures_count_false_alarms_and_without_sound_parts_overkill_is_unknown() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], np.float32)
    figures = patch_metrics(scores, np.array([0, 0, 1]), TWO)
    assert (figures["false_alarms"], figures["defect_recall"]) == (0.5, 1.0)
    assert part_metrics([(1, 1)], TWO)["overkill"] is None


def test_a_framed_picture_lies_whole_in_a_dark_frame() -> None:
    frame = framed(np.full((30, 20), 200, np.uint8), np.random.default_rng(0))
    assert int((frame == 200).sum()) == 600
    assert int(frame[frame != 200].max()) <= 6


def test_one_defective_picture_rejects_the_part_and_the_highest_score_names_its_class() -> None:
    sound, weak, strong = Seen(0, 0, 0.9), Seen(1, 2, 0.6), Seen(1, 1, 0.8)
    assert judge_part([sound, sound]) == (0, 0)
    assert judge_part([sound, weak, sound]) == (1, 2)
    assert judge_part([weak, sound, strong]) == (1, 1)
    assert judge_part([Seen(1, 0, 0.9), sound]) == (1, 0)
    assert judge_part([strong, Seen(0, UNKNOWN_CLASS, 0.0)]) == (1, UNKNOWN_CLASS)


def test_thresholds_see_one_part_where_it_has_several_pictures() -> None:
    pixels = np.zeros((16, 16), np.uint8)
    pictures = [Picture(pixels, pixels, 0, row(f"{name}.png", name[0])) for name in ("a1", "b1", "a2")]
    scores = [parts_of([0.1], [])[0], parts_of([0.2], [])[0], parts_of([], [0.9])[0]]
    joined = joined_parts(pictures, scores, load_product("mantle"))
    assert [part.label_index for part in joined] == [1, 0]
    assert joined[0].scores[:, 1].tolist() == pytest.approx([0.1, 0.9])
    assert joined[0].patch_labels.tolist() == [0, 1]
    assert choose_thresholds(joined, TWO, 1.0).values[0] > 0.2


def test_a_product_of_several_exposures_is_judged_picture_by_picture() -> None:
    pixels = np.zeros((16, 16), np.uint8)
    pictures = [Picture(pixels, pixels, 0, row(f"{name}.png", name[0])) for name in ("a1", "b1", "a2")]
    scores = [parts_of([0.1], [])[0], parts_of([0.2], [])[0], parts_of([], [0.9])[0]]
    tile = load_product("tile")
    assert judged_names(pictures, tile) == ["a1.png", "b1.png", "a2.png"]
    assert [part.label_index for part in joined_parts(pictures, scores, tile)] == [0, 0, 1]
    assert judged_names(pictures, load_product("mantle")) == ["a", "b"]


def test_bundles_of_other_labels_are_not_judged_together(tmp_path: Path) -> None:
    mantle, tiny = load_bundle(BUNDLES / "mantle"), load_bundle(TINY_BUNDLE)
    with pytest.raises(MakingError, match="expected the labels of"):
        measure_whole_parts([tiny, mantle], tmp_path, "test", 1)
    with pytest.raises(MakingError, match="found 'all'"):
        measure_whole_parts([mantle], tmp_path, "all", 1)


def test_a_bundle_whose_product_is_not_known_is_one_sentence(tmp_path: Path) -> None:
    tiny = load_bundle(TINY_BUNDLE)
    unknown = replace(tiny, spec=tiny.spec.model_copy(update={"product": "nobody-knows"}))
    with pytest.raises(DataError, match="product 'nobody-knows': expected one of"):
        measure_whole_parts([unknown], tmp_path, "test", 1)
