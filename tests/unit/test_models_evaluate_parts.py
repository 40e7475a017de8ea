"""Parts: all pictures of one voted together, and what was not inspected is rejected."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.make.evaluate.parts import judge_parts
from models.make.evaluate.scored import joined
from models.vote import UNKNOWN_CLASS
from tests.unit.models_bundle import CALM
from tests.unit.models_scored import LABELS, scored

LIMITS = (0.5, 0.7)


def test_one_defective_picture_makes_a_defective_part_and_rejects_it() -> None:
    pictures = [scored("a", 0, [(0.1, 0.0)], picture="a1"), scored("a", 1, [(0.2, 0.0), (0.9, 0.0)], picture="a2")]
    (seen,) = judge_parts(pictures, LIMITS)
    assert (seen.true_index, seen.class_index, seen.pictures) == (1, 1, 2)
    assert (seen.picture, seen.origin, seen.score) == ("a2", (0, 16), pytest.approx(0.9))
    assert not seen.escaped
    assert not seen.overkilled


def test_a_part_escapes_below_the_threshold_of_each_class() -> None:
    (seen,) = judge_parts([scored("a", 2, [(0.0, 0.69), (0.49, 0.0)])], LIMITS)
    assert seen.escaped
    assert seen.as_json(LABELS)["seen"] == "defect-free"
    assert seen.as_json(LABELS)["highest_score_of"] == "hole"


def test_a_picture_that_was_not_inspected_rejects_its_part_whatever_the_others_show() -> None:
    pictures = [scored("a", 0, [(0.0, 0.0)], picture="a1"), scored("a", 0, [], picture="a2", problem="no part")]
    (seen,) = judge_parts(pictures, LIMITS)
    assert (seen.class_index, seen.problem, seen.picture) == (UNKNOWN_CLASS, "no part", "a2")
    assert seen.overkilled
    assert seen.score == 1.0  # rejected at every threshold
    assert joined(pictures) == []


@CALM
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.floats(0, 0.5), st.floats(0, 0.5)), min_size=1))
def test_every_part_is_judged_once_and_joined_scores_are_all_of_its_pictures(
    pictures: list[tuple[int, int, float, float]],
) -> None:
    made = [scored(f"part{p}", label, [(a, b)], picture=f"{i}") for i, (p, label, a, b) in enumerate(pictures)]
    seen = judge_parts(made, LIMITS)
    assert sorted(one.name for one in seen) == sorted({f"part{p}" for p, *_ in pictures})
    assert sum(one.pictures for one in seen) == len(pictures)
    assert sum(part.scores.shape[0] for part in joined(made)) == len(pictures)
    for one, part in zip(seen, joined(made), strict=True):
        assert one.score == pytest.approx(float(np.max(part.scores[:, 1:])))
        assert one.true_index == part.label_index
