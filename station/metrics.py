"""Every Prometheus metric of the station.

All children are made at the start, so that a counter that never moved shows as zero, and so that the hot path only
touches bound children. Base units (seconds, bytes), `_total` for counters. Must not know where the figures come from.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from drivers.camera.interface import CameraCounts
from station.core.ledger import LedgerCounts
from station.core.reasons import Outcome, Reason
from station.fault_codes import FaultCode
from station.statistics import STAGES

PART_REASONS: Mapping[str, tuple[str, ...]] = {
    outcome.value: tuple(reason.text for reason in Reason if reason.outcome is outcome) for outcome in Outcome
}
FRAME_FAULTS = {
    "incomplete": "incomplete",
    "frame-id gap": "id_gap_frames",
    "underrun": "underruns",
    "ring full": "ring_full",
    "unusable": "unusable",
    "stale": "stale",
    "line trigger missed": "line_triggers_missed",
    "frame trigger missed": "frame_triggers_missed",
    "event dropped": "events_dropped",
}
"""What can go wrong with a camera's frames, by the field of CameraCounts that counts it."""
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
STATION_FRAME_FAULTS = ("held too long", "frame without trigger", "trigger without frame")
"""What only the station can see of frames."""
QUEUES = ("frames", "records")
PROCESSES = ("classifier",)
"""A capture process that is replaced counts among its camera's recoveries."""

# Part of a period at 12 parts/s is what matters for a stage; of the deadline for the whole way.
_STAGE_BUCKETS_S = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.15, 0.5)
_LAG_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
_LATENCY_PARTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 2.0)
_SLACK_PARTS = (-1.0, -0.25, 0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)


