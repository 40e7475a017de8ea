"""Says, counts and shows what workers and PLC do. Must not decide anything about a part."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from drivers.camera.supervision import RESTARTS_A_MINUTE
from drivers.plc.messages import (
    CountersDiffer,
    ErrorCleared,
    HandshakeFault,
    PartTriggered,
    PassDropped,
    PlcBack,
    PlcConnected,
    PlcDisconnected,
    PlcEvent,
    PlcFault,
    PlcSilent,
    RecipeRequested,
    ResultTaken,
)
from drivers.remote_io.faults import RemoteIoFault
from station.config.model import StationConfig
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.metrics import Metrics
from station.plc_side import address_of
from station.reports import DeviceEvent
from station.workers.events import WorkerDown, WorkerStuck, WorkerUp

_PLC_GRACE_NS = 1_000_000_000
_GATE_FAULTS = frozenset(fault.code for fault in RemoteIoFault)


@dataclass(slots=True)
class Pulse:
    """Signs of life for the page: when a device last did something (CLOCK_MONOTONIC ns, None = never)."""

    plc_ns: int | None = None
    plc_peer: str | None = None
    plc_absent_ns: int | None = field(default_factory=time.monotonic_ns)
    """Since when no PLC is connected; None while one is, or once its absence has been said."""


class DeviceReporter:
    """Keeps the pulse of each device; its faults begin and end here."""

    def __init__(self, config: StationConfig, metrics: Metrics, faults: FaultBoard) -> None:
        self._config, self._metrics, self._faults = config, metrics, faults
        self._address = address_of(config)
        self.pulse = Pulse()
        self._metrics.simulated["plc"].set(config.peer == "simulated")

    def heard(self, event: DeviceEvent) -> None:
        """A device came, went or complained."""
        now_ns = time.monotonic_ns()
        match event:
            case WorkerDown(index, sentence, final):
                code = FaultCode.WORKER_STAYED_DOWN if final else FaultCode.WORKER_DIED
                self._faults.raise_(code, about=str(index), worker=index, reason=sentence, restarts=RESTARTS_A_MINUTE)
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

    def miss_plc(self, now_ns: int) -> None:
        """Say once that no PLC is there; a moment's grace, because PLCs and cells start and restart, too."""
        since_ns = self.pulse.plc_absent_ns
        if since_ns is None or now_ns - since_ns < _PLC_GRACE_NS:
            return
        self.pulse.plc_absent_ns = None
        self._faults.raise_(FaultCode.PLC_NOT_CONNECTED, address=self._address)

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
                    limit_ms = self._config.plc.heartbeat_timeout_ms
                    self._faults.raise_(FaultCode.PLC_SILENT, for_ms=for_ms, limit_ms=limit_ms)
                self._metrics.plc_silences.inc()
            case PlcBack():
                self._faults.clear(FaultCode.PLC_SILENT)
            case HandshakeFault(code, sentence) if code in _GATE_FAULTS:
                self._faults.raise_(FaultCode.GATE, sentence=sentence)
            case HandshakeFault(code, sentence):
                self._faults.raise_(FaultCode.HANDSHAKE_TIMEOUT, sentence=sentence)
                self._metrics.count_handshake_fault(code)
            case CountersDiffer(sentence):
                self._faults.raise_(FaultCode.COUNTERS_DIFFER, sentence=sentence)
                self._metrics.count_handshake_fault(PlcFault.COUNTERS_DIFFER.code)
            case ErrorCleared():
                self._faults.error_cleared()
            case PartTriggered() | ResultTaken() | PassDropped() | RecipeRequested():
                return
