"""The parts between the PLC's trigger and their bin, what the station said of each, and how each is disposed of.

Pure. A part leaves exactly once, and is accepted only by an intact PASS of its own number. Must not know how the
registers come or who carries the part.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.cell import causes
from drivers.plc.registers import NO_ENCODER, ResultBlock, VerdictCode, is_pass, result_crc

_FORCED = {
    VerdictCode.DEADLINE: "station: deadline",
    VerdictCode.IMAGE_INTEGRITY: "station: image integrity",
    VerdictCode.MODEL: "station: model",
    VerdictCode.OUT_OF_DISTRIBUTION: "station: out of distribution",
    VerdictCode.CAMERA: "station: camera",
    VerdictCode.IDENTITY_MISMATCH: "station: recipe or part identity mismatch",
}
_UNKNOWN_CODE = "station: unknown code"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the PLC read for a part; `defect_class` only where the station named a defect."""

    accepted: bool
    cause: str
    verdict_code: int | None = None
    defect_class: int | None = None
    gate_count: int | None = None
    """Where the station wants the gate open for a part that passes, None where it named no count."""


@dataclass(frozen=True, slots=True)
class Disposal:
    """Part `n` is to be taken away: towards the next station if accepted, else not."""

    n: int
    part_seq: int
    at_ns: int
    reading: Reading


@dataclass(slots=True)
class PartInHand:
    """A triggered part. `at_pick_up`: it has left the jig with its exposure complete.

    `trigger_count`: the PLC's encoder at its trigger, 32 bits. `counted`: how the PLC's counters have it, None not yet.
    """

    n: int
    part_seq: int
    trigger_ns: int
    trigger_count: int = 0
    at_pick_up: bool = False
    reading: Reading | None = None
    counted: bool | None = None


def read_result(result: ResultBlock, part_seq: int) -> Reading:
    """What a result means for part `part_seq`; anything that is not an intact PASS of that part is a reject."""
    code = result.verdict
    if is_pass(result, part_seq):
        gate_count = None if result.gate_encoder == NO_ENCODER else result.gate_encoder
        return Reading(accepted=True, cause=causes.BY_STATION, verdict_code=code, gate_count=gate_count)
    intact = (
        result.part_seq == part_seq
        and result.not_verdict == code ^ 0xFFFF
        and result.crc == result_crc(result.encode())
        and code not in (VerdictCode.NONE, VerdictCode.PASS)
    )
    if not intact:
        return Reading(accepted=False, cause=causes.RESULT_NOT_VALID, verdict_code=code)
    if code == VerdictCode.DEFECT:
        return Reading(False, causes.BY_STATION, code, result.defect_class)
    known = next((cause for forced, cause in _FORCED.items() if forced == code), _UNKNOWN_CODE)
    return Reading(accepted=False, cause=known, verdict_code=code)


class PartsInHand:
    """The open parts by number; the oldest first. Disposals gather until they are taken with `take_disposals`.

    `triggered`, `passed` and `rejected` are the PLC's own counters. A part is counted once, as it was first decided;
    `withheld` counts parts that had been counted as passed and were rejected all the same.
    """

    def __init__(self) -> None:
        self._parts: dict[int, PartInHand] = {}
        self._disposals: list[Disposal] = []
        self.triggered = self.passed = self.rejected = self.withheld = 0

    def __len__(self) -> int:
        return len(self._parts)

    def __contains__(self, part_seq: int) -> bool:
        return part_seq in self._parts

    def add(self, part: PartInHand) -> None:
        """A part was triggered. ValueError when its number is still in hand."""
        if part.part_seq in self._parts:
            raise ValueError(f"part number {part.part_seq} is still in hand")
        self._parts[part.part_seq] = part
        self.triggered += 1

    def open_parts(self) -> list[PartInHand]:
        """The open parts, the oldest first."""
        return list(self._parts.values())

    def get(self, part_seq: int) -> PartInHand | None:
        """The open part with this number."""
        return self._parts.get(part_seq)

    def dispose(self, part_seq: int, reading: Reading, now_ns: int) -> bool:
        """Close a part with this reading; False when it is closed already."""
        part = self._parts.pop(part_seq, None)
        if part is None:
            return False
        self.withheld += part.counted is True and not reading.accepted
        self._count(part, passed=reading.accepted)
        self._disposals.append(Disposal(part.n, part_seq, now_ns, reading))
        return True

    def count_read(self) -> None:
        """Count the open parts whose result has been read; called before the result is acknowledged."""
        for part in self._parts.values():
            if part.reading is not None:
                self._count(part, passed=part.reading.accepted)

    def _count(self, part: PartInHand, *, passed: bool) -> None:
        if part.counted is None:
            part.counted = passed
            self.passed += passed
            self.rejected += not passed

    def reject_all(self, cause: str, now_ns: int) -> int:
        """Close every open part as a reject of the PLC's own; returns how many."""
        parts = list(self._parts.values())
        for part in parts:
            code = part.reading.verdict_code if part.reading else None
            self.dispose(part.part_seq, Reading(accepted=False, cause=cause, verdict_code=code), now_ns)
        return len(parts)

    def dispose_ready(self, now_ns: int) -> None:
        """Close the parts at the pick-up whose result has been read."""
        for part in [part for part in self._parts.values() if part.at_pick_up and part.reading]:
            assert part.reading is not None
            self.dispose(part.part_seq, part.reading, now_ns)

    def reject_overdue(self, limit_ns: int, now_ns: int) -> int:
        """Close the parts that have had no result for `limit_ns` since their trigger; returns how many."""
        late = [p for p in self._parts.values() if p.reading is None and now_ns - p.trigger_ns >= limit_ns]
        for part in late:
            self.dispose(part.part_seq, Reading(accepted=False, cause=causes.RESULT_TIMEOUT), now_ns)
        return len(late)

    def take_disposals(self) -> tuple[Disposal, ...]:
        """What was closed since the last call."""
        taken = tuple(self._disposals)
        self._disposals.clear()
        return taken