class Metrics:
    """The metrics in a registry of their own.

    The latency buckets lie around the decision deadline `deadline_s`, the slack in counts around the gate's offset;
    `cameras` are the cameras' names.
    """

    def __init__(self, deadline_s: float, version: str, cameras: Sequence[str], gate_counts: int | None = None) -> None:
        if deadline_s <= 0:
            raise ValueError(f"the deadline is longer than nothing, got {deadline_s} s")
        disable_created_metrics()  # else each counter and histogram has a second series with its birthday
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        build = Info("station_build", "Version of the station and of Python.", registry=self.registry)
        build.info({"version": version, "python": platform.python_version()})
        self._parts_and_stages(deadline_s)
        self._line_events(gate_counts)
        self._frames(cameras)
        self._devices(cameras)
        self._inner_life()
        self._followed: dict[Counter, int] = {}

    def _parts_and_stages(self, deadline_s: float) -> None:
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
        stages = self._histogram("stage_duration_seconds", "Time a part spent in a stage.", _STAGE_BUCKETS_S, "stage")
        self._stage: Mapping[str, Histogram] = {stage: stages.labels(stage) for stage in STAGES}
        self.trigger_to_verdict = self._histogram(
            "trigger_to_verdict_seconds",
            "Time from the trigger to the verdict.",
            [round(part * deadline_s, 6) for part in _LATENCY_PARTS],
        )
        self.deadline_slack = self._histogram(
            "deadline_slack_seconds",
            "Time that was left at the verdict; below zero is late.",
            [round(part * deadline_s, 6) for part in _SLACK_PARTS],
        )

    def _line_events(self, gate_counts: int | None) -> None:
        events = self._counters("line_events", "What was found between trigger and gate, by kind.", "kind")
        self._line_event = {kind: events.labels(kind) for kind in LINE_EVENTS}
        self.deadline_slack_counts = self._histogram(
            "deadline_slack_counts",
            "Encoder counts that were left at the verdict, margins included; 0 or less is late.",
            [round(part * (gate_counts or 1000)) for part in _SLACK_PARTS],
        )
        self.line_position = self._gauge("line_position_counts", "Where the line stands, since the encoder is read.")
        self.parts_on_way = self._gauge("parts_on_way", "Parts between trigger and the end of their way.")

    def count_line_event(self, kind: str) -> None:
        """Something was found between trigger and gate."""
        self._line_event[kind].inc()

    def _frames(self, cameras: Sequence[str]) -> None:
        delivered = self._counters("camera_frames", "Frames that a camera delivered, good or not.", "camera")
        faults = self._counters("camera_frame_faults", "What went wrong with frames, by kind.", "camera", "fault")
        recoveries = self._counters("camera_recoveries", "Times a camera was stopped and opened anew.", "camera")
        self.frames = {camera: delivered.labels(camera) for camera in cameras}
        self.recoveries = {camera: recoveries.labels(camera) for camera in cameras}
        self._frame_faults = {
            (camera, fault): faults.labels(camera, fault)
            for camera in cameras
            for fault in (*FRAME_FAULTS, *STATION_FRAME_FAULTS)
        }

    def _devices(self, cameras: Sequence[str]) -> None:
        devices = (*(f"camera {camera}" for camera in cameras), "plc")
        simulated = Gauge("station_simulated", "1 where a device is simulated.", ["device"], registry=self.registry)
        self.simulated = {device: simulated.labels(device) for device in devices}
        up = Gauge("station_device_up", "1 where a device is connected and alive.", ["device"], registry=self.registry)
        self.device_up = {device: up.labels(device) for device in devices}
        self.plc_connections = self._counter("plc_connections", "Modbus connections that were accepted.")
        self.plc_requests = self._counter("plc_requests", "Modbus requests that were answered.")
        self.plc_malformed = self._counter("plc_malformed_requests", "Modbus frames that were broken.")
        self.plc_refused_peers = self._counter("plc_refused_peers", "Modbus peers that were not let in.")
        self.plc_second_writers = self._counter("plc_second_writer_requests", "Writes of a second master, refused.")
        self.plc_silences = self._counter("plc_silences", "Times that the PLC's heartbeat stood still.")
        self.plc_handshake_faults = self._counter("plc_handshake_faults", "Handshake steps that took too long.")
        self.plc_missed_triggers = self._counter("plc_missed_triggers", "Triggers while the station was not ready.")
        self.plc_result_overruns = self._counter("plc_result_overruns", "Results that found all places taken.")

    def _inner_life(self) -> None:
        self.loop_lag = self._histogram("loop_lag_seconds", "Lateness of a tick of the event loop.", _LAG_BUCKETS_S)
        depth = Gauge("station_queue_length", "Entries waiting in a queue.", ["queue"], registry=self.registry)
        self.queue_length = {queue: depth.labels(queue) for queue in QUEUES}
        restarts = self._counters("process_restarts", "Child processes that were started again.", "process")
        self.process_restarts = {process: restarts.labels(process) for process in PROCESSES}
        self.records_written = self._counter("records_written", "Records of parts and of events that are on the disk.")
        self.records_dropped = self._counter("records_dropped", "Records that were lost.")
        faults = self._counters("faults", "Faults that began, by code.", "code")
        self._faults = {code: faults.labels(code.value) for code in FaultCode}
        self.page_clients = self._gauge("page_clients", "Browsers that watch the page.")
        self.page_clients_dropped = self._counter(
            "page_clients_dropped", "Browsers that read too slowly or were too many."
        )

    def count_part(self, verdict: str, reason: str) -> None:
        """One more part; KeyError for a reason that PART_REASONS does not list under that verdict."""
        self._parts[verdict, reason].inc()

    def observe_stage(self, stage: str, seconds: float) -> None:
        """The time one part spent in a stage; KeyError for a stage that is not in STAGES."""
        self._stage[stage].observe(seconds)

    def bring_up_to(self, counter: Counter, total: int) -> None:
        """Raises `counter` to a total that is kept elsewhere (a server's, a ledger's); ValueError where that fell."""
        before = self._followed.get(counter, 0)
        if total < before:
            raise ValueError(f"a total never falls, got {total} after {before}")
        self._followed[counter] = total
        counter.inc(total - before)

    def show_ledger(self, counts: LedgerCounts) -> None:
        """The ledger's sums at this instant: triggers, in flight, and what is missing between them."""
        self.bring_up_to(self.triggers, counts.triggers)
        self.in_flight.set(counts.in_flight)
        self.ledger_imbalance.set(counts.triggers - counts.accounted)

    def count_frame_fault(self, camera: str, fault: str) -> None:
        """One more of STATION_FRAME_FAULTS."""
        self._frame_faults[camera, fault].inc()

    def show_camera(self, camera: str, counts: CameraCounts) -> None:
        """A camera's running totals."""
        self.bring_up_to(self.frames[camera], counts.delivered)
        self.bring_up_to(self.recoveries[camera], counts.recoveries)
        for fault, field in FRAME_FAULTS.items():
            self.bring_up_to(self._frame_faults[camera, fault], getattr(counts, field))

    def count_fault(self, code: FaultCode) -> None:
        """One more fault began: the FaultBoard's `on_begin`."""
        self._faults[code].inc()

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"station_{name}_total", text, registry=self.registry)

    def _counters(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"station_{name}_total", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"station_{name}", text, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"station_{name}", text, labels, buckets=buckets, registry=self.registry)
