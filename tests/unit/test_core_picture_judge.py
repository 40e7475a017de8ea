"""The picture judge sees a part that was judged by another's picture, and a fault that did not end as it must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drivers.cell.sensor import Sensor
from station.picture_judge import RecordedPart, judge_pictures, read_pictures

LINE = Sensor("line", Path("line.scene"), 64, 64)
HEAD = Sensor("head", Path("head.scene"), 64, 64, area=True)


def a_row(n: int, *, part_seq: int | None = None, fault: str | None = None, sensor: str = "line") -> dict[str, Any]:
    return {"n": n, "part_seq": part_seq or n, "fault": fault, "fault_sensor": sensor if fault else None}


def a_record(n: int, *, verdict: str = "pass", reason: str = "defect-free", stamp: int | None = None) -> RecordedPart:
    return RecordedPart(n, verdict, reason, (n if stamp is None else stamp,))


def test_a_good_run_is_good() -> None:
    found = judge_pictures([a_row(n) for n in (1, 2, 3)], [a_record(n) for n in (1, 2, 3)], [LINE])
    assert (found.compared, found.stamps_read, found.mixed_up, found.faulted) == (3, 3, 0, 0)
    assert found.good
    assert found.examples == ()


def test_a_part_that_was_judged_by_its_neighbours_picture_is_seen() -> None:
    found = judge_pictures([a_row(1), a_row(2)], [a_record(1), a_record(2, stamp=1)], [LINE])
    assert found.mixed_up == 1
    assert not found.good
    assert found.examples == ("part 2 was judged by the picture of part 1",)


def test_a_fault_must_end_as_a_forced_reject_with_its_own_reason() -> None:
    right = a_record(1, verdict="forced", reason="incomplete frame")
    for wrong in (a_record(1), a_record(1, verdict="forced", reason="deadline"), a_record(1, verdict="reject")):
        assert judge_pictures([a_row(1, fault="incomplete")], [right], [LINE]).good
        found = judge_pictures([a_row(1, fault="incomplete")], [wrong], [LINE])
        assert (found.faulted, found.faulted_as_expected) == (1, 0)
        assert not found.good
        assert "expected incomplete frame" in found.examples[0]


def test_what_is_right_depends_on_the_kind_of_sensor() -> None:
    record = a_record(1, verdict="forced", reason="no frame")
    sensors = [LINE, HEAD]
    assert judge_pictures([a_row(1, fault="encoder-jump", sensor="head")], [record], sensors).good
    assert not judge_pictures([a_row(1, fault="encoder-jump", sensor="line")], [record], sensors).good


def test_a_stale_picture_carries_the_old_number_and_is_no_mix_up_when_it_was_rejected() -> None:
    record = a_record(2, verdict="forced", reason="stale frame", stamp=1)
    assert judge_pictures([a_row(2, fault="stale")], [record], [LINE]).good


def test_a_part_forced_without_a_fault_of_its_own_is_counted_and_named() -> None:
    found = judge_pictures([a_row(1)], [a_record(1, verdict="forced", reason="frame-id gap")], [LINE])
    assert found.forced_without_fault == 1
    assert found.examples == ("part 1 had no fault and was forced: frame-id gap",)


def test_part_numbers_that_come_again_are_told_apart() -> None:
    rows = [a_row(1, part_seq=7), a_row(2, part_seq=7)]
    records = [RecordedPart(7, "pass", "defect-free", (1,)), RecordedPart(7, "pass", "defect-free", (2,))]
    assert judge_pictures(rows, records, [LINE]).mixed_up == 0
    assert judge_pictures(rows, records[::-1], [LINE]).mixed_up == 2


def test_a_run_that_ended_before_its_first_part_has_no_pictures(tmp_path: Path) -> None:
    assert read_pictures(tmp_path / "parts.sqlite") == []
