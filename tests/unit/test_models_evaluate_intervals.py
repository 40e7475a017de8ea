"""Clopper-Pearson intervals against their definition, and rates that say their number of cases."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.make.evaluate.intervals import Share, clopper_pearson, per_cent
from tests.unit.models_bundle import CALM


def at_least(count: int, of: int, rate: float) -> float:
    """Probability of `count` cases or more."""
    return sum(comb(of, k) * rate**k * (1.0 - rate) ** (of - k) for k in range(count, of + 1))


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    of = draw(st.integers(1, 200))
    return draw(st.integers(0, of)), of


@CALM
@given(counts(), st.sampled_from((0.8, 0.95, 0.99)))
def test_each_end_of_the_interval_leaves_half_of_the_doubt_beyond_the_count(
    case: tuple[int, int], confidence: float
) -> None:
    count, of = case
    low, high = clopper_pearson(count, of, confidence)
    doubt = (1.0 - confidence) / 2
    assert low <= count / of <= high
    if count:
        assert at_least(count, of, low) == pytest.approx(doubt, rel=1e-6)
    else:
        assert low == 0.0
    if count < of:
        assert 1.0 - at_least(count + 1, of, high) == pytest.approx(doubt, rel=1e-6)
    else:
        assert high == 1.0


def test_no_case_says_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert Share(0, 0).rate is None
    assert Share(0, 0).interval is None
    assert str(Share(0, 0)) == "unknown (0 cases)"
    assert per_cent(None) == "unknown"


def test_a_share_is_told_with_its_cases_and_interval() -> None:
    assert str(Share(0, 180)) == "0 of 180 = 0.0 % (95 %: 0.0 to 2.0 %)"
    assert Share(1, 4).as_json() == {"count": 1, "of": 4, "rate": 0.25, "low_95": 0.00631, "high_95": 0.80588}


def test_more_cases_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        Share(3, 2)
    with pytest.raises(ValueError, match="-1 cases"):
        clopper_pearson(-1, 2)
