"""Writes down, counts and says what the inspection loop did; every call returns at once.

One place turns a decision into a record, metrics, a tile on the page and, where a person must know, a fault. Must not
decide anything about a part.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.camera.interface import CameraEvent
from station.camera_reporter import CameraReporter
from station.config.load import Loaded
from station.core.alarms import RejectAlarm
from station.core.line import Line
from station.core.reasons import Reason
from station.core.values import (
    Decision,
    LateVerdict,
    Notice,
    PartLeft,
)
from station.device_reporter import DeviceReporter
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.metrics import LINE_EVENTS, Metrics
from station.metrics.feed import MetricsFeed
from station.notice_faults import FAULT_OF_ALARM, FAULT_OF_NOTICE
from station.page.recent import RecentParts
from station.page.slack import RecentSlack
from station.page.snapshot import Part
from station.part_report import PartTimes, end_of_way, record_of, record_of_restarted, tile_of, times_of
from station.records.part_event import PartEvent
from station.records.record import PartRecord
from station.records.writer import RecordWriter
from station.reports import DeviceEvent
from station.review.queues import reasons_to_review, review_limits
from station.review.usual import UsualPictures
from station.run_identity import RunIdentity, run_identity
from station.statistics import Statistics

_FAULT_OF_REASON: dict[Reason, FaultCode] = {
    Reason.DEADLINE: FaultCode.VERDICT_LATE,
    Reason.INCOMPLETE_FRAME: FaultCode.IMAGE_INCOMPLETE,
    Reason.FRAME_GAP: FaultCode.TRIGGER_WITHOUT_FRAME,
    Reason.STALE_FRAME: FaultCode.IMAGE_STALE,
    Reason.FROZEN_PICTURE: FaultCode.IMAGE_STALE,
    Reason.NO_PART: FaultCode.NO_PART,
    Reason.PART_OUTSIDE: FaultCode.PART_AT_BORDER,
    Reason.DARK: FaultCode.IMAGE_DARK,
    Reason.SATURATED: FaultCode.IMAGE_SATURATED,
    Reason.MODEL: FaultCode.IMAGE_PROBLEM,
    Reason.NO_FRAME: FaultCode.TRIGGER_WITHOUT_FRAME,
    Reason.MISSED_TRIGGER: FaultCode.MISSED_TRIGGER,
    Reason.IDENTITY: FaultCode.ENCODER_MISMATCH,
    Reason.WRONG_SIZE: FaultCode.IMAGE_SIZE,
    Reason.FRAME_UNUSABLE: FaultCode.IMAGE_PROBLEM,
    Reason.ENCODER_STEP: FaultCode.ENCODER_MISMATCH,
    Reason.REVERSAL: FaultCode.ENCODER_MISMATCH,
    Reason.BLURRED: FaultCode.IMAGE_BLURRED,
    Reason.TOO_CLOSE: FaultCode.PARTS_TOO_CLOSE,
    Reason.WRONG_PART: FaultCode.WRONG_PART,
    Reason.UNKNOWN_PART: FaultCode.UNKNOWN_PART,
}
"""Reasons that a person should hear of by themselves; the others follow from a device's own fault."""


News = Decision | LateVerdict | PartLeft | Notice | DeviceEvent


def _nobody(part: Part) -> None:
    del part


def _slack_of(loaded: Loaded) -> RecentSlack:
    """In counts to the gate where the recipe has one, else in time to the deadline."""
    recipe = loaded.config.recipe
    return RecentSlack("counts", recipe.gate.offset_counts) if recipe.gate else RecentSlack("ms", recipe.deadline_ms)


