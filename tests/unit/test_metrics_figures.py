"""The figures are there from the start and count what they say."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import fields, replace
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from drivers.camera.interface import CameraCounts
from station.config.load import load_config
from station.core.reasons import Reason
from station.fault_codes import FaultCode
from station.metrics import FRAME_FAULTS, JUDGEMENTS, PART_REASONS, STAGES, STATION_FRAME_FAULTS, Metrics
from station.metrics.active import ShownModel, ShownRecipe, shown_recipe
from station.metrics.inner import DROPS


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
        if stage != "engine":
            assert value(metrics, "station_stage_duration_seconds_count", stage=stage) == 0
    assert value(metrics, "station_engine_duration_seconds_count") == 0
    for stage in DROPS:
        assert value(metrics, "station_dropped_total", stage=stage) == 0
    for code in FaultCode:
        assert value(metrics, "station_faults_total", code=code.value) == 0
    assert value(metrics, "station_ledger_imbalance_parts") == 0
    assert value(metrics, "station_triggers_total") == 0


def test_only_what_tells_of_the_recipe_waits_for_it() -> None:
    without = {family.name for family in some_metrics().registry.collect() if not family.samples}
    of_recipe = {"station_recipe_info", "station_model_info", "station_deadline_seconds", "station_gate_offset_counts"}
    assert without == of_recipe


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
        metrics.bring_up_to(metrics.dropped["records"], total)
    assert value(metrics, "station_dropped_total", stage="records") == 10
    with pytest.raises(ValueError, match="never falls"):
        metrics.bring_up_to(metrics.dropped["records"], 9)


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


def test_a_frame_that_is_lost_is_dropped_once_whichever_counts_tell_of_it() -> None:
    metrics = some_metrics()
    metrics.show_camera("line", CameraCounts(delivered=9, underruns=2))
    metrics.show_camera("line", CameraCounts(delivered=9, underruns=2, id_gap_frames=2))
    metrics.show_camera("head", CameraCounts(ring_full=1, unusable=1, incomplete=5))
    assert value(metrics, "station_dropped_total", stage="frames") == 4


def test_what_a_person_says_of_a_part_counts_by_the_stations_verdict_and_any_defect_is_a_defect() -> None:
    metrics = some_metrics()
    for verdict, judgement in (("reject", "good"), ("reject", "spot"), ("pass", "hole"), ("forced", "unsure")):
        metrics.count_judgement(verdict, judgement)
    found = {
        (verdict, judgement): value(metrics, "station_reviewed_parts_total", verdict=verdict, judgement=judgement)
        for verdict in PART_REASONS
        for judgement in JUDGEMENTS
    }
    ones = {("reject", "good"), ("reject", "defect"), ("pass", "defect"), ("forced", "unsure")}
    assert found == {pair: float(pair in ones) for pair in found}


def test_frame_faults_of_the_station_and_faults_count() -> None:
    metrics = some_metrics()
    metrics.count_frame_fault("line", "held too long")
    metrics.count_fault(FaultCode.CAMERA_DOWN)
    assert value(metrics, "station_camera_frame_faults_total", camera="line", fault="held too long") == 1
    assert value(metrics, "station_camera_frame_faults_total", camera="head", fault="held too long") == 0
    assert value(metrics, "station_faults_total", code="E101") == 1


def test_the_buckets_have_an_edge_exactly_at_the_deadline_and_at_the_gate() -> None:
    metrics = Metrics(deadline_s=0.25, version="0.1.0", cameras=(), gate_counts=9000)
    metrics.trigger_to_verdict.observe(0.25)
    metrics.deadline_slack.observe(-0.001)
    metrics.deadline_slack_counts.observe(-1)
    metrics.deadline_slack_counts.observe(1)
    metrics.observe_stage("engine", 0.25)
    assert value(metrics, "station_trigger_to_verdict_seconds_bucket", le="0.25") == 1
    assert value(metrics, "station_trigger_to_verdict_seconds_bucket", le="0.225") == 0
    assert value(metrics, "station_deadline_slack_seconds_bucket", le="0.0") == 1
    assert value(metrics, "station_deadline_slack_counts_bucket", le="0.0") == 1
    assert value(metrics, "station_deadline_slack_counts_bucket", le="450.0") == 2
    assert value(metrics, "station_engine_duration_seconds_bucket", le="0.25") == 1
    with pytest.raises(ValueError, match="deadline"):
        Metrics(deadline_s=0, version="x", cameras=())


def test_two_stations_in_one_process_do_not_share_figures() -> None:
    first, second = some_metrics(), some_metrics()
    first.triggers.inc()
    assert value(second, "station_triggers_total") == 0


def a_recipe(name: str = "mantle", *models: ShownModel) -> ShownRecipe:
    return ShownRecipe(recipe_id=1, name=name, deadline_s=0.25, gate_counts=9000, models=models)


def test_at_a_changeover_the_old_recipes_and_models_series_go_away() -> None:
    metrics = some_metrics()
    assert value(metrics, "station_recipe_info", recipe_id="1", recipe="mantle") is None
    old = ShownModel("mantle", "servo-mantle", "3", "ab" * 32, signed=True)
    metrics.show_active(a_recipe("mantle", old))
    labels = {"bundle": "mantle", "product": "servo-mantle", "version": "3", "digest": "abababababab"}
    assert value(metrics, "station_model_info", signed="yes", **labels) == 1
    assert value(metrics, "station_deadline_seconds") == 0.25
    metrics.show_active(ShownRecipe(2, "rail", 0.5, None, (ShownModel("rail", "rail", "1", "cd" * 32, signed=False),)))
    text = generate_latest(metrics.registry).decode()
    assert [line for line in text.splitlines() if line.startswith(("station_recipe_info", "station_model_info"))] == [
        'station_recipe_info{recipe="rail",recipe_id="2"} 1.0',
        'station_model_info{bundle="rail",digest="cdcdcdcdcdcd",product="rail",signed="no",version="1"} 1.0',
    ]
    assert value(metrics, "station_deadline_seconds") == 0.5
    assert value(metrics, "station_gate_offset_counts") is None


def test_the_demos_recipe_is_shown_with_its_models_and_who_vouches_for_them() -> None:
    demo = load_config(Path(__file__).parents[2] / "deploy" / "demo.yaml")
    shown = shown_recipe(demo)
    assert (shown.recipe_id, shown.name, shown.deadline_s, shown.gate_counts) == (1, "servo-housing mantle", 0.8, 60000)
    (model,) = shown.models
    assert (model.bundle, model.digest, model.signed) == ("mantle", demo.model_digest, True)
    unsigned = shown_recipe(replace(demo, unsigned=(model.product,)))
    assert [model.signed for model in unsigned.models] == [False]


@pytest.mark.parametrize(("cameras", "most"), [(("line",), 300), (("line", "head"), 316)])
def test_there_are_few_enough_series(cameras: tuple[str, ...], most: int) -> None:
    metrics = Metrics(deadline_s=0.25, version="0.1.0", cameras=cameras, gate_counts=9000)
    metrics.show_active(a_recipe("mantle", ShownModel("mantle", "servo-mantle", "3", "ab" * 32, signed=True)))
    text = generate_latest(metrics.registry).decode()
    series = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(series) <= most
    assert "_created" not in text


def test_the_names_follow_the_rules() -> None:
    metrics = some_metrics()
    metrics.show_active(a_recipe("mantle", ShownModel("mantle", "servo-mantle", "3", "ab" * 32, signed=True)))
    text = generate_latest(metrics.registry)
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("LOUD SKIP: no promtool here: the metric names are NOT checked (apt-get install prometheus)")
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
