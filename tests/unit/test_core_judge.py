"""The judge tells the model's misses from the runtime's, and sees a verdict that is one part off."""

from __future__ import annotations

from typing import Any

from drivers.plc.registers import VerdictCode
from station.judge import Reference, judge

LABELS = ("defect-free", "pits", "scratches")
SOUND, PITS, MISSED = Reference(True, 0), Reference(False, 1), Reference(True, 0)


def named(references: list[Reference]) -> dict[str, Reference]:
    return {f"part {number}": reference for number, reference in enumerate(references)}


def a_row(
    picture: int,
    *,
    label: str = "defect-free",
    code: int | None = VerdictCode.PASS,
    defect_class: int = 0,
    bin_: str = "good",
) -> dict[str, Any]:
    return {
        "name": f"part {picture}", "label": label, "defective": label != "defect-free", "problem": None,
        "verdict_code": code, "defect_class": defect_class, "bin": bin_,
    }  # fmt: skip


def test_a_defect_that_the_model_misses_too_is_the_models_escape() -> None:
    found = judge([a_row(0, label="pits")], named([MISSED]), LABELS, "good")
    assert (found.escapes_by_model, found.escapes_by_runtime, found.wrong_verdicts) == (1, 0, 0)


def test_a_pass_for_a_picture_that_the_model_rejects_is_the_runtimes_escape() -> None:
    found = judge([a_row(0, label="pits")], named([PITS]), LABELS, "good")
    assert (found.escapes_by_model, found.escapes_by_runtime, found.wrong_verdicts) == (0, 1, 1)


def test_a_defective_part_in_the_good_bin_without_a_pass_is_the_runtimes_escape() -> None:
    found = judge([a_row(0, label="pits", code=None)], named([MISSED]), LABELS, "good")
    assert found.escapes_by_runtime == 1


def test_verdicts_one_part_off_are_seen() -> None:
    rows = [a_row(0, code=VerdictCode.DEFECT, defect_class=1, bin_="pits"), a_row(1, label="pits")]
    assert judge(rows, named([SOUND, PITS]), LABELS, "good").wrong_verdicts == 2


def test_a_forced_reject_is_no_wrong_verdict_but_overkill_of_a_sound_part() -> None:
    found = judge([a_row(0, code=VerdictCode.DEADLINE, bin_="reject"), a_row(0)], named([SOUND]), LABELS, "good")
    assert found.wrong_verdicts == 0
    assert found.overkill == 0.5
    assert found.confusion == {"defect-free": {"defect-free": 1, "forced reject": 1}}


def test_recall_by_class_counts_what_was_stopped_and_class_recall_what_was_named() -> None:
    rows = [a_row(0, label="pits", code=VerdictCode.DEFECT, defect_class=2, bin_="scratches")]
    found = judge(rows, named([Reference(False, 2)]), LABELS, "good")
    assert found.recall == {"pits": 1.0}
    assert found.class_recall == {"pits": 0.0}


def test_without_a_sound_part_overkill_is_unknown_and_not_zero() -> None:
    assert judge([a_row(0, label="pits")], named([MISSED]), LABELS, "good").overkill is None
