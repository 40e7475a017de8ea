"""The figures are there from the start and count what they say."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import fields

import pytest
from prometheus_client import generate_latest

from drivers.camera.interface import CameraCounts
from station.core.reasons import Reason
from station.fault_codes import FaultCode
from station.metrics import FRAME_FAULTS, PART_REASONS, STAGES, STATION_FRAME_FAULTS, Metrics


def some_metrics() -> Metrics:
    return Metrics(deadline_s=0.25, version="0.1.0", cameras=("line", "head"))


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_zeros_are_there_before_anything_happened() -> None:
    metrics = some_metrics()
    for verdict, reasons in PART_REASONS.items():
        for reason in reasons:
            assert value(metrics, "station_parts_total", verdict=verdict, reason=reason) == 0
    for camera in ("line", "head"):
        assert value(metrics, "station_camera_frames_total", camera=camera) == 0
        for fault in (*FRAME_FAULTS, *STATION_FRAME_FAULTS):
            assert value(metrics, "station_camera_frame_faults_total", camera=camera, fault=fault) == 0
        assert value(metrics, "station_simulated", device=f"camera {camera}") == 0
    for stage in STAGES:
        assert value(metrics, "station_stage_duration_seconds_count", stage=stage) == 0
    for code in FaultCode:
        assert value(metrics, "station_faults_total", code=code.value) == 0
    assert value(metrics, "station_ledger_imbalance_parts") == 0
    assert value(metrics, "station_triggers_total") == 0


def test_a_part_counts_under_its_verdict_and_reason_and_an_unknown_reason_makes_no_new_series() -> None:
    metrics = some_metrics()
    metrics.count_part("forced", "deadline")
    metrics.count_part("pass", "defect-free")
    assert value(metrics, "station_parts_total", verdict="forced", reason="deadline") == 1
    assert value(metrics, "station_parts_total", verdict="pass", reason="defect-free") == 1
    for verdict, reason in (("forced", "the moon"), ("pass", "deadline"), ("maybe", "")):
        with pytest.raises(KeyError):
            metrics.count_part(verdict, reason)


def test_every_reason_of_the_station_has_its_series() -> None:
    assert sum(len(reasons) for reasons in PART_REASONS.values()) == len(Reason)


def test_a_counter_can_follow_a_count_that_is_kept_elsewhere() -> None:
    metrics = some_metrics()
    for total in (3, 3, 10):
        metrics.bring_up_to(metrics.records_dropped, total)
    assert value(metrics, "station_records_dropped_total") == 10
    with pytest.raises(ValueError, match="never falls"):
        metrics.bring_up_to(metrics.records_dropped, 9)


def test_every_total_of_a_camera_has_a_counter_of_its_own() -> None:
    metrics = some_metrics()
    totals = {field.name: number for number, field in enumerate(fields(CameraCounts), start=1)}
    metrics.show_camera("head", CameraCounts(**totals))
    metrics.show_camera("head", CameraCounts(**totals))
    shown = {
        fault: value(metrics, "station_camera_frame_faults_total", camera="head", fault=fault) for fault in FRAME_FAULTS
    }
    assert shown == {fault: totals[field] for fault, field in FRAME_FAULTS.items()}
    assert value(metrics, "station_camera_frames_total", camera="head") == totals["delivered"]
    assert value(metrics, "station_camera_recoveries_total", camera="head") == totals["recoveries"]
    assert value(metrics, "station_camera_frames_total", camera="line") == 0
    assert set(totals) == {"delivered", "recoveries", *FRAME_FAULTS.values()}, "no total is left without a metric"


def test_frame_faults_of_the_station_and_faults_count() -> None:
    metrics = some_metrics()
    metrics.count_frame_fault("line", "held too long")
    metrics.count_fault(FaultCode.CAMERA_DOWN)
    assert value(metrics, "station_camera_frame_faults_total", camera="line", fault="held too long") == 1
    assert value(metrics, "station_camera_frame_faults_total", camera="head", fault="held too long") == 0
    assert value(metrics, "station_faults_total", code="E101") == 1


def test_the_buckets_have_an_edge_exactly_at_the_deadline() -> None:
    metrics = some_metrics()
    metrics.trigger_to_verdict.observe(0.25)
    metrics.deadline_slack.observe(-0.001)
    assert value(metrics, "station_trigger_to_verdict_seconds_bucket", le="0.25") == 1
    assert value(metrics, "station_trigger_to_verdict_seconds_bucket", le="0.225") == 0
    assert value(metrics, "station_deadline_slack_seconds_bucket", le="0.0") == 1
    with pytest.raises(ValueError, match="deadline"):
        Metrics(deadline_s=0, version="x", cameras=())


def test_two_stations_in_one_process_do_not_share_figures() -> None:
    first, second = some_metrics(), some_metrics()
    first.triggers.inc()
    assert value(second, "station_triggers_total") == 0


def test_the_names_follow_the_rules_and_there_are_few_enough_series() -> None:
    metrics = some_metrics()
    text = generate_latest(metrics.registry)
    assert text.count(b"\n") < 450
    assert b"_created" not in text
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("LOUD SKIP: no promtool here: the metric names are NOT checked (apt-get install prometheus)")
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
