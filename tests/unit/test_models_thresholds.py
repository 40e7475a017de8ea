"""Thresholds hold the recall floor on the parts they were chosen on, and are refused where nothing can be said."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.make.manifest import DataError
from models.make.thresholds import LOWEST, PartScores, choose_thresholds
from models.vote import vote
from tests.unit.models_bundle import CALM
from tests.unit.models_scored import LABELS, parts_of

TWO = ("defect-free", "spot")


def test_a_threshold_lies_between_sound_and_defective_parts_where_they_part() -> None:
    chosen = choose_thresholds(parts_of([0.01] * 30, [0.9] * 10), TWO, 1.0)
    assert 0.05 < chosen.values[0] < 0.9
    assert chosen.classes[0].how == "between sound and defective"


def test_the_recall_floor_wins_over_overkill_where_they_overlap() -> None:
    parts = parts_of([0.6] * 30, [0.3] + [0.9] * 9)
    strict = choose_thresholds(parts, TWO, 1.0)
    assert strict.values[0] == pytest.approx(0.3, abs=1e-3)
    assert (strict.sound_rejected.count, strict.sound_rejected.of) == (30, 30)
    assert strict.classes[0].how == "at the floor, sound ones score higher"
    assert 0.6 < choose_thresholds(parts, TWO, 0.9).values[0] < 0.9


fractions = st.floats(0.0, 1.0, width=32)


@st.composite
def val_parts(draw: st.DrawFn) -> list[PartScores]:
    """Parts of three classes, each class there, of one to three patches with any scores."""
    labels = [0, 1, 2, *draw(st.lists(st.integers(0, 2), max_size=40))]
    parts: list[PartScores] = []
    for label in labels:
        rows = draw(st.lists(st.tuples(fractions, fractions), min_size=1, max_size=3))
        scores = np.array([[1.0, a, b] for a, b in rows], np.float32)
        parts.append(PartScores(scores, label, np.full(len(rows), label, np.intp)))
    return parts


@CALM
@given(val_parts(), st.floats(0.0, 1.0))
def test_the_floor_holds_on_the_parts_it_was_chosen_on_unless_the_result_says_otherwise(
    parts: list[PartScores], floor: float
) -> None:
    chosen = choose_thresholds(parts, LABELS, floor)
    for index, found in enumerate(chosen.classes, start=1):
        own = [part for part in parts if part.label_index == index]
        caught = sum(vote(part.scores, chosen.values).defective for part in own)
        assert (found.caught.count, found.caught.of) == (caught, len(own))
        assert found.floor_reached == (caught >= floor * len(own) - 1e-9)
        if all(float(part.scores[:, index].max()) >= LOWEST for part in own):
            assert found.floor_reached
    sound = [part for part in parts if part.label_index == 0]
    assert chosen.sound_rejected.count == sum(vote(part.scores, chosen.values).defective for part in sound)


def test_a_threshold_is_raised_where_another_class_catches_its_parts_as_well() -> None:
    sound = [PartScores(np.array([[0.5, 0.4, 0.1]], np.float32), 0, np.array([0])) for _ in range(20)]
    blurred = PartScores(np.array([[0.1, 0.05, 0.85]], np.float32), 1, np.array([1]))
    others = [PartScores(np.array([[0.1, 0.9, 0.0]], np.float32), 1, np.array([1])) for _ in range(9)]
    second = [PartScores(np.array([[0.0, 0.1, 0.9]], np.float32), 2, np.array([2])) for _ in range(10)]
    parts = [*sound, blurred, *others, *second]
    chosen = choose_thresholds(parts, LABELS, 1.0)
    judged = [(part.label_index > 0, vote(part.scores, chosen.values).defective) for part in parts]
    assert all(truth == seen for truth, seen in judged)
    assert chosen.classes[0].how == "raised as far as the floor allows"


def test_without_defects_in_validation_choosing_is_refused_in_one_sentence_that_says_what_to_do() -> None:
    with pytest.raises(DataError, match=r"expected defective parts in validation, found none among 30 .*; put parts"):
        choose_thresholds(parts_of([0.1] * 30, []), TWO, 1.0)


def test_a_class_without_parts_in_validation_is_named() -> None:
    with pytest.raises(DataError, match=r"found none of hole among 31 inspected parts"):
        choose_thresholds(
            [
                *(PartScores(np.array([[0.9, 0.1, 0.0]], np.float32), 0, np.array([0])) for _ in range(30)),
                PartScores(np.array([[0.1, 0.9, 0.0]], np.float32), 1, np.array([1])),
            ],
            LABELS,
            1.0,
        )


def test_parts_that_were_not_inspected_do_not_count_as_parts_of_their_class() -> None:
    unseen = PartScores(np.zeros((0, 2), np.float32), 1, np.zeros(0, np.intp))
    with pytest.raises(DataError, match="expected defective parts in validation"):
        choose_thresholds([*parts_of([0.1] * 30, []), unseen], TWO, 1.0)


def test_a_set_with_sound_parts_is_refused_without_them_and_one_that_has_none_uses_sound_patches() -> None:
    parts = [PartScores(np.array([[0.2, 0.8], [0.9, 0.1]], np.float32), 1, np.array([1, 0])) for _ in range(9)]
    with pytest.raises(DataError, match="found none of defect-free"):
        choose_thresholds(parts, TWO, 1.0)
    chosen = choose_thresholds(parts, TWO, 1.0, sound_expected=False)
    assert 0.1 < chosen.values[0] < 0.8
    assert chosen.sound_from == "patches"
    assert any("overkill of parts is unknown" in remark for remark in chosen.remarks)
    assert chosen.as_json()["sound_parts_rejected"] is None


def test_with_nothing_sound_at_all_the_floor_holds_and_overkill_is_said_to_be_unknown() -> None:
    chosen = choose_thresholds(parts_of([], [0.4, 0.7, 0.9]), TWO, 1.0, sound_expected=False)
    assert LOWEST < chosen.values[0] < 0.4
    assert chosen.sound_from == "nothing"
    assert chosen.sound_rejected.rate is None
    assert any("nothing stands in" in remark for remark in chosen.remarks)


def test_few_sound_parts_are_said() -> None:
    few = choose_thresholds(parts_of([0.1] * 19, [0.9] * 40), TWO, 1.0)
    assert few.remarks == ("19 sound validation parts, expected 20: sound patches stand in",)
    assert choose_thresholds(parts_of([0.1] * 20, [0.9] * 40), TWO, 1.0).remarks == ()


def test_a_floor_that_no_threshold_holds_and_a_recall_that_few_parts_cannot_show_are_said() -> None:
    chosen = choose_thresholds(parts_of([0.001] * 20, [0.01, 0.9]), TWO, 1.0)
    assert not chosen.classes[0].floor_reached
    assert "no threshold from 0.05 on holds the recall floor 100.0 %: 1 of 2" in chosen.remarks[0]
    assert chosen.remarks[1] == (
        "few validation parts: they show a recall of at least (95 %, parts) spot 1.3 % (2), no more"
    )


def test_how_the_thresholds_were_found_goes_into_the_provenance() -> None:
    values = choose_thresholds(parts_of([0.1] * 20, [0.9] * 40), TWO, 0.95).as_json()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    spot = values["by_class"]["spot"]
    assert (spot["validation_parts"], spot["caught"], spot["floor_reached"]) == (40, 40, True)
    assert spot["recall_low_95"] == pytest.approx(0.025 ** (1 / 40), abs=1e-4)
    assert (values["sound_parts"], values["sound_parts_rejected"]) == (20, 0)
