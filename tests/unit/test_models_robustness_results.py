from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from models.crop import Box
from models.inspect import Inspection
from models.make.manifest import DataError
from models.make.robustness.kept import Kept
from models.make.robustness.measure import Step, ahead, outcome, parts_seen, rung_of
from models.make.robustness.page import table
from models.make.robustness.perturbations import chosen
from models.make.robustness.results import UNPERTURBED, Rung, Series
from models.vote import UNKNOWN_CLASS

LABELS = ("defect-free", "spot", "hole")
(BLUR,) = chosen(["blur"])


def rung(strength: float, sound: tuple[int, ...], spot: tuple[int, ...], hole: tuple[int, ...]) -> Rung:
    name = BLUR.name if strength else UNPERTURBED
    return Rung(name, strength, LABELS, dict(zip(LABELS, (sound, spot, hole), strict=True)), {})


GOOD = rung(0.0, (10, 0, 0, 0), (0, 10, 0, 0), (0, 0, 10, 0))
WORSE = rung(1.0, (9, 1, 0, 0), (2, 8, 0, 0), (0, 1, 9, 0))
REFUSING = rung(2.0, (0, 0, 0, 10), (0, 0, 0, 10), (0, 0, 1, 9))


def series(*rungs: Rung, floor: float = 1.0) -> Series:
    return Series(BLUR, rungs, floor)


def test_a_refusal_counts_as_caught_and_as_overkill_and_is_counted_apart() -> None:
    assert (REFUSING.recall().count, REFUSING.recall().of) == (20, 20)
    assert REFUSING.overkill.count == 10
    assert (REFUSING.refused().count, REFUSING.refused("defect-free").count, REFUSING.refused_of_all.count) == (
        19,
        10,
        29,
    )


def test_another_class_than_the_true_one_is_still_caught() -> None:
    assert WORSE.recall("hole").count == 10
    assert (WORSE.recall("spot").count, WORSE.recall("spot").of) == (8, 10)
    assert WORSE.recall().count == 18
    assert WORSE.worst_label() == "spot"
    assert GOOD.worst_label() is None


def test_an_interval_says_what_few_parts_are_worth() -> None:
    low, high = GOOD.recall("spot").interval or (0, 0)
    assert (round(low, 4), high) == (0.6915, 1.0)


def test_recall_first_below_the_floor_is_told_in_the_unit_with_the_class_that_is_missed() -> None:
    found = series(GOOD, WORSE, REFUSING)
    assert found.first_below() == 1
    sentence = found.sentence()
    assert "first drops below the floor of 1 at 1 px (sigma): 18 of 20" in sentence
    assert "spot most; it held without it." in sentence


def test_recall_among_parts_that_are_all_rejected_is_said_to_mean_nothing() -> None:
    found = series(GOOD, REFUSING)
    assert found.first_below() is None
    assert found.blind_from() == 1
    assert "holds the floor of 1 up to 2 px (sigma)" in found.sentence()
    assert "From 2 px (sigma) on every sound part is rejected too: recall says nothing there." in found.sentence()
    assert series(GOOD, WORSE).blind_from() is None
    assert "recall says nothing" not in series(GOOD, WORSE).sentence()


def test_a_floor_that_is_missed_without_a_perturbation_is_said_first() -> None:
    start = rung(0.0, (10, 0, 0, 0), (1, 9, 0, 0), (0, 0, 10, 0))
    sentence = series(start, WORSE).sentence()
    assert "is below the floor of 1 without it already: 19 of 20" in sentence
    assert "falls further at 1 px (sigma): 18 of 20" in sentence
    assert "holds the floor of 0.9" in series(start, WORSE, floor=0.9).sentence()


def test_overkill_is_told_with_how_many_were_not_inspected() -> None:
    sentence = series(GOOD, WORSE, REFUSING).overkill_sentence()
    assert "first above 0 of 10 at 1 px (sigma)" in sentence
    assert "10 of them not inspected" in sentence
    assert series(GOOD, GOOD).overkill_sentence() == "Overkill stays at 0 of 10 or fewer."


