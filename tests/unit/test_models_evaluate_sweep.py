"""The threshold table: right figures, chosen on validation, never on test."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.make.evaluate.parts import SeenPart
from models.make.evaluate.sweep import STEPS, Spread, sweep, table_row
from models.make.manifest import DataError
from tests.unit.models_bundle import CALM
from tests.unit.models_scored import part

VAL = [part("s1", 0, 0.05), part("s2", 0, 0.45), part("d1", 1, 0.65), part("d2", 1, 0.95)]
TEST = [part("s3", 0, 0.62), part("d3", 1, 0.55), part("d4", 1, 0.95)]


def test_a_row_counts_accuracy_recall_f1_and_overkill_of_sound_against_defective() -> None:
    row = table_row([VAL, VAL[:3]], 0.7)
    assert row.missed == (1, 1)
    assert row.overkilled == (0, 0)
    assert row.accuracy.mean == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert row.recall is not None
    assert (row.recall.mean, row.least_recall) == (pytest.approx(0.25), 0.0)
    assert row.recall.deviation == pytest.approx(0.5 / 2**0.5)
    assert row.f1 is not None
    assert row.f1.mean == pytest.approx((2 / 3 + 0.0) / 2)


def test_the_threshold_holds_the_floor_of_every_seed_at_the_least_overkill_and_is_the_lowest_of_equals() -> None:
    found = sweep(["a"], [VAL], [TEST], 1.0, "test")
    assert found.chosen == 0.5
    assert found.reported_row is not None
    assert found.reported_row.overkilled == (1,)
    weaker = [*VAL[:2], part("d1", 1, 0.35), VAL[3]]
    assert sweep(["a", "b"], [VAL, weaker], [TEST, TEST], 1.0, "test").chosen == 0.1
    assert sweep(["a", "b"], [VAL, weaker], [TEST, TEST], 0.5, "test").chosen == 0.5


scores = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8)


@CALM
@given(scores, scores, scores, scores, st.floats(0.0, 1.0))
def test_what_is_chosen_holds_on_validation_and_does_not_depend_on_the_test_parts(
    sound: list[float], defective: list[float], one_test: list[float], other_test: list[float], floor: float
) -> None:
    def parts(good: list[float], bad: list[float]) -> list[SeenPart]:
        return [*(part("s", 0, score) for score in good), *(part("d", 1, score) for score in bad)]

    validation = [parts(sound, defective)]
    first = sweep(["a"], validation, [parts(one_test, other_test)], floor, "test")
    second = sweep(["a"], validation, [parts(other_test, one_test)], floor, "test")
    assert first.chosen == second.chosen
    holds = [step for step in STEPS if sum(score >= step for score in defective) >= floor * len(defective) - 1e-9]
    assert (first.chosen in holds) if holds else (first.chosen is None)


def test_a_part_that_was_not_inspected_is_rejected_at_every_threshold() -> None:
    unseen = [part("s", 0, 0.0, problem="dark"), part("d", 1, 0.0, problem="dark")]
    row = table_row([unseen], 0.9)
    assert (row.missed, row.overkilled) == ((0,), (1,))


def test_without_defective_validation_parts_no_threshold_is_chosen_and_the_sentence_says_what_to_do() -> None:
    with pytest.raises(DataError, match=r"expected defective parts in validation, found none.*put parts"):
        sweep(["a"], [VAL[:2]], [TEST], 1.0, "test")


def test_a_floor_that_none_holds_chooses_nothing_and_without_sound_parts_the_highest_that_holds_it_is_chosen() -> None:
    assert sweep(["a"], [[part("d", 1, 0.05), VAL[0]]], [TEST], 1.0, "test").chosen is None
    blind = sweep(["a"], [VAL[2:]], [TEST], 1.0, "test")
    assert blind.chosen == 0.6
    assert blind.validation[0].overkill is None


def test_a_spread_over_one_seed_has_no_deviation_and_the_table_is_plain_json() -> None:
    assert str(Spread.of([0.5])) == "50.00 %"
    assert str(Spread.of([0.5, 0.7, None])) == "60.00 ± 14.14 %"
    assert Spread.of([None]) is None
    values = sweep(["a"], [VAL], [TEST], 1.0, "test").as_json()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert values["chosen_on"] == "val"
