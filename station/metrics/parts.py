"""Figures of parts: verdicts and reasons, how long they took, what was left to deadline and gate, the ledger's sums.

Buckets lie round the deadline of the recipe that the station started with. Must not know cameras, PLC or disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from station.core.ledger import LedgerCounts
from station.core.reasons import Outcome, Reason
from station.metrics.families import Families
from station.statistics import STAGES

PART_REASONS: Mapping[str, tuple[str, ...]] = {
    outcome.value: tuple(reason.text for reason in Reason if reason.outcome is outcome) for outcome in Outcome
}
LINE_EVENTS = (
    "tracking lost",
    "parts too close",
    "reject not confirmed",
    "unexpected reject",
    "part missing",
    "unexpected part",
    "verdict withdrawn",
)
"""What can be found of a part after its trigger and beside its pictures."""
JUDGEMENTS = ("good", "defect", "unsure")
"""What a person can say of a part: any defect's name counts as "defect"."""

ENGINE = "engine"
"""The stage whose time is a histogram; of the others sum and number do, to keep the series few."""

# Parts of the deadline: an edge exactly at it, fine steps before it.
_LATENCY_PARTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.9, 1.0, 1.25)
_SLACK_PARTS = (-0.25, 0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)
_ENGINE_PARTS = (0.005, 0.01, 0.02, 0.04, 0.07, 0.1, 0.2, 0.5, 1.0)
_GATE_COUNTS_WITHOUT_GATE = 1000
_RESOLUTION_DIGITS = 6


class PartFigures(Families):
    """What counts and measures parts; every child is bound at the start."""

    def _make_parts(self, deadline_s: float, gate_counts: int | None) -> None:
        if deadline_s <= 0:
            raise ValueError(f"the deadline is longer than nothing, got {deadline_s} s")
        self.triggers = self._counter("triggers", "Parts triggered by the PLC.")
        parts = self._counters("parts", "Parts by the verdict that was applied and its reason.", "verdict", "reason")
        self._parts = {
            (verdict, reason): parts.labels(verdict, reason)
            for verdict, reasons in PART_REASONS.items()
            for reason in reasons
        }
        self.late_verdicts = self._counter("late_verdicts", "Verdicts after the deadline: recorded, never applied.")
        self.in_flight = self._gauge("parts_in_flight", "Parts that were triggered and have no verdict yet.")
        self.ledger_imbalance = self._gauge(
            "ledger_imbalance_parts",
            "Triggers minus passed, rejected, forced and in flight; anything but 0 is a fault.",
        )
        reviewed = self._counters(
            "reviewed_parts", "Parts that a person judged, by the station's verdict.", "verdict", "judgement"
        )
        self._reviewed = {pair: reviewed.labels(*pair) for pair in product(PART_REASONS, JUDGEMENTS)}
        self._make_times(deadline_s)
        self._make_way(gate_counts)

    def _make_times(self, deadline_s: float) -> None:
        self.trigger_to_verdict = self._histogram(
            "trigger_to_verdict_seconds", "Time from the trigger to the verdict.", _scaled(_LATENCY_PARTS, deadline_s)
        )
        self.deadline_slack = self._histogram(
            "deadline_slack_seconds",
            "Time that was left to the deadline at the verdict; below zero is late.",
            _scaled(_SLACK_PARTS, deadline_s),
        )
        engine = self._histogram(
            "engine_duration_seconds",
            "Time of the inference engine for all pictures of a part.",
            _scaled(_ENGINE_PARTS, deadline_s),
        )
        others = [stage for stage in STAGES if stage != ENGINE]
        stages = self._summaries(
            "stage_duration_seconds", "Time a part spent in a stage beside the engine.", "stage", others
        )
        self._stage = {**stages, ENGINE: engine}

    def _make_way(self, gate_counts: int | None) -> None:
        events = self._counters("line_events", "What was found between trigger and gate, by kind.", "kind")
        self._line_event = {kind: events.labels(kind) for kind in LINE_EVENTS}
        self.deadline_slack_counts = self._histogram(
            "deadline_slack_counts",
            "Encoder counts that were left to the gate at the verdict, margins included; 0 or less is late.",
            [round(edge) for edge in _scaled(_SLACK_PARTS, gate_counts or _GATE_COUNTS_WITHOUT_GATE)],
        )
        self.line_position = self._gauge("line_position_counts", "Where the line stands, since the encoder is read.")
        self.parts_on_way = self._gauge("parts_on_way", "Parts between trigger and the end of their way.")

    def count_part(self, verdict: str, reason: str) -> None:
        """One more part; KeyError for a reason that PART_REASONS does not list under that verdict."""
        self._parts[verdict, reason].inc()

    def count_judgement(self, verdict: str, judgement: str) -> None:
        """A person judged a part: the station's `verdict`, and "good", "unsure" or the name of any defect."""
        self._reviewed[verdict, judgement if judgement in JUDGEMENTS else "defect"].inc()

    def count_line_event(self, kind: str) -> None:
        """Something was found between trigger and gate."""
        self._line_event[kind].inc()

    def observe_stage(self, stage: str, seconds: float) -> None:
        """The time one part spent in a stage; KeyError for a stage that is not in STAGES."""
        self._stage[stage].observe(seconds)

    def show_ledger(self, counts: LedgerCounts) -> None:
        """The ledger's sums at this instant: triggers, in flight, and what is missing between them."""
        self.bring_up_to(self.triggers, counts.triggers)
        self.in_flight.set(counts.in_flight)
        self.ledger_imbalance.set(counts.triggers - counts.accounted)


def _scaled(parts: tuple[float, ...], whole: float) -> list[float]:
    return [round(part * whole, _RESOLUTION_DIGITS) for part in parts]
