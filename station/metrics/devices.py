"""Figures of the PLC's connection and of what is up: handshake, heartbeats, refused peers, simulated devices.

Must not know registers or sockets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from drivers.plc.messages import PlcFault
from station.fault_codes import FaultCode
from station.metrics.families import Families

PLC = "plc"
HANDSHAKE_STEPS = {
    PlcFault.TRIGGER_STUCK.code: "trigger not released",
    PlcFault.RESULT_ACK_MISSING.code: "result not taken",
    PlcFault.RESULT_ACK_STUCK.code: "acknowledge not released",
    PlcFault.COUNTERS_DIFFER.code: "counters differ",
}
"""Steps of the handshake that are counted by name: the time-outs, and counters that tell different stories."""
OTHER_STEP = "other"
HEARTS = (PLC, "station")
SEVERITIES = ("fault", "warning")

AgeS = Callable[[], float | None]


class DeviceFigures(Families):
    """What the station says of its devices and of itself."""

    def _make_devices(self, cameras: Sequence[str]) -> None:
        devices = (*(f"camera {camera}" for camera in cameras), PLC)
        self.simulated = self._gauges("simulated", "1 where a device is simulated.", "device", devices)
        self.device_up = self._gauges("device_up", "1 where a device is connected and alive.", "device", devices)
        self.plc_connections = self._counter("plc_connections", "Modbus connections that were accepted.")
        self.plc_requests = self._counter("plc_requests", "Modbus requests that were answered.")
        self.plc_malformed = self._counter("plc_malformed_requests", "Modbus frames that were broken.")
        self.plc_refused_peers = self._counter("plc_refused_peers", "Modbus peers that were not let in.")
        self.plc_second_writers = self._counter("plc_second_writer_requests", "Writes of a second master, refused.")
        self.plc_silences = self._counter("plc_silences", "Times that the PLC's heartbeat stood still.")
        steps = self._counters("plc_handshake_faults", "Handshake steps that took too long or were wrong.", "step")
        self._handshake = {step: steps.labels(step) for step in (*HANDSHAKE_STEPS.values(), OTHER_STEP)}
        self.plc_missed_triggers = self._counter("plc_missed_triggers", "Triggers while the station was not ready.")
        self.plc_result_overruns = self._counter("plc_result_overruns", "Results that found all places taken.")
        self._heart_age = self._gauges(
            "heartbeat_age_seconds", "Time since this side's heartbeat moved; NaN: not known.", "side", HEARTS
        )
        for heart in HEARTS:
            self._heart_age[heart].set(math.nan)

    def _make_state(self) -> None:
        self.ready = self._gauge("ready", "1 while a part may be triggered.")
        faults = self._counters("faults", "Faults that began, by code.", "code")
        self._faults = {code: faults.labels(code.value) for code in FaultCode}
        self.faults_active = self._gauges("faults_active", "Faults that last now.", "severity", SEVERITIES)

    def count_handshake_fault(self, code: str) -> None:
        """The PLC did not keep to the handshake; `code` as in `HandshakeFault`."""
        self._handshake[HANDSHAKE_STEPS.get(code, OTHER_STEP)].inc()

    def count_fault(self, code: FaultCode) -> None:
        """One more fault began: the FaultBoard's `on_begin`."""
        self._faults[code].inc()

    def follow_heartbeats(self, *, plc: AgeS, station: AgeS) -> None:
        """Where each scrape gets the heartbeats' ages (seconds, None: not known). Called in the metrics' thread."""
        for heart, age_s in ((HEARTS[0], plc), (HEARTS[1], station)):
            self._heart_age[heart].set_function(lambda age_s=age_s: _or_nan(age_s()))


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
