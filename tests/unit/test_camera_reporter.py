"""What a camera says becomes a fault with its name, a sign of life, and its own counters."""

from __future__ import annotations

from typing import Any

import yaml

from drivers.camera.interface import (
    CameraCounts,
    CameraDown,
    CameraIdentity,
    CameraUp,
    Frame,
    FrameHeld,
    FrameLost,
)
from station.camera_reporter import CameraReporter
from station.config.model import StationConfig
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.metrics import Metrics

CONFIG = """
cameras:
  shank: {scene: shank.scene}
  head: {scene: head.scene, serial: AREA01, line_trigger: null}
plc: {host: 127.0.0.1, port: 15020, peer: PEER}
recipe:
  name: screw
  deadline_ms: 500
  views: [{name: shank, camera: shank, bundle: b}, {name: head, camera: head, bundle: b}]
"""
REAL = CameraIdentity("Basler", "racer", "1", "1", "gentl.cti", simulated=False)
SIMULATED = CameraIdentity("Edge", "Simulated line scan", "LINE01", "1", "simcam.cti", simulated=True)


def a_reporter(peer: str = "simulated") -> tuple[CameraReporter, FaultBoard, Metrics]:
    config = StationConfig.model_validate(yaml.safe_load(CONFIG.replace("PEER", peer)))
    board, metrics = FaultBoard(), Metrics(0.5, "1", tuple(config.cameras))
    return CameraReporter(config, metrics, board), board, metrics


def value(metrics: Metrics, name: str, **labels: str) -> Any:
    return metrics.registry.get_sample_value(name, labels)


def test_each_camera_has_its_own_fault_that_ends_when_it_comes_back() -> None:
    reporter, board, metrics = a_reporter()
    reporter.heard("shank", CameraDown("camera 1 is gone"))
    reporter.heard("head", CameraDown("camera 2 is gone"))
    sentences = [fault.sentence for fault in board.active()]
    assert sentences == [
        "Camera shank gives no pictures: camera 1 is gone. All parts are rejected.",
        "Camera head gives no pictures: camera 2 is gone. All parts are rejected.",
    ]
    reporter.heard("shank", CameraUp(SIMULATED))
    assert [fault.about for fault in board.active()] == ["head"]
    assert value(metrics, "station_device_up", device="camera shank") == 1
    assert value(metrics, "station_device_up", device="camera head") == 0


def test_a_camera_that_was_given_up_is_another_fault() -> None:
    reporter, board, _ = a_reporter()
    reporter.heard("head", CameraDown("it hangs", final=True))
    assert [fault.code for fault in board.active()] == [FaultCode.CAMERA_STAYED_DOWN]


def test_totals_go_to_the_metrics_and_only_growth_is_a_fault() -> None:
    reporter, board, metrics = a_reporter()
    counts = CameraCounts(delivered=9, line_triggers_missed=4, underruns=1, frame_triggers_missed=2)
    reporter.heard("head", counts)
    reporter.heard("head", counts)
    assert {fault.code for fault in board.active()} == {
        FaultCode.LINES_TOO_FAST, FaultCode.FRAMES_TOO_FAST, FaultCode.NO_BUFFER,
    }  # fmt: skip
    assert all(fault.count == 1 for fault in board.active())
    assert any("Camera head missed 4 line triggers" in fault.sentence for fault in board.active())
    assert value(metrics, "station_camera_frames_total", camera="head") == 9
    assert value(metrics, "station_camera_frame_faults_total", camera="head", fault="line trigger missed") == 4


def test_a_held_frame_and_a_lost_frame_are_named() -> None:
    reporter, board, metrics = a_reporter()
    reporter.heard("head", FrameHeld(frame_id=7, slot=2, held_ms=2100))
    reporter.heard("head", FrameLost(8, "wrong size", 0))
    held, lost = (
        next(f for f in board.active() if f.code is code) for code in (FaultCode.FRAME_HELD, FaultCode.FRAME_LOST)
    )
    assert "Frame 7 of camera head has been held for 2100 ms" in held.sentence
    assert "Frame 8 of camera head was lost (wrong size)" in lost.sentence
    assert value(metrics, "station_camera_frame_faults_total", camera="head", fault="held too long") == 1


def test_a_frame_is_a_sign_of_life() -> None:
    reporter, _, _ = a_reporter()
    reporter.heard("head", Frame(0, 1, 1, 55, 1, None, 8, 8, 8, "Mono8", 0))
    assert reporter.pulses["head"].at_ns == 55
    assert reporter.pulses["shank"].at_ns is None


def test_one_simulated_camera_makes_the_station_simulated_and_is_a_fault_beside_a_real_plc() -> None:
    reporter, board, metrics = a_reporter("real")
    reporter.heard("shank", CameraUp(REAL))
    reporter.heard("head", CameraUp(SIMULATED))
    assert reporter.simulated
    assert value(metrics, "station_simulated", device="camera shank") == 0
    assert value(metrics, "station_simulated", device="camera head") == 1
    assert [fault.code for fault in board.active()] == [FaultCode.SIMULATED_BESIDE_REAL_PLC]
