"""Writes down, counts and says what the inspection loop did; every call returns at once.

One place turns a decision into a record, metrics, a tile on the page and, where a person must know, a fault. Must not
decide anything about a part.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from drivers.camera.interface import CameraDown, CameraUp, Frame, FrameLost
from drivers.plc.messages import (
    ErrorCleared,
    HandshakeFault,
    PartTriggered,
    PlcBack,
    PlcConnected,
    PlcDisconnected,
    PlcEvent,
    PlcSilent,
    ResultTaken,
)
from station.config.load import Loaded
from station.core.line import Line
from station.core.reasons import Outcome, Reason
from station.core.values import Decision, LateVerdict, Notice, PictureFacts
from station.fault_board import FaultBoard
from station.faults import FaultCode
from station.inspection import DeviceEvent
from station.metrics import Metrics
from station.metrics_feed import MetricsFeed
from station.page.recent import RecentParts
from station.page.snapshot import Part
from station.records.record import PartRecord
from station.records.writer import RecordWriter
from station.statistics import Statistics
from station.workers.pool import WorkerDown, WorkerStuck, WorkerUp

_FAULT_OF_REASON: dict[Reason, FaultCode] = {
    Reason.DEADLINE: FaultCode.VERDICT_LATE,
    Reason.INCOMPLETE_FRAME: FaultCode.IMAGE_INCOMPLETE,
    Reason.FRAME_GAP: FaultCode.IMAGE_PROBLEM,
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
}
"""Reasons that a person should hear of by themselves; the others follow from a device's own fault."""

_FAULT_OF_NOTICE = {
    "frame without trigger": FaultCode.FRAME_WITHOUT_TRIGGER,
    "part number repeated": FaultCode.HANDSHAKE_TIMEOUT,
    "schedule in the past": FaultCode.HANDSHAKE_TIMEOUT,
    "classifier failed": FaultCode.CLASSIFIER_FAILED,
}


_PLC_GRACE_NS = 1_000_000_000


@dataclass(slots=True)
class Pulse:
    """Signs of life for the page: when a device last did something (CLOCK_MONOTONIC ns, None = never)."""

    camera_ns: int | None = None
    camera_text: str = "not connected yet"
    plc_ns: int | None = None
    plc_peer: str | None = None
    plc_absent_ns: int | None = field(default_factory=time.monotonic_ns)
    """Since when no PLC is connected; None while one is, or once its absence has been said."""
    simulated_camera: bool = False


