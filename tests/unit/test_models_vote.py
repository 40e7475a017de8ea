"""The vote: Algorithm 1 with a threshold per class; what cannot be judged is never a pass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.vote import NO_PATCH, UNKNOWN_CLASS, Vote, vote
from tests.unit.models_bundle import CALM

HALF = (0.5, 0.5)
fractions = st.floats(0.0, 1.0, width=32)
score_tables = st.tuples(st.integers(1, 20), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=fractions)
)


def thresholds_for(scores: np.ndarray) -> st.SearchStrategy[tuple[float, ...]]:
    return st.tuples(*[fractions] * (scores.shape[1] - 1))


def test_no_defective_patch_makes_a_sound_part_with_its_weakest_sound_score() -> None:
    result = vote(np.array([[0.9, 0.1, 0.0], [0.6, 0.2, 0.2]], np.float32), HALF)
    assert (result.defective, result.class_index, result.patch_index) == (False, 0, 1)
    assert result.score == pytest.approx(0.6)


def test_the_highest_defect_score_names_class_and_patch_whatever_the_sound_patches_say() -> None:
    scores = np.array([[0.99, 0.01, 0.0], [0.2, 0.1, 0.7], [0.3, 0.65, 0.05]], np.float32)
    assert vote(scores, HALF) == Vote(True, 2, float(np.float32(0.7)), 1)


def test_a_class_below_its_own_threshold_gives_way_to_a_lower_score_above_its_own() -> None:
    scores = np.array([[0.1, 0.7, 0.2]], np.float32)
    assert vote(scores, (0.8, 0.15)).class_index == 2


@CALM
@given(st.data())
def test_a_part_is_sound_exactly_if_no_patch_reaches_a_threshold(data: st.DataObject) -> None:
    scores = data.draw(score_tables)
    limits = data.draw(thresholds_for(scores))
    result = vote(scores, limits)
    reached = scores[:, 1:] >= np.asarray(limits, np.float32)
    assert result.defective == bool(reached.any())
    if result.defective:
        assert reached[result.patch_index, result.class_index - 1]
        assert result.score == scores[:, 1:][reached].max()


@CALM
@given(st.data())
def test_lower_thresholds_or_more_patches_never_turn_a_reject_into_a_pass(data: st.DataObject) -> None:
    scores = data.draw(score_tables)
    limits = data.draw(thresholds_for(scores))
    lower = tuple(limit * data.draw(fractions) for limit in limits)
    more = np.concatenate([scores, scores[: data.draw(st.integers(0, len(scores)))]])
    if vote(scores, limits).defective:
        assert vote(scores, lower).defective
        assert vote(more, limits).defective


@CALM
@given(st.data())
def test_the_order_of_the_patches_changes_neither_class_nor_score(data: st.DataObject) -> None:
    scores = data.draw(score_tables)
    limits = data.draw(thresholds_for(scores))
    order = data.draw(st.permutations(range(len(scores))))
    before, after = vote(scores, limits), vote(scores[list(order)], limits)
    assert (before.defective, before.score) == (after.defective, after.score)


@CALM
@given(st.data(), st.sampled_from([np.nan, np.inf, -np.inf, 1.5, -0.5, 1e30]))
def test_one_score_that_is_no_probability_is_never_a_pass(data: st.DataObject, strange: float) -> None:
    scores = data.draw(score_tables).copy()
    limits = data.draw(thresholds_for(scores))
    row = data.draw(st.integers(0, scores.shape[0] - 1))
    scores[row, data.draw(st.integers(0, scores.shape[1] - 1))] = strange
    result = vote(scores, limits)
    assert result.defective
    assert result.class_index == UNKNOWN_CLASS
    assert result.patch_index == row
    assert result.problem == "a score is not a number from 0 to 1"


def test_no_patch_is_never_a_pass() -> None:
    assert vote(np.zeros((0, 3), np.float32), HALF) == Vote(
        True, UNKNOWN_CLASS, 0.0, NO_PATCH, "no patch was inspected"
    )


@pytest.mark.parametrize("limit", [float("nan"), float("inf"), 1.01, -0.01])
def test_a_threshold_that_could_never_be_reached_is_never_a_pass(limit: float) -> None:
    assert vote(np.array([[1.0, 0.0, 0.0]], np.float32), (limit, 0.5)).problem is not None


def test_scores_of_another_number_of_classes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(patches, 3\)"):
        vote(np.zeros((2, 4), np.float32), HALF)


@pytest.mark.parametrize(
    "contradiction", [(False, 1, 0.5, 0, None), (True, 0, 0.5, 0, None), (False, 0, 0.5, 0, "odd")]
)
def test_a_vote_cannot_contradict_itself(contradiction: tuple[bool, int, float, int, str | None]) -> None:
    with pytest.raises(ValueError, match="contradicts"):
        Vote(*contradiction)
