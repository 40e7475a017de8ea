"""Says, counts and shows what the cameras do. Must not decide anything about a part."""

from __future__ import annotations

import time
from dataclasses import dataclass

from drivers.camera.interface import (
    CameraCounts,
    CameraDown,
    CameraEvent,
    CameraIdentity,
    CameraUp,
    Frame,
    FrameHeld,
    FrameLost,
)
from drivers.camera.settings import SIMULATED
from station.config.model import StationConfig
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.metrics import Metrics


@dataclass(slots=True)
class CameraPulse:
    """Signs of life of one camera for the page (CLOCK_MONOTONIC ns, None = never)."""

    at_ns: int | None = None
    text: str = "not connected yet"
    simulated: bool = False


class CameraReporter:
    """Keeps the pulse of each camera; its faults begin and end here."""

    def __init__(self, config: StationConfig, metrics: Metrics, faults: FaultBoard) -> None:
        self._metrics, self._faults = metrics, faults
        self._real_plc = config.peer == "real"
        self.pulses = {
            name: CameraPulse(simulated=camera.producer == SIMULATED) for name, camera in config.cameras.items()
        }
        self._counts = dict.fromkeys(config.cameras, CameraCounts())

    @property
    def simulated(self) -> bool:
        """Whether any camera is simulated (promise P10)."""
        return any(pulse.simulated for pulse in self.pulses.values())

    def heard(self, name: str, event: CameraEvent) -> None:
        """A camera came or went, or a frame of it did."""
        match event:
            case Frame():
                self.pulses[name].at_ns = event.ready_ns
            case FrameLost():
                self._faults.raise_(
                    FaultCode.FRAME_LOST, about=name, camera=name, frame_id=event.frame_id, reason=event.reason
                )
            case FrameHeld():
                self._faults.raise_(
                    FaultCode.FRAME_HELD, about=name, camera=name, frame_id=event.frame_id, held_ms=event.held_ms
                )
                self._metrics.count_frame_fault(name, "held too long")
            case CameraCounts():
                self._counted(name, event)
            case CameraUp(identity):
                self._came(name, identity)
            case CameraDown(reason, final):
                code = FaultCode.CAMERA_STAYED_DOWN if final else FaultCode.CAMERA_DOWN
                self._faults.raise_(code, about=name, camera=name, reason=f"{reason}.")
                self.pulses[name].text = reason
                self._metrics.device_up[f"camera {name}"].set(0)

    def _came(self, name: str, identity: CameraIdentity) -> None:
        for code in (FaultCode.CAMERA_DOWN, FaultCode.CAMERA_STAYED_DOWN):
            self._faults.clear(code, about=name)
        pulse = self.pulses[name]
        pulse.at_ns, pulse.simulated = time.monotonic_ns(), identity.simulated
        pulse.text = f"{identity.vendor} {identity.model} {identity.serial}"
        self._metrics.device_up[f"camera {name}"].set(1)
        self._metrics.simulated[f"camera {name}"].set(identity.simulated)
        if identity.simulated and self._real_plc:
            self._faults.raise_(FaultCode.SIMULATED_BESIDE_REAL_PLC, about=name, device=f"camera {name}")

    def _counted(self, name: str, counts: CameraCounts) -> None:
        """The new totals to the metrics, and what has grown as a fault where a person must know."""
        before, self._counts[name] = self._counts[name], counts
        self._metrics.show_camera(name, counts)
        for code, grown in (
            (FaultCode.LINES_TOO_FAST, counts.line_triggers_missed - before.line_triggers_missed),
            (FaultCode.FRAMES_TOO_FAST, counts.frame_triggers_missed - before.frame_triggers_missed),
            (FaultCode.NO_BUFFER, counts.underruns - before.underruns),
        ):
            if grown > 0:
                self._faults.raise_(code, about=name, camera=name, count=grown)
