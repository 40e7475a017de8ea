"""Judges a run's pictures: was each part judged by its own, and did every scripted fault end as it must?

The cell says which part it hit with which fault; the records say why each part left as it did, and which number was
burnt into the pictures it was judged by. Reads only; must not run while the station does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from drivers.camera.producer.stamp import burnt_number
from drivers.cell.faults import expected_reasons
from drivers.cell.sensor import Sensor
from station.records.reading import open_for_reading

_SHOWN = 20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RecordedPart:
    """What the station wrote down of one part."""

    part_seq: int
    verdict: str
    reason: str
    stamps: tuple[int, ...]
    """Numbers read from the pictures it was judged by; a picture without a readable one gives none."""


@dataclass(frozen=True, slots=True)
class PictureJudgement:
    """Over all parts that cell and station both know. `examples`: the first sentences about what is not as it must."""

    compared: int
    faulted: int
    faulted_as_expected: int
    forced_without_fault: int
    mixed_up: int
    stamps_read: int
    reasons: dict[str, dict[str, int]]
    examples: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Every affected part was forced for the right reason, and no part judged by another's picture."""
        return self.faulted == self.faulted_as_expected and self.mixed_up == 0

    def as_dict(self) -> dict[str, Any]:
        """For the demo's JSON."""
        return {
            "compared": self.compared,
            "faulted": self.faulted,
            "faulted_as_expected": self.faulted_as_expected,
            "forced_without_fault": self.forced_without_fault,
            "mixed_up": self.mixed_up,
            "stamps_read": self.stamps_read,
            "reasons": self.reasons,
            "examples": list(self.examples),
            "good": self.good,
        }


def read_pictures(database: Path) -> list[RecordedPart]:
    """Every part of the database in the order of the triggers; none of a run that ended before it made one.

    Raises sqlite3.Error where the database cannot be read.
    """
    if not database.exists():
        return []
    query = "SELECT part_seq, verdict, reason, pictures FROM part_record WHERE late = 0 ORDER BY part_uid"
    with closing(open_for_reading(database)) as connection:
        return [
            RecordedPart(part_seq, verdict, reason, tuple(p["stamp"] for p in json.loads(pictures) if "stamp" in p))
            for part_seq, verdict, reason, pictures in connection.execute(query)
        ]


def judge_pictures(
    rows: Sequence[Mapping[str, Any]], records: Sequence[RecordedPart], sensors: Sequence[Sensor]
) -> PictureJudgement:
    """Compare the cell's rows with the records; the n-th time a part number comes is the same part on both sides."""
    area = {sensor.name: sensor.area for sensor in sensors}
    recorded = dict(_numbered([(record.part_seq, record) for record in records]))
    faulted = as_expected = forced = mixed_up = stamps = compared = 0
    reasons: dict[str, dict[str, int]] = {}
    examples: list[str] = []
    in_order = sorted(rows, key=lambda row: int(row["n"]))
    for key, row in _numbered([(int(row["part_seq"]), row) for row in in_order]):
        record = recorded.get(key)
        if record is None:
            continue
        compared += 1
        stamps += len(record.stamps)
        others = [stamp for stamp in record.stamps if stamp != burnt_number(row["n"])]
        kind = row.get("fault")
        if others and kind not in ("stale", "freeze"):  # there the picture is another's on purpose, and is rejected
            mixed_up += 1
            examples.append(f"part {row['n']} was judged by the picture of part {others[0]}")
        if kind is None:
            if record.verdict == "forced":
                forced += 1
                examples.append(f"part {row['n']} had no fault and was forced: {record.reason}")
            continue
        faulted += 1
        said = reasons.setdefault(kind, {})
        said[record.reason] = said.get(record.reason, 0) + 1
        right = expected_reasons(kind, area=area[row["fault_sensor"]])
        if record.verdict == "forced" and record.reason in right:
            as_expected += 1
        else:
            examples.append(
                f"part {row['n']} ({kind}): {record.verdict}, {record.reason}; expected {' or '.join(right)}"
            )
    return PictureJudgement(compared, faulted, as_expected, forced, mixed_up, stamps, reasons, tuple(examples[:_SHOWN]))


def _numbered(things: Sequence[tuple[int, _T]]) -> list[tuple[tuple[int, int], _T]]:
    """Each (part number, thing) under (its part number, the how-manieth of that number)."""
    seen: dict[int, int] = {}
    keyed: list[tuple[tuple[int, int], _T]] = []
    for number, thing in things:
        seen[number] = seen.get(number, 0) + 1
        keyed.append(((number, seen[number]), thing))
    return keyed