class StationReporter:
    """Implements `station.reports.Reporter`."""

    def __init__(
        self,
        loaded: Loaded,
        run_id: str,
        line: Line,
        metrics: Metrics,
        faults: FaultBoard,
        records: RecordWriter,
        run: RunIdentity | None = None,
    ) -> None:
        self._line, self._metrics, self._faults, self._records = line, metrics, faults, records
        self._run, self._deadline_ms = run or run_identity(loaded, run_id), loaded.config.recipe.deadline_ms
        self.devices = DeviceReporter(loaded.config, metrics, faults)
        self.cameras = CameraReporter(loaded.config, metrics, faults)
        self._simulated_plc = loaded.config.peer == "simulated"
        self.statistics, self.recent = Statistics(), RecentParts(self._deadline_ms)
        self.slack = _slack_of(loaded)
        self._review, self.usual = review_limits(loaded), UsualPictures()
        self.feed: MetricsFeed | None = None
        self.on_part: Callable[[Part], object] = _nobody
        """Hears of each verdict at once: the live feed of the page."""
        self.listener: Callable[[News], None] | None = None
        """Whoever follows the line closely for a while: the guided fail-safe test."""

    def change_over(self, loaded: Loaded, run: RunIdentity) -> None:
        """Another recipe: what is decided from here on is its. The page's tiles stay, its figures begin anew."""
        self._run, self._deadline_ms = run, loaded.config.recipe.deadline_ms
        self.recent = RecentParts(self._deadline_ms, before=self.recent.parts())
        self.slack, self._review = _slack_of(loaded), review_limits(loaded)

    @property
    def simulated(self) -> bool:
        """Whether any device of this station is simulated (promise P10)."""
        return self._simulated_plc or self.cameras.simulated

    def decided(self, decision: Decision, handed_off_ns: int, *, delivered: bool) -> None:
        """A part has its outcome: record, metrics, tile, and a fault where a person must know."""
        self._news(decision)
        times = times_of(decision, handed_off_ns)
        record = record_of(self._run, decision, times, simulated=self.simulated)
        self._records.put(record, reasons_to_review(record, self._review, self.usual))
        self.usual.learn(record)
        self.statistics.decided(decision, times)
        tile = tile_of(self._run, decision, times)
        self.recent.add(tile, decision.decided_ns)
        self.on_part(tile)
        self._count(decision, times)
        self._raise_over(decision)
        if not delivered:
            self._faults.raise_(FaultCode.RESULT_OVERRUN, part_seq=decision.part.trigger.part_seq)
            self._metrics.plc_result_overruns.inc()
        counts = self._line.counts
        self._metrics.show_ledger(counts)
        if not counts.balanced:
            self._faults.raise_(FaultCode.LEDGER_IMBALANCE, triggers=counts.triggers, accounted=counts.accounted)

    def record_of_restarted(self, part_seq: int) -> PartRecord:
        """The record of a part that was in flight when an earlier run ended."""
        return record_of_restarted(self._run, self._line.next_uid(), part_seq, simulated=self.simulated)

    def late(self, late: LateVerdict) -> None:
        """Recorded beside the forced reject; it changes nothing."""
        self._news(late)
        would_be = Decision(late.part, late.would_be, late.facts.finished_ns, late.facts, late.view)
        times = times_of(would_be, late.facts.finished_ns)
        self._records.put(record_of(self._run, would_be, times, simulated=self.simulated, late=True))
        self._metrics.late_verdicts.inc()
        self.slack.late_verdicts += 1

    def notice(self, notice: Notice) -> None:
        """Said once while it goes on."""
        self._news(notice)
        words = notice.detail
        part_seq = notice.part_seqs[0] if notice.part_seqs else "?"
        code = FAULT_OF_NOTICE[notice.kind]
        self._faults.raise_(code, sentence=words, reason=words, detail=words, part_seq=part_seq)
        self.slack.withdrawn += notice.kind == "verdict withdrawn"
        if notice.kind in LINE_EVENTS:
            self._metrics.count_line_event(notice.kind)
            for part_seq in notice.part_seqs or (None,):
                self._records.note(PartEvent.now(part_seq, notice.kind, words))
        if notice.kind == "frame without trigger":
            self._metrics.count_frame_fault(notice.camera, "frame without trigger")

    def alarm(self, alarm: RejectAlarm, *, stands: bool) -> None:
        """Too many rejects."""
        words = "; the line is stopped" if stands else ""
        code = FAULT_OF_ALARM[alarm.kind]
        self._faults.raise_(code, until_cleared=stands, rejects=alarm.rejects, parts=alarm.parts, stands=words)

    def stands(self, code: FaultCode, reason: str) -> None:
        """The line was stopped for this; it lasts until a person clears it."""
        self._faults.raise_(code, until_cleared=True, detail=reason, reason=reason, sentence=reason)

    def left(self, part: PartLeft) -> None:
        """A part has come to the end of its way: the last line of its life."""
        self._news(part)
        kind, detail = end_of_way(part)
        self._records.note(PartEvent.now(part.part_seq, kind, detail, part_uid=part.part_uid))

    def line_condition(self, code: FaultCode, *, begins: bool) -> None:
        """Low air or a full bin: said when it begins and when it is over."""
        if begins:
            self._faults.raise_(code)
        else:
            self._faults.clear(code)

    def device(self, event: DeviceEvent) -> None:
        """A device came, went or complained."""
        self._news(event)
        self.devices.heard(event)

    def camera(self, name: str, event: CameraEvent) -> None:
        """A camera came or went, or a frame of it did."""
        self.cameras.heard(name, event)

    def ticked(self, now_ns: int, late_ns: int) -> None:
        """The loop's own lateness; and once a second the totals that others keep."""
        self._metrics.loop_lag.observe(late_ns / 1e9)
        self.devices.miss_plc(now_ns)
        if self.feed is not None:
            self.feed.refresh(now_ns)

    def _deadline_of(self, decision: Decision) -> str:
        """Which of its two deadlines a part met: the clock's, or the gate's."""
        if decision.slack_counts is not None and decision.slack_counts <= 0 < decision.slack_ns:
            return f"it could be at the gate, {(decision.decided_ns - decision.part.trigger.at_ns) / 1e6:.0f} ms"
        return f"{self._deadline_ms:g} ms"

    def _news(self, news: News) -> None:
        if self.listener is not None:
            self.listener(news)

    def _count(self, decision: Decision, times: PartTimes) -> None:
        metrics = self._metrics
        metrics.count_part(decision.outcome.value, decision.reason.text)
        metrics.trigger_to_verdict.observe(times.latency_ms / 1e3)
        metrics.deadline_slack.observe(decision.slack_ns / 1e9)
        if decision.slack_counts is not None:
            metrics.deadline_slack_counts.observe(decision.slack_counts)
        self.slack.add(decision.slack_ns / 1e6 if decision.slack_counts is None else decision.slack_counts)
        if decision.part.trigger.missed:
            metrics.plc_missed_triggers.inc()
        for stage, duration_us in times.stages_us.items():
            metrics.observe_stage(stage, duration_us / 1e6)

    def _raise_over(self, decision: Decision) -> None:
        view = None if decision.view is None else self._run.views[decision.view]
        if decision.reason in (Reason.NO_FRAME, Reason.FRAME_GAP) and view is not None:
            self._metrics.count_frame_fault(view.camera, "trigger without frame")
        code = _FAULT_OF_REASON.get(decision.reason)
        if code is None:
            return
        part = decision.part
        frame = None if decision.view is None else part.frames.get(decision.view)
        facts = decision.facts if decision.view is None else part.facts.get(decision.view)
        seen = facts.type_seen if facts else None
        self._faults.raise_(
            code,
            part_seq=part.trigger.part_seq,
            part_type=seen.part_type if seen else "none",
            type_score=f"{seen.score:.2f}" if seen else "0.00",
            wanted_type=view.part_type if view else None,
            view=view.name if view else "it",
            deadline=self._deadline_of(decision),
            lines_valid=frame.lines_valid if frame else 0,
            lines=frame.height_px if frame else 0,
            sharpness=facts.sharpness if facts else None,
            sharpness_min=view.sharpness_min if view else None,
            reason=facts.problem if facts and facts.problem else decision.reason.text,
        )
