"""What happens to a part, a frame or a picture is told as its own fault, through line machine and reporter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.crop import Problem
from station.core.ledger import LedgerCounts
from station.core.reasons import Reason
from station.core.values import TypeSeen
from station.fault_codes import FaultCode
from tests.core_values import a_loss, a_track, facts_of
from tests.told_faults import COUNTS_APART, ToldLine

UID = 1_000

PICTURES: dict[FaultCode, dict[str, Any]] = {
    FaultCode.IMAGE_INCOMPLETE: {"lines": 60},
    FaultCode.IMAGE_STALE: {"stale_rows": 3},
    FaultCode.ENCODER_MISMATCH: {"encoder": a_track(COUNTS_APART, COUNTS_APART + 5_000)},
}
SEEN: dict[FaultCode, dict[str, Any]] = {
    FaultCode.IMAGE_DARK: {"problem": Problem.ALL_DARK},
    FaultCode.IMAGE_SATURATED: {"problem": Problem.SATURATED},
    FaultCode.NO_PART: {"problem": Problem.NO_PART},
    FaultCode.PART_AT_BORDER: {"problem": Problem.TOUCHES_BORDER},
    FaultCode.IMAGE_PROBLEM: {"problem": "the scores are no numbers"},
    FaultCode.IMAGE_BLURRED: {"sharpness": 2.0},
}


@pytest.fixture
def told() -> ToldLine:
    return ToldLine()


@pytest.mark.parametrize("code", list(PICTURES))
def test_a_frame_that_is_not_whole_new_and_in_step_is_its_fault(told: ToldLine, code: FaultCode) -> None:
    told.trigger(1)
    told.frame(1, **PICTURES[code])
    assert told.codes == {code}
    assert told.fault(code).sentence.endswith("It is rejected.")
    assert told.fault(code).details["part_seq"] == 1


@pytest.mark.parametrize("code", list(SEEN))
def test_a_picture_that_cannot_be_judged_is_its_fault(told: ToldLine, code: FaultCode) -> None:
    told.trigger(1)
    told.frame(1)
    assert told.codes == set()
    told.seen(UID, **SEEN[code])
    assert told.codes == {code}
    assert "?" not in told.fault(code).sentence


def test_a_sound_part_and_a_bad_one_are_no_faults(told: ToldLine) -> None:
    for part_seq, defective in ((1, False), (2, True)):
        told.trigger(part_seq)
        told.frame(part_seq)
        told.seen(UID + part_seq - 1, defective=defective)
    assert told.codes == set()
    assert (told.line.counts.passed, told.line.counts.rejected) == (1, 1)


def test_a_frame_lost_for_its_size_is_e410(told: ToldLine) -> None:
    told.trigger(1)
    told.tell(told.line.frame_lost(told.camera, a_loss("wrong size", COUNTS_APART), told.now_ns))
    assert told.codes == {FaultCode.IMAGE_SIZE}


def test_a_trigger_without_a_frame_is_e105_at_the_deadline(told: ToldLine) -> None:
    told.trigger(1)
    told.wait_ms(801)
    assert told.codes == {FaultCode.TRIGGER_WITHOUT_FRAME}
    assert told.fault(FaultCode.TRIGGER_WITHOUT_FRAME).sentence == (
        "Part 1 was triggered, but no frame of mantle came. It is rejected."
    )


def test_a_frame_without_a_trigger_is_e104(told: ToldLine) -> None:
    told.frame(7)
    told.wait_ms(2_000)
    assert told.codes == {FaultCode.FRAME_WITHOUT_TRIGGER}


def test_a_part_that_no_worker_finishes_in_time_is_e421_with_its_deadline(told: ToldLine) -> None:
    told.trigger(1)
    told.frame(1)
    told.wait_ms(801)
    assert told.codes == {FaultCode.VERDICT_LATE}
    assert "(800 ms)" in told.fault(FaultCode.VERDICT_LATE).sentence


def test_a_missed_trigger_is_e204(told: ToldLine) -> None:
    told.trigger(1, missed=True)
    assert told.codes == {FaultCode.MISSED_TRIGGER}


@pytest.mark.parametrize("how", ["repeated", "heard too late"])
def test_a_trigger_against_the_rules_is_e203(told: ToldLine, how: str) -> None:
    if how == "repeated":
        told.trigger(1)
        told.trigger(1)
    else:
        told.trigger(1, late_ms=900)
    assert FaultCode.HANDSHAKE_TIMEOUT in told.codes
    assert told.fault(FaultCode.HANDSHAKE_TIMEOUT).sentence.endswith(".")


def test_a_result_that_finds_no_place_is_e205(told: ToldLine) -> None:
    told.trigger(1)
    told.frame(1)
    (decision,) = told.line.reject_all(Reason.STOPPING, told.now_ns)
    told.tell([decision], delivered=False)
    assert told.codes == {FaultCode.RESULT_OVERRUN}


def test_a_ledger_that_does_not_balance_is_e420() -> None:
    told = ToldLine()

    class Miscounting:
        """Stands for a mistake in the line machine: one part more than there are outcomes."""

        counts = LedgerCounts(9, 4, 2, 1, 1)

    told.trigger(1)
    told.reporter._line = Miscounting()  # type: ignore[assignment]
    told.tell(told.line.reject_all(Reason.STOPPING, told.now_ns))
    assert told.codes == {FaultCode.LEDGER_IMBALANCE}
    assert "9 triggered, but 8 accounted for" in told.fault(FaultCode.LEDGER_IMBALANCE).sentence


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        (FaultCode.WRONG_PART, TypeSeen("A-40", 0.93, recognised=True)),
        (FaultCode.UNKNOWN_PART, TypeSeen("A-20", 0.31, recognised=False)),
    ],
)
def test_another_part_and_an_unknown_one_are_told_with_the_type_that_was_seen(code: FaultCode, seen: TypeSeen) -> None:
    told = ToldLine("demo-identity.yaml")
    told.trigger(1)
    told.frame(1)
    view = next(place for place, view in enumerate(told.limits.views) if view.part_type is not None)
    facts = replace(facts_of(UID, view), type_seen=seen)
    told.tell(told.line.inspected(facts, told.now_ns))
    assert told.codes == {code}
    sentence = told.fault(code).sentence
    assert seen.part_type in sentence
    assert str(told.limits.views[view].part_type) in sentence