class StationReporter:
    """Implements `station.inspection.Reporter`."""

    def __init__(
        self, loaded: Loaded, run_id: str, line: Line, metrics: Metrics, faults: FaultBoard, records: RecordWriter
    ) -> None:
        self._loaded, self._run_id, self._line = loaded, run_id, line
        self._metrics, self._faults, self._records = metrics, faults, records
        self._deadline_ms = loaded.config.recipe.deadline_ms
        self.statistics, self.recent = Statistics(), RecentParts(self._deadline_ms)
        self.feed: MetricsFeed | None = None
        self.pulse = Pulse(simulated_camera=loaded.config.camera.producer == "simulated")
        self._metrics.simulated["plc"].set(loaded.config.plc.peer == "simulated")

    def decided(self, decision: Decision, handed_off_ns: int, *, delivered: bool) -> None:
        """A part has its outcome: record, metrics, tile, and a fault where a person must know."""
        part, facts = decision.part, decision.facts
        latency_ms = (decision.decided_ns - part.trigger.at_ns) / 1e6
        after_frame_ms = (handed_off_ns - part.frame.ready_ns) / 1e6 if part.frame and facts else None
        stages_us = _stages_us(decision, handed_off_ns)
        self._records.put(self._record(decision, facts, latency_ms, after_frame_ms, stages_us))
        self.statistics.decided(decision.decided_ns, latency_ms, after_frame_ms, decision.slack_ns / 1e6, stages_us)
        self._count(decision, latency_ms, stages_us)
        self.recent.add(self._tile(decision, latency_ms), decision.decided_ns)
        code = _FAULT_OF_REASON.get(decision.reason)
        if code is not None:
            self._raise_over(decision, code)
        if not delivered:
            self._faults.raise_(FaultCode.RESULT_OVERRUN, part_seq=part.trigger.part_seq)
            self._metrics.plc_result_overruns.inc()
        counts = self._line.counts
        self._metrics.show_ledger(counts)
        if not counts.balanced:
            accounted = counts.passed + counts.rejected + counts.forced + counts.in_flight
            self._faults.raise_(FaultCode.LEDGER_IMBALANCE, triggers=counts.triggers, accounted=accounted)

    def late(self, late: LateVerdict) -> None:
        """Recorded beside the forced reject; it changes nothing."""
        facts = late.facts
        latency_ms = (facts.finished_ns - late.part.trigger.at_ns) / 1e6
        would_be = Reason.DEFECT if facts.defective else Reason.DEFECT_FREE
        decision = Decision(late.part, would_be, facts.finished_ns, facts)
        self._records.put(self._record(decision, facts, latency_ms, None, dict(facts.stage_us), late=True))
        self._metrics.late_verdicts.inc()

    def notice(self, notice: Notice) -> None:
        """Said once while it goes on."""
        words = notice.detail
        self._faults.raise_(_FAULT_OF_NOTICE[notice.kind], sentence=words, reason=words, detail=words)
        if notice.kind == "frame without trigger":
            self._metrics.count_frame_lost("no trigger")

    def device(self, event: DeviceEvent) -> None:
        """A device came, went or complained."""
        now_ns = time.monotonic_ns()
        match event:
            case CameraUp(identity):
                self._faults.clear(FaultCode.CAMERA_DOWN)
                self.pulse.camera_ns, self.pulse.simulated_camera = now_ns, identity.simulated
                self.pulse.camera_text = f"{identity.vendor} {identity.model} {identity.serial}"
                self._metrics.device_up["camera"].set(1)
                self._metrics.simulated["camera"].set(identity.simulated)
                if identity.simulated and self._loaded.config.plc.peer == "real":
                    self._faults.raise_(FaultCode.SIMULATED_BESIDE_REAL_PLC, device="camera")
            case CameraDown(reason):
                self._faults.raise_(FaultCode.CAMERA_DOWN, reason=reason)
                self.pulse.camera_text = reason
                self._metrics.device_up["camera"].set(0)
                self._metrics.process_restarts["capture"].inc()
            case WorkerDown(index, sentence, final):
                code = FaultCode.WORKER_STAYED_DOWN if final else FaultCode.WORKER_DIED
                self._faults.raise_(code, about=str(index), worker=index, reason=sentence, restarts=5)
                self._metrics.process_restarts["classifier"].inc()
            case WorkerUp(index):
                self._faults.clear(FaultCode.WORKER_DIED, about=str(index))
                self._faults.clear(FaultCode.WORKER_STUCK, about=str(index))
            case WorkerStuck(index, for_ms, limit_ms):
                self._faults.raise_(
                    FaultCode.WORKER_STUCK, about=str(index), worker=index, for_ms=for_ms, limit_ms=limit_ms
                )
            case _:
                self._plc(event, now_ns)

    def frame(self, event: Frame | FrameLost) -> None:
        """A frame came, or was lost."""
        if isinstance(event, FrameLost):
            self._faults.raise_(FaultCode.FRAME_LOST, frame_id=event.frame_id, reason=event.reason)
            self._metrics.count_frame_lost(event.reason)
            return
        self.pulse.camera_ns = event.ready_ns
        if event.complete:
            self._metrics.frames_delivered.inc()
        else:
            self._metrics.count_frame_lost("incomplete")
        for _ in range(event.lost_before):
            self._metrics.count_frame_lost("gap")

    def ticked(self, now_ns: int, late_ns: int) -> None:
        """The loop's own lateness; and once a second the totals that others keep."""
        self._metrics.loop_lag.observe(late_ns / 1e9)
        self._miss_plc(now_ns)
        if self.feed is not None:
            self.feed.refresh(now_ns)

    def _plc(self, event: PlcEvent, now_ns: int) -> None:
        self.pulse.plc_ns = now_ns
        match event:
            case PlcConnected(peer):
                self.pulse.plc_peer, self.pulse.plc_absent_ns = peer, None
                self._faults.clear(FaultCode.PLC_NOT_CONNECTED)
                self._metrics.device_up["plc"].set(1)
            case PlcDisconnected():
                self.pulse.plc_peer = None
                self.pulse.plc_absent_ns = now_ns
                self._metrics.device_up["plc"].set(0)
            case PlcSilent(for_ms):
                if self.pulse.plc_peer is not None:
                    limit_ms = self._loaded.config.plc.heartbeat_timeout_ms
                    self._faults.raise_(FaultCode.PLC_SILENT, for_ms=for_ms, limit_ms=limit_ms)
                self._metrics.plc_silences.inc()
            case PlcBack():
                self._faults.clear(FaultCode.PLC_SILENT)
            case HandshakeFault(_, sentence):
                self._faults.raise_(FaultCode.HANDSHAKE_TIMEOUT, sentence=sentence)
                self._metrics.plc_handshake_faults.inc()
            case PartTriggered() | ResultTaken() | ErrorCleared():
                return

    def _miss_plc(self, now_ns: int) -> None:
        """Say once that no PLC is there; a moment's grace, because PLCs and cells start and restart, too."""
        since_ns = self.pulse.plc_absent_ns
        if since_ns is None or now_ns - since_ns < _PLC_GRACE_NS:
            return
        plc, self.pulse.plc_absent_ns = self._loaded.config.plc, None
        self._faults.raise_(FaultCode.PLC_NOT_CONNECTED, address=f"{plc.host}:{plc.port}")

    def _count(self, decision: Decision, latency_ms: float, stages_us: dict[str, int]) -> None:
        metrics = self._metrics
        metrics.count_part(decision.outcome.value, decision.reason.text)
        metrics.trigger_to_verdict.observe(latency_ms / 1e3)
        metrics.deadline_slack.observe(decision.slack_ns / 1e9)
        if decision.part.trigger.missed:
            metrics.plc_missed_triggers.inc()
        for stage, duration_us in stages_us.items():
            metrics.observe_stage(stage, duration_us / 1e6)

    def _record(
        self,
        decision: Decision,
        facts: PictureFacts | None,
        latency_ms: float,
        after_frame_ms: float | None,
        stages_us: dict[str, int],
        *,
        late: bool = False,
    ) -> PartRecord:
        part, inspected = decision.part, facts is not None and facts.problem is None
        since_trigger = timedelta(microseconds=(time.monotonic_ns() - part.trigger.at_ns) / 1e3)
        return PartRecord(
            part_uid=part.uid,
            part_seq=part.trigger.part_seq,
            run_id=self._run_id,
            triggered_at=(datetime.now(UTC) - since_trigger).isoformat(timespec="milliseconds"),
            trigger_encoder=part.trigger.encoder_count,
            verdict=decision.outcome.value,
            reason=decision.reason.text,
            defect_class=facts.class_index if facts and inspected else None,
            label=self._loaded.labels[facts.class_index] if facts and inspected else None,
            score=facts.score if facts and inspected else None,
            patch_index=facts.patch_index if facts and inspected else None,
            latency_ms=round(latency_ms, 3),
            exposure_to_verdict_ms=None if after_frame_ms is None else round(after_frame_ms, 3),
            frame_id=part.frame.frame_id if part.frame else None,
            recipe=self._loaded.config.recipe.name,
            model_digest=self._loaded.bundle.digest,
            simulated=self.simulated,
            late=late,
            stage_us=stages_us,
        )

    @property
    def simulated(self) -> bool:
        """Whether any device of this station is simulated (promise P10)."""
        return self.pulse.simulated_camera or self._loaded.config.plc.peer == "simulated"

    def _tile(self, decision: Decision, latency_ms: float) -> Part:
        facts = decision.facts
        voted = facts is not None and decision.outcome is not Outcome.FORCED
        return Part(
            part_uid=decision.part.uid,
            part_seq=decision.part.trigger.part_seq,
            verdict=decision.outcome.value,
            reason=decision.reason.text,
            label=self._loaded.labels[facts.class_index] if facts and voted else None,
            score=round(facts.score, 3) if facts and voted else None,
            latency_ms=round(latency_ms, 1),
        )

    def _raise_over(self, decision: Decision, code: FaultCode) -> None:
        frame, facts = decision.part.frame, decision.facts
        self._faults.raise_(
            code,
            part_seq=decision.part.trigger.part_seq,
            deadline_ms=f"{self._deadline_ms:g}",
            lines_valid=frame.lines_valid if frame else 0,
            lines=frame.height_px if frame else 0,
            reason=facts.problem if facts and facts.problem else decision.reason.text,
        )


def _stages_us(decision: Decision, handed_off_ns: int) -> dict[str, int]:
    """Microseconds by stage, for a part that was looked at."""
    frame, facts = decision.part.frame, decision.facts
    if frame is None or facts is None:
        return {}
    return {
        "wait": (facts.started_ns - frame.ready_ns) // 1000,
        "copy": frame.copy_us,
        **facts.stage_us,
        "hand_off": (handed_off_ns - facts.finished_ns) // 1000,
    }
