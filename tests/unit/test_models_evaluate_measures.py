"""Figures of a split: escapes, overkill, confusion, figures by class, curves and calibration, told by hand."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.make.evaluate.curves import MOST_POINTS, calibration, curve
from models.make.evaluate.measures import measure
from tests.unit.models_bundle import CALM
from tests.unit.models_scored import LABELS, scored

PICTURES = [
    scored("good1", 0, [(0.1, 0.1)]),
    scored("good2", 0, [(0.6, 0.1)]),
    scored("good3", 0, [], problem="no part"),
    scored("spot1", 1, [(0.9, 0.0), (0.1, 0.0)], patch_labels=[1, 0]),
    scored("spot2", 1, [(0.4, 0.1), (0.3, 0.1)], patch_labels=[-1, 0]),
    scored("spot3", 1, [(0.1, 0.8)]),
    scored("hole1", 2, [(0.0, 0.7)]),
]
MEASURED = measure(PICTURES, LABELS, (0.5, 0.5))


def test_escapes_overkill_and_what_was_not_inspected_are_counted() -> None:
    assert (MEASURED.escapes.count, MEASURED.escapes.of) == (1, 4)
    assert (MEASURED.overkill.count, MEASURED.overkill.of) == (2, 3)
    assert (MEASURED.not_inspected.count, MEASURED.not_inspected.of) == (1, 7)
    assert {label: (s.count, s.of) for label, s in MEASURED.recall_by_class.items()} == {"spot": (2, 3), "hole": (1, 1)}
    assert [part.name for part in MEASURED.seen if part.escaped] == ["spot2"]


def test_the_confusion_of_parts_has_a_column_for_what_was_not_inspected() -> None:
    assert MEASURED.parts.columns == (*LABELS, "not inspected")
    assert MEASURED.parts.confusion.tolist() == [[1, 1, 0, 1], [1, 1, 1, 0], [0, 0, 1, 0]]
    spot = MEASURED.parts.classes[1]
    assert (spot.precision, spot.recall, spot.cases) == (0.5, 0.33333, 3)
    assert spot.f1 == pytest.approx(0.4)


def test_ambiguous_patches_are_left_out_and_counted() -> None:
    assert MEASURED.ambiguous_patches == 1
    assert MEASURED.patches.cases == 7
    assert MEASURED.patches.confusion.sum() == 7


def test_sound_patches_that_reach_a_threshold_are_counted_in_sound_and_in_defective_parts() -> None:
    assert (MEASURED.false_alarms.count, MEASURED.false_alarms.of) == (1, 4)
    strict = measure(PICTURES, LABELS, (0.25, 0.5))
    assert (strict.false_alarms.count, strict.false_alarms.of) == (2, 4)


def test_everything_is_plain_json_and_the_missed_parts_are_in_it_by_name() -> None:
    values = MEASURED.as_json()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    (missed,) = values["missed_parts"]
    assert (missed["part"], missed["picture"], missed["highest_score"]) == ("spot2", "spot2.png", 0.4)
    assert [part["part"] for part in values["false_rejects"]] == ["good2", "good3"]


def test_without_sound_parts_overkill_is_unknown_and_there_is_no_curve() -> None:
    measured = measure(PICTURES[3:], LABELS, (0.5, 0.5))
    assert measured.overkill.rate is None
    assert measured.parts.curves == {}
    assert measured.parts.classes[0].recall is None
    assert json.dumps(measured.as_json(), allow_nan=False)


def test_parts_of_which_none_was_inspected_are_all_rejected() -> None:
    measured = measure([scored("a", 1, [], problem="dark"), scored("b", 0, [], problem="dark")], LABELS, (0.5, 0.5))
    assert (measured.escapes.count, measured.overkill.count) == (0, 1)
    assert measured.patches.cases == 0
    assert measured.parts.calibration is None


def test_curves_of_scores_that_part_cleanly_have_the_whole_area_and_mixed_ones_less() -> None:
    truth = np.array([False, False, True, True])
    clean = curve(truth, np.array([0.1, 0.2, 0.8, 0.9]))
    assert clean is not None
    assert (clean.roc_area, clean.pr_area) == (1.0, 1.0)
    mixed = curve(truth, np.array([0.1, 0.8, 0.2, 0.9]))
    assert mixed is not None
    assert mixed.roc_area == pytest.approx(0.75)
    assert curve(np.array([True, True]), np.array([0.1, 0.2])) is None


@CALM
@given(st.integers(0, 2**32 - 1))
def test_a_long_curve_is_thinned_with_both_ends_and_its_area_is_that_of_all_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(1500) < 0.4
    scores = np.where(truth, rng.beta(3, 2, 1500), rng.beta(2, 3, 1500))
    found = curve(truth, scores)
    assert found is not None
    assert found.roc.shape[0] <= MOST_POINTS
    assert (found.roc[0].tolist(), found.roc[-1].tolist()) == ([0.0, 0.0], [1.0, 1.0])
    pairs = scores[truth][:, None] - scores[~truth][None, :]
    assert found.roc_area == pytest.approx(float((pairs > 0).mean() + 0.5 * (pairs == 0).mean()), abs=1e-9)


def test_the_expected_calibration_error_is_the_distance_of_promise_and_truth() -> None:
    right = np.array([True, True, True, False, False])
    found = calibration(right, np.array([0.75, 0.75, 0.75, 0.75, 0.05]))
    assert found is not None
    assert found.counts.tolist() == [1, 4]
    assert found.share_right.tolist() == [0.0, 0.75]
    assert found.expected_error == pytest.approx(0.01)
    sure = calibration(np.array([False]), np.array([1.0]))
    assert sure is not None
    assert sure.expected_error == 1.0
    assert calibration(np.zeros(0, np.bool_), np.zeros(0)) is None
