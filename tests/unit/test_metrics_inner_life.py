"""Pauses, disk and heartbeats are measured where they happen, and what cannot be known is no number."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.plc.messages import PlcFault
from station.metrics import Metrics


def some_metrics() -> Metrics:
    return Metrics(deadline_s=0.25, version="0.1.0", cameras=("line",), station="press 4")


def value(metrics: Metrics, name: str, **labels: str) -> float:
    found = metrics.registry.get_sample_value(f"station_{name}", labels)
    assert found is not None, (name, labels)
    return found


@pytest.fixture
def watched() -> Iterator[Metrics]:
    metrics = some_metrics()
    metrics.gc_pauses.start()
    yield metrics
    metrics.gc_pauses.stop()


def test_each_collection_is_one_pause_and_none_is_counted_before_or_after(watched: Metrics) -> None:
    gc.disable()
    try:
        before = value(watched, "gc_pause_seconds_count")
        gc.collect()
        gc.collect(0)
        assert value(watched, "gc_pause_seconds_count") == before + 2
        assert value(watched, "gc_pause_seconds_sum") > 0
        assert value(watched, "gc_pause_seconds_bucket", le="+Inf") == before + 2
        watched.gc_pauses.stop()
        gc.collect()
        assert value(watched, "gc_pause_seconds_count") == before + 2
    finally:
        gc.enable()


def test_a_pause_lies_in_the_bucket_of_its_length(watched: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((1_000_000_000, 1_012_000_000))
    gc.disable()
    try:
        monkeypatch.setattr("station.metrics.gc_pauses.time.perf_counter_ns", lambda: next(clock))
        before = {le: value(watched, "gc_pause_seconds_bucket", le=le) for le in ("0.01", "0.02")}
        gc.collect()
        monkeypatch.undo()
        assert value(watched, "gc_pause_seconds_bucket", le="0.01") == before["0.01"]
        assert value(watched, "gc_pause_seconds_bucket", le="0.02") == before["0.02"] + 1
    finally:
        gc.enable()


def test_starting_and_stopping_twice_leaves_no_callback() -> None:
    before, pauses = list(gc.callbacks), some_metrics().gc_pauses
    for _ in range(2):
        pauses.start()
    assert len(gc.callbacks) == len(before) + 1
    for _ in range(2):
        pauses.stop()
    assert gc.callbacks == before


def test_the_disk_is_asked_at_each_scrape_and_a_folder_that_is_gone_has_no_size(tmp_path: Path) -> None:
    metrics, folder = some_metrics(), tmp_path / "records"
    assert value(metrics, "disk_free_bytes") == 0
    folder.mkdir()
    metrics.follow_disk(folder)
    assert 0 < value(metrics, "disk_free_bytes") <= value(metrics, "disk_size_bytes")
    folder.rmdir()
    assert math.isnan(value(metrics, "disk_free_bytes"))
    assert math.isnan(value(metrics, "disk_size_bytes"))


def test_a_heartbeat_has_the_age_that_its_side_has_now_and_none_where_nobody_knows() -> None:
    metrics, ages = some_metrics(), [0.1, 0.4]
    assert math.isnan(value(metrics, "heartbeat_age_seconds", side="plc"))
    metrics.follow_heartbeats(plc=lambda: None, station=lambda: ages.pop(0))
    assert math.isnan(value(metrics, "heartbeat_age_seconds", side="plc"))
    assert value(metrics, "heartbeat_age_seconds", side="station") in (0.1, 0.4)


def test_the_handshakes_faults_are_told_apart_by_the_step_that_failed() -> None:
    metrics = some_metrics()
    for fault in (PlcFault.RESULT_ACK_MISSING, PlcFault.RESULT_ACK_MISSING, PlcFault.PART_SEQ_ZERO):
        metrics.count_handshake_fault(fault.code)
    metrics.count_handshake_fault("PLC-999")
    assert value(metrics, "plc_handshake_faults_total", step="result not taken") == 2
    assert value(metrics, "plc_handshake_faults_total", step="trigger not released") == 0
    assert value(metrics, "plc_handshake_faults_total", step="other") == 2


def test_the_build_carries_the_stations_name() -> None:
    (build,) = [family for family in some_metrics().registry.collect() if family.name == "station_build"]
    assert build.samples[0].labels["name"] == "press 4"
