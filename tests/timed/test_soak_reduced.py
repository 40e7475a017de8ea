"""The soak, reduced: no promise breaks over thousands of triggers with faults, and its check finds planted bugs."""

from __future__ import annotations

import pytest

from tests.soak.plant import LINE_FAULTS, PART_FAULTS, SECOND, Bugs
from tests.soak.soak import soak
from tests.soak.truth import SoakFaultError

TRIGGERS = 10_000


@pytest.mark.timeout(600)  # ten seconds of work, on a machine that may have other work
def test_no_promise_breaks_over_many_triggers_with_random_faults() -> None:
    tally = soak(TRIGGERS, seed=4711, fault_every_ns=3 * SECOND)

    assert tally.triggers >= TRIGGERS
    assert {*LINE_FAULTS, *PART_FAULTS} <= set(tally.faults), "a fault was never played"
    assert tally.untouched_good > TRIGGERS / 10, "too few parts that no fault touched to say anything of them"
    assert tally.untouched_good_passed >= 0.8 * tally.untouched_good, "a station that rejects everything is no success"
    assert tally.ends["passed"] > TRIGGERS / 2


@pytest.mark.parametrize(
    ("bugs", "found"),
    [
        (Bugs(verdicts_one_off=True), "passed"),
        (Bugs(pass_after_deadline=True), "a PASS was given after its deadline"),
        (Bugs(gate_pulse_counts=9_000), "passed"),
        (Bugs(ledger_forgets_decisions=True), "ledger"),
        (Bugs(ledger_forgets_triggers=True), "ledger"),
        (Bugs(restart_forgets_parts=True), "ledger"),
        (Bugs(slots_released_early=True), "a verdict was given by the picture of part"),
        (Bugs(counters_not_compared=True), "the counters differ and nobody said so"),
    ],
    ids=lambda bugs: (
        next(name for name in Bugs.__dataclass_fields__ if getattr(bugs, name)) if isinstance(bugs, Bugs) else ""
    ),
)
def test_the_check_finds_a_planted_bug(bugs: Bugs, found: str) -> None:
    with pytest.raises(SoakFaultError, match=found):
        soak(5_000, seed=1, bugs=bugs, fault_every_ns=2 * SECOND)
