"""The fault script hits the parts, kinds and sensors that it is to hit, one part at a time, and leaves nothing set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.producer.scene import SceneFaults, SceneWriter
from drivers.camera.producer.scene_header import FIELDS
from drivers.cell.fault_script import ENCODER_JUMP_COUNTS, UNPLUGGED_NS, FaultScript
from drivers.cell.faults import (
    EXPECTED_REASONS,
    FAULT_KINDS,
    FaultKind,
    FaultPlan,
    expected_reasons,
    planned_fault,
)
from drivers.cell.sensor import Sensor

LINE = Sensor("shank", Path("shank.scene"), 96, 64)
AREA = Sensor("head", Path("head.scene"), 96, 80, area=True, pulses=(0, 64, 128, 192))
TURN_NS = 66_000_000
FAULT_FIELDS = [name for name, (offset, _) in FIELDS.items() if 72 <= offset < 160]
SIZES = {"incomplete_after_lines", "wrong_size_lines", "slow_ms", "encoder_jump_counts"}


@pytest.fixture
def scenes(tmp_path: Path) -> Iterator[dict[str, SceneWriter]]:
    made = {
        sensor.name: SceneWriter(tmp_path / sensor.name, sensor.width_px, sensor.height_px, area=sensor.area)
        for sensor in (LINE, AREA)
    }
    yield made
    for scene in made.values():
        scene.close()


def script_of(scenes: dict[str, SceneWriter], *kinds: FaultKind, every: int = 1, slow_ms: int = 300) -> FaultScript:
    targets = [(sensor, scenes[sensor.name].faults) for sensor in (LINE, AREA)]
    return FaultScript(FaultPlan(every, kinds, slow_ms), targets, turn_ns=TURN_NS)


def set_fields(faults: SceneFaults) -> dict[str, int]:
    """The fault fields that are not 0; sizes without their number of frames say nothing."""
    return {name: faults.header[name] for name in FAULT_FIELDS if faults.header[name]}


def frames_set(faults: SceneFaults) -> set[str]:
    return set(set_fields(faults)) - SIZES


@given(every=st.integers(1, 40), n=st.integers(1, 5000), kinds=st.lists(st.sampled_from(FAULT_KINDS), min_size=1))
def test_only_every_so_manieth_part_is_hit_by_the_kind_whose_turn_it_is_on_a_sensor_that_can_have_it(
    every: int, n: int, kinds: list[FaultKind]
) -> None:
    fault = planned_fault(FaultPlan(every, tuple(kinds), 100), n, (LINE, AREA))
    if n % every:
        assert fault is None
        return
    assert fault is not None
    assert (fault.n, fault.kind) == (n, kinds[(n // every - 1) % len(kinds)])
    assert fault.sensor == "shank" or fault.kind != "encoder-reverse"


def test_without_faults_in_the_settings_no_part_is_hit() -> None:
    plan = FaultPlan(0, FAULT_KINDS, 100)
    assert all(planned_fault(plan, n, (LINE, AREA)) is None for n in range(1, 100))


def test_in_two_rounds_every_kind_comes_to_every_sensor_that_can_have_it() -> None:
    plan = FaultPlan(20, FAULT_KINDS, 100)
    faults = [planned_fault(plan, n, (LINE, AREA)) for n in range(1, 2 * 20 * len(FAULT_KINDS) + 1)]
    hit = {(fault.kind, fault.sensor) for fault in faults if fault}
    able = {(kind, sensor) for kind in FAULT_KINDS for sensor in ("shank", "head")}
    assert hit == able - {("encoder-reverse", "head")}
    first_round = [fault.sensor for fault in faults[: 20 * len(FAULT_KINDS)] if fault]
    assert {"shank", "head"} == set(first_round)


def test_a_kind_that_no_sensor_can_have_hits_nothing() -> None:
    assert planned_fault(FaultPlan(1, ("encoder-reverse",), 100), 1, (AREA,)) is None


@pytest.mark.parametrize("kind", FAULT_KINDS)
@pytest.mark.parametrize("sensor", [LINE, AREA], ids=["line", "area"])
def test_a_fault_sets_its_own_fields_for_one_frame_of_one_sensor(
    scenes: dict[str, SceneWriter], kind: FaultKind, sensor: Sensor
) -> None:
    script = script_of(scenes, kind, "drop")
    turns = 1 if sensor is LINE else 3  # the second round begins with the other sensor
    for n in range(1, turns + 1):
        fault = script.before_turn(n, 0)
    assert fault is not None
    if kind == "encoder-reverse":
        assert fault.sensor == "shank"
        return
    assert (fault.kind, fault.sensor) == (kind, sensor.name)
    half = sensor.height_px // 2
    expected = {
        "incomplete": {"incomplete_after_lines": half, "incomplete_frames": 1},
        "slow": {"slow_ms": 300, "slow_frames": 1},
        "wrong-size": {"wrong_size_lines": half, "wrong_size_frames": 1},
        "encoder-jump": {"encoder_jump_counts": ENCODER_JUMP_COUNTS, "encoder_jump_frames": 1},
        "duplicate-id": {"duplicate_id_frames": 1},
        "unplug": {"unplugged": 1},
    }.get(kind, {f"{kind}_frames": 1})
    assert set_fields(scenes[sensor.name].faults) == expected


def test_a_fault_that_no_frame_took_is_taken_back_before_the_next_part_and_counted(
    scenes: dict[str, SceneWriter],
) -> None:
    script = script_of(scenes, *FAULT_KINDS, every=2)
    not_taken = 0
    for n in range(1, 4 * len(FAULT_KINDS) + 1):
        fault = script.before_turn(n, 0)
        waiting = [name for scene in scenes.values() for name in frames_set(scene.faults) - {"unplugged"}]
        assert len(waiting) == (fault is not None and fault.kind != "unplug")
        not_taken += len(waiting)
    script.finish()
    assert script.not_taken == not_taken == 2 * (len(FAULT_KINDS) - 1)
    assert all(not frames_set(scene.faults) for scene in scenes.values())


def test_a_fault_that_a_frame_took_is_not_counted_as_left_over(scenes: dict[str, SceneWriter]) -> None:
    script = script_of(scenes, "white")
    script.before_turn(1, 0)
    scenes["shank"].faults.white_frames = 0
    script.finish()
    assert script.not_taken == 0


def test_a_pulled_cable_is_plugged_in_again_after_its_time_and_not_before(scenes: dict[str, SceneWriter]) -> None:
    script = script_of(scenes, "unplug", every=2)
    script.before_turn(1, 500)
    script.before_turn(2, 1000)
    script.advance(1000 + UNPLUGGED_NS - 1)
    assert scenes["shank"].faults.unplugged == 1
    script.advance(1000 + UNPLUGGED_NS)
    assert [scene.faults.unplugged for scene in scenes.values()] == [0, 0]


def test_a_run_that_ends_with_the_cable_pulled_plugs_it_in(scenes: dict[str, SceneWriter]) -> None:
    script = script_of(scenes, "unplug")
    script.before_turn(1, 0)
    script.finish()
    assert scenes["shank"].faults.unplugged == 0


def test_no_part_comes_before_a_slow_frame_must_have_arrived(scenes: dict[str, SceneWriter]) -> None:
    script = script_of(scenes, "slow", every=2, slow_ms=300)
    assert script.infeed_free(0)
    script.before_turn(1, 0)
    assert script.infeed_free(0)
    script.before_turn(2, 0)
    assert not script.infeed_free(300_000_000 + TURN_NS)
    assert script.infeed_free(300_000_000 + TURN_NS + 500_000_000)


def test_every_kind_has_its_consequence_and_the_common_table_holds_those_of_both_kinds_of_sensor() -> None:
    assert list(EXPECTED_REASONS) == list(FAULT_KINDS)
    for kind in FAULT_KINDS:
        assert expected_reasons(kind, area=False)
        assert set(expected_reasons(kind, area=False)) <= set(EXPECTED_REASONS[kind])
    assert expected_reasons("encoder-jump", area=True) == ("no frame",)
    assert EXPECTED_REASONS["encoder-jump"] == ("encoder step", "no frame")
    with pytest.raises(KeyError):
        expected_reasons("encoder-reverse", area=True)


def test_a_fault_on_demand_hits_the_part_it_is_asked_for_and_none_hits_the_next(
    scenes: dict[str, SceneWriter],
) -> None:
    script = script_of(scenes, "black")
    fault = script.on_demand(7, "drop", 0)
    assert fault is not None
    assert (fault.n, fault.kind, fault.sensor) == (7, "drop", "shank")
    assert set_fields(scenes["shank"].faults) == {"drop_frames": 1}
    assert script.on_demand(8, None, 0) is None
    assert not any(frames_set(scene.faults) for scene in scenes.values())
    assert script.not_taken == 1
