"""The station as it is now, for the page, and as it was, for the summary at the end.

Reads what others keep and changes nothing. What is not known is None, never the last value.
"""

from __future__ import annotations

import time

from drivers.plc.registers import State as PlcState
from station.changeover.recipe_run import ActiveRecipe
from station.config.load import Loaded
from station.core.line import Line
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.inspection import Inspection
from station.page.snapshot import Health, HealthStatus, Ledger, Snapshot, State, Station, fault_rows
from station.plc_side import PlcSide, wire_counters
from station.records.writer import RecordWriter
from station.reporter import StationReporter
from station.workers.active_pool import ActivePool


class StationStatus:
    """Implements `station.page.snapshot.StatusSource`."""

    def __init__(
        self,
        active: ActiveRecipe,
        line: Line,
        reporter: StationReporter,
        faults: FaultBoard,
        records: RecordWriter,
        inspection: Inspection,
        plc: PlcSide,
        pool: ActivePool,
        *,
        version: str,
        run_id: str,
    ) -> None:
        self._active, self._line, self._reporter = active, line, reporter
        self._faults, self._records, self._inspection = faults, records, inspection
        self._plc, self._pool = plc, pool
        self._version, self._run_id = version, run_id
        self._started_ns = time.monotonic_ns()

    @property
    def _loaded(self) -> Loaded:
        """The configuration with the recipe in use."""
        return self._active.loaded

    def snapshot(self) -> Snapshot:
        """Everything the page shows."""
        now_ns = time.monotonic_ns()
        config = self._loaded.config
        bundles = dict.fromkeys(bundle.path.name for bundle in self._loaded.all_bundles)
        vouched = f", NOT SIGNED: {', '.join(self._loaded.unsigned)}" if self._loaded.unsigned else ""
        return Snapshot(
            station=Station(
                name=config.name,
                version=self._version,
                recipe=f"{config.recipe.id} {config.recipe.name}",
                model=f"{', '.join(bundles)} {self._loaded.model_digest[:8]}{vouched}",
                run_id=self._run_id,
                uptime_s=round((now_ns - self._started_ns) / 1e9, 1),
            ),
            state=self._state(),
            simulated=self._simulated(),
            ledger=Ledger(**self._line.counts.as_dict()),
            parts_per_s=self._reporter.recent.parts_per_s(now_ns),
            latency=self._reporter.recent.latency(),
            slack=self._reporter.slack.snapshot(),
            parts=self._reporter.recent.parts(),
            health=self._health(now_ns),
            faults=fault_rows(self._faults.active(), now_ns),
        )

    def summary(self) -> dict[str, object]:
        """What the run amounted to, ready for JSON."""
        records, wire = self._records.counts(), wire_counters(self._plc)
        return {
            "ledger": self._line.counts.as_dict(),
            **self._reporter.statistics.as_dict(),
            "simulated": self._reporter.simulated,
            "model_digest": self._loaded.model_digest,
            "run_id": self._run_id,
            "records": {"written": records.written, "dropped": records.dropped, "waiting": records.waiting},
            "plc": {
                "requests": wire.requests,
                "malformed": wire.malformed,
                "refused_peers": wire.refused_peers,
                "refused_connections": wire.refused_connections,
                "slow_readers": wire.slow_readers,
                "second_writer": wire.second_writers,
                "events_lost": self._plc.events_lost,
            },
            "worker_restarts": self._pool.restarts,
            "faults": [
                {"code": fault.code.value, "sentence": fault.sentence, "count": fault.count, "length_s": fault.length_s}
                for fault in (*self._faults.active(), *self._faults.history())
            ],
        }

    def _state(self) -> State:
        readiness = self._inspection.readiness
        if readiness.halted is not None:
            sentence = f"The line stands: {readiness.halted}."
            return State(name="FAULT", sentence=sentence, action="See the faults below.")
        worst = self._faults.worst()
        if worst is not None and worst.severity == "fault":
            return State(name="FAULT", sentence=worst.sentence, action=worst.action)
        match readiness.state:
            case PlcState.EXECUTING:
                return State(name="RUNNING", sentence="Parts are being inspected.", action="")
            case PlcState.READY:
                busy = bool(self._reporter.recent.parts_per_s(time.monotonic_ns()))
                words = "Parts are being inspected." if busy else "Waiting for the PLC to trigger a part."
                return State(name="RUNNING" if busy else "READY", sentence=words, action="")
            case PlcState.INITIALIZED:
                waiting = [name for name in self._loaded.config.cameras if not readiness.camera_up(name)]
                sentence = f"Waiting for camera {' and '.join(waiting)}." if waiting else "Waiting for the classifier."
                return State(name="STARTING", sentence=sentence, action="")
            case PlcState.HALTED if readiness.plc_alive and readiness.waits_for is not None:
                sentence = f"The line waits: {readiness.waits_for}. It goes on by itself."
                return State(name="STOPPED", sentence=sentence, action="See the faults below.")
            case _:
                return State(name="STOPPED", sentence="Waiting for the PLC's heartbeat.", action="")

    def _simulated(self) -> list[str]:
        pulses = self._reporter.cameras.pulses
        cameras = ["camera"] if any(pulse.simulated for pulse in pulses.values()) else []
        return [*cameras, *(["PLC"] if self._loaded.config.peer == "simulated" else [])]

    def _health(self, now_ns: int) -> list[Health]:
        pulse, wanted = self._reporter.devices.pulse, self._loaded.config.classifier.processes
        workers: HealthStatus = "ok" if self._pool.alive == wanted else "warning" if self._pool.alive else "fault"
        counts = self._records.counts()
        broken = {FaultCode.DATABASE_FAULT, FaultCode.DISK_FULL, FaultCode.RECORDS_QUEUE_FULL}
        disk_bad = any(fault.code in broken for fault in self._faults.active())
        return [
            *(
                Health(
                    name=f"Camera {name}",
                    status="ok" if self._inspection.readiness.camera_up(name) else "fault",
                    text=camera.text,
                    age_s=_age_s(camera.at_ns, now_ns),
                )
                for name, camera in self._reporter.cameras.pulses.items()
            ),
            Health(
                name="PLC",
                status="ok" if pulse.plc_peer else "unavailable",
                text=f"connected from {pulse.plc_peer}" if pulse.plc_peer else "not connected",
                age_s=_age_s(pulse.plc_ns, now_ns),
            ),
            Health(
                name="Classifier",
                status=workers,
                text=f"{self._pool.alive} of {wanted} workers, {self._pool.engine}",
                age_s=None,
            ),
            Health(
                name="Records",
                status="fault" if disk_bad else "ok",
                text=f"{counts.written} written, {counts.waiting} waiting, {counts.dropped} lost",
                age_s=None,
            ),
        ]


def _age_s(since_ns: int | None, now_ns: int) -> float | None:
    return None if since_ns is None else round((now_ns - since_ns) / 1e9, 1)
