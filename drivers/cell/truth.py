"""The ground truth of the cell by part, and the score: escapes, overkill, unaccounted parts.

Pure and bounded: sums for every part, a list of the newest ones. It knows what each part really was and where it
really went; nobody else in the cell looks at it. Must not know how a verdict came about.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.cell.causes import BY_STATION
from drivers.cell.gate_books import GateBooks
from drivers.cell.outcome import Outcome
from drivers.cell.source_labels import WRONG_PART_LABEL

_MAX_OPEN = 4096


@dataclass(frozen=True, slots=True)
class ShownPart:
    """What was really there: picture `picture` of the cell's collection, shown as part `n`."""

    n: int
    part_seq: int
    picture: int
    name: str
    label: str
    defective: bool
    problem: str | None
    trigger_ns: int
    fault: str | None = None
    """The camera fault that hits this part, and the sensor that has it."""
    fault_sensor: str | None = None
    line_fault: str | None = None
    """The fault of the line that hits this part, or begins with it."""

    @property
    def sound(self) -> bool:
        """Whether the part deserves the good bin: an empty jig or a broken picture never does."""
        return not self.defective and self.problem is None

    @property
    def wrong_type(self) -> bool:
        """Whether it is of another type than the recipe's."""
        return self.label == WRONG_PART_LABEL


class GroundTruth:
    """Keeps the books of the simulated world."""

    def __init__(self, *, good_bin: str, keep_parts: int) -> None:
        self._good_bin = good_bin
        self._open: dict[int, ShownPart] = {}
        self._recent: deque[dict[str, object]] = deque(maxlen=keep_parts)
        self._triggered = self._binned = self._good = self._escapes = self._overkill = 0
        self._lost = self._twice = 0
        self._wrong_parts = self._wrong_passed = 0
        self._gate = GateBooks()
        self._line_faults: dict[str, Counter[str]] = {}
        self._forced: Counter[str] = Counter()
        self._faulted: Counter[str] = Counter()
        self._confusion: dict[str, Counter[str]] = {}
        self._latency_sum_ns = self._latency_max_ns = 0

    @property
    def in_hand(self) -> int:
        """Triggered parts that are in no bin yet."""
        return len(self._open)

    @property
    def binned(self) -> int:
        """Parts that have reached a bin."""
        return self._binned

    def triggered(self, part: ShownPart) -> None:
        """A part was triggered."""
        self._triggered += 1
        self._open[part.n] = part
        if part.fault is not None:
            self._faulted[part.fault] += 1
        if len(self._open) > _MAX_OPEN:
            del self._open[next(iter(self._open))]
            self._lost += 1

    def in_bin(self, outcome: Outcome) -> dict[str, object] | None:
        """A part reached a bin; returns its row, or None for a part that is not (or no longer) in hand."""
        part = self._open.pop(outcome.n, None)
        if part is None:
            self._twice += 1
            return None
        self._binned += 1
        good = outcome.bin_name == self._good_bin
        self._good += good
        # What the gate let through against the PLC's will is no escape of the inspection: it is counted apart.
        by_gate = self._gate.passed(outcome, sound=part.sound)
        escaped = good and not part.sound and not by_gate
        self._escapes += escaped
        self._wrong_parts += part.wrong_type
        self._wrong_passed += part.wrong_type and escaped
        if part.line_fault is not None:
            self._line_faults.setdefault(part.line_fault, Counter())[outcome.bin_name] += 1
        if not good:
            if outcome.cause == BY_STATION:
                self._overkill += part.sound
            else:
                self._forced[outcome.cause] += 1
        self._confusion.setdefault(part.label, Counter())[outcome.bin_name] += 1
        latency_ns = outcome.result_ns - part.trigger_ns
        self._latency_sum_ns += latency_ns
        self._latency_max_ns = max(self._latency_max_ns, latency_ns)
        row: dict[str, object] = {
            "n": part.n,
            "part_seq": part.part_seq,
            "picture": part.picture,
            "name": part.name,
            "label": part.label,
            "defective": part.defective,
            "problem": part.problem,
            "fault": part.fault,
            "fault_sensor": part.fault_sensor,
            "line_fault": part.line_fault,
            "verdict_code": outcome.verdict_code,
            "defect_class": outcome.defect_class,
            "cause": outcome.cause,
            "bin": outcome.bin_name,
            "gate": None if outcome.passed_gate is None else "open" if outcome.passed_gate else "closed",
            "confirmed": outcome.confirmed,
            "trigger_ns": part.trigger_ns,
            "result_ns": outcome.result_ns,
        }
        self._recent.append(row)
        return row

    def extra_ended(self, *, passed: bool) -> None:
        """A part that nobody announced left the belt."""
        self._gate.extra(passed=passed)

    def score(self, *, bins: Mapping[str, int], ended: bool) -> dict[str, object]:
        """Sums over all parts and the newest parts' rows, ready for JSON.

        `ended`: nothing moves any more, so a part in no bin is unaccounted; before that it is in hand. Forced rejects
        are counted by cause and are no overkill; `faulted` counts the parts that a camera fault was meant for, by kind;
        `line_faults` says where the parts ended that a fault of the line hit, by kind; `wrong_parts` counts the binned
        parts of another type than the recipe's, `wrong_parts_passed` those of the escapes.
        """
        unaccounted = self._lost + self._twice + (len(self._open) if ended else 0)
        mean_ms = self._latency_sum_ns / self._binned * 1e-6 if self._binned else None
        return {
            "triggered": self._triggered,
            "binned": self._binned,
            "in_hand": 0 if ended else len(self._open),
            "good": self._good,
            "escapes": self._escapes,
            "overkill": self._overkill,
            "wrong_parts": self._wrong_parts,
            "wrong_parts_passed": self._wrong_passed,
            **self._gate.score(),
            "unaccounted": unaccounted,
            "forced": dict(sorted(self._forced.items())),
            "faulted": dict(sorted(self._faulted.items())),
            "line_faults": {kind: dict(sorted(row.items())) for kind, row in sorted(self._line_faults.items())},
            "bins": dict(bins),
            "bins_by_label": {label: dict(sorted(row.items())) for label, row in sorted(self._confusion.items())},
            "trigger_to_result_ms": {"mean": mean_ms, "max": self._latency_max_ns * 1e-6 if self._binned else None},
            "parts": list(self._recent),
        }