def test_a_class_without_parts_has_no_rate() -> None:
    empty = rung(0.0, (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))
    assert empty.recall().rate is None
    assert series(empty).sentence() == "There are no defective parts: recall is not known."
    assert "no sound parts" in series(empty).overkill_sentence()


def test_one_rejected_picture_rejects_the_part_and_one_defect_makes_it_defective() -> None:
    groups = ["a", "a", "b", "b", "c", "c"]
    seen = [(0, 0), (1, 1), (0, 0), (0, UNKNOWN_CLASS), (2, 0), (2, 0)]
    assert parts_seen(groups, seen) == [(1, 1), (0, UNKNOWN_CLASS), (2, 0)]


def test_a_picture_without_a_vote_is_not_inspected() -> None:
    seen = Inspection(Box(0, 0, 1, 1), None, None, None, 0.0, 0.0, 0.0, {})
    assert outcome(seen) == (UNKNOWN_CLASS, "no vote")


def test_parts_are_counted_by_label_and_class_seen() -> None:
    found = rung_of(Step(BLUR, 2.0), LABELS, [(0, 0), (0, 1), (1, UNKNOWN_CLASS), (2, 2)], Counter({"blurred": 1}))
    assert found.seen == {"defect-free": (1, 1, 0, 0), "spot": (0, 0, 0, 1), "hole": (0, 0, 1, 0)}
    assert (found.perturbation, found.strength, found.problems) == ("blur", 2.0, {"blurred": 1})
    with pytest.raises(ValueError, match="not inspected"):
        Rung("blur", 1.0, LABELS, {"defect-free": (1, 0)}, {})


def test_work_ahead_keeps_the_order_and_raises_what_a_task_raises() -> None:
    assert list(ahead(range(9), lambda task: task * task, 2)) == [(task, task * task) for task in range(9)]

    def fails(task: int) -> int:
        if task == 3:
            raise DataError("picture 3 cannot be read")
        return task

    done: list[int] = []
    with pytest.raises(DataError, match="picture 3"):
        done.extend(task for task, _ in ahead(range(9), fails, 2))


def test_a_file_keeps_counts_and_gives_them_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "r.json"
    kept = Kept(path, {"seed": 1})
    kept.add(GOOD)
    kept.add(WORSE)
    again = Kept(path, {"seed": 1})
    assert again.get("blur", 1.0) == WORSE
    assert again.get(UNPERTURBED, 0.0) == GOOD
    assert again.get("blur", 3.0) is None
    assert not list(path.parent.glob("*.partial"))


@pytest.mark.parametrize(
    "content", ["", "{}", '{"format": 1, "of": {"seed": 1}, "measured": [{"perturbation": "blur"}]}']
)
def test_a_file_that_is_no_measurement_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="expected a robustness measurement"):
        Kept(path, {"seed": 1})
    assert path.read_text(encoding="utf-8") == content


def test_a_file_of_another_measurement_is_refused_with_what_differs(tmp_path: Path) -> None:
    Kept(tmp_path / "r.json", {"seed": 1}).add(GOOD)
    with pytest.raises(DataError, match="another measurement: expected seed 2, found 1; remove it or name another"):
        Kept(tmp_path / "r.json", {"seed": 2})


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"r\.json: cannot be written: "):
        Kept(tmp_path / "file" / "r.json", {}).add(GOOD)


def test_the_table_has_a_line_a_strength_and_a_sentence_a_perturbation() -> None:
    lines = table([series(GOOD, WORSE, REFUSING)]).splitlines()
    assert "20 of 20 = 100.0 %" in lines[1]
    assert lines[2].split()[0] == "1"
    assert lines[2].endswith("spot")
    assert "29 of 30" in lines[3]
    assert lines[-1].startswith("Blur, out of focus: Recall first drops")
