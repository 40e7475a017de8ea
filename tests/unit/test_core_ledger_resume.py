"""The ledger goes on from the sums of the runs before, and takes back what nobody saw (promises P1, P9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core.ledger import NOTHING_YET, Ledger, LedgerCounts, LedgerError
from station.core.reasons import Outcome

EARLIER = LedgerCounts(triggers=100, passed=80, rejected=15, forced=5, in_flight=0)


def test_a_new_ledger_begins_with_nothing() -> None:
    assert Ledger().counts == NOTHING_YET


def test_a_ledger_goes_on_from_the_sums_before() -> None:
    ledger = Ledger(EARLIER)
    assert ledger.counts == EARLIER
    for uid, outcome in enumerate(Outcome, start=1):
        ledger.open(uid, uid)
        assert ledger.counts.in_flight == 1
        ledger.close(uid, outcome)
    assert ledger.counts == LedgerCounts(103, 81, 16, 6, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        LedgerCounts(100, 80, 15, 4, 0),
        LedgerCounts(100, 80, 15, 4, 1),
    ],
)
def test_sums_that_do_not_hold_or_have_parts_in_flight_are_no_beginning(wrong: LedgerCounts) -> None:
    with pytest.raises(LedgerError, match="sums that hold with nothing in flight"):
        Ledger(wrong)


def test_a_pass_that_nobody_saw_becomes_a_forced_reject() -> None:
    ledger = Ledger(EARLIER)
    ledger.open(1, 7)
    ledger.close(1, Outcome.PASSED)
    ledger.withdraw()
    assert ledger.counts == LedgerCounts(101, 80, 15, 6, 0)


def test_where_nothing_has_passed_nothing_can_be_taken_back() -> None:
    ledger = Ledger()
    ledger.open(1, 7)
    ledger.close(1, Outcome.REJECTED)
    with pytest.raises(LedgerError, match="no part has passed"):
        ledger.withdraw()
    assert ledger.counts == LedgerCounts(1, 0, 1, 0, 0)


@given(
    outcomes=st.lists(st.sampled_from([*Outcome, None]), max_size=30),
    withdrawn=st.integers(0, 30),
    earlier=st.sampled_from([NOTHING_YET, EARLIER]),
)
def test_the_sums_hold_whatever_becomes_of_the_parts(
    outcomes: list[Outcome | None], withdrawn: int, earlier: LedgerCounts
) -> None:
    ledger = Ledger(earlier)
    for uid, outcome in enumerate(outcomes, start=1):
        ledger.open(uid, uid)
        if outcome is not None:
            ledger.close(uid, outcome)
    taken_back = min(withdrawn, ledger.counts.passed)
    for _ in range(taken_back):
        ledger.withdraw()
        assert ledger.counts.balanced
    counts = ledger.counts
    assert counts.balanced
    assert counts.triggers == earlier.triggers + len(outcomes)
    assert counts.passed == earlier.passed + outcomes.count(Outcome.PASSED) - taken_back
    assert counts.in_flight == outcomes.count(None)
