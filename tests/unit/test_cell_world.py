"""The world does what the PLC commands, shows each picture before the jig turns, and is the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.camera.producer.scene import SceneWriter
from drivers.cell.fault_script import FaultScript
from drivers.cell.faults import FaultPlan
from drivers.cell.main import plc_rules
from drivers.cell.plc_program import PlcProgram, ScanInputs
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.cell.world import Piece, World
from drivers.plc.registers import ControlBlock, ResultBlock, VerdictCode
from tests.cell_station import MS, SmallStation

LINE = Sensor("shank", Path("shank.scene"), 2048, 3648)
AREA = Sensor("head", Path("head.scene"), 2464, 2056, area=True, pulses=(0, 2048, 4096, 6144))


def pieces(*sensors: Sensor) -> list[Piece]:
    """Five parts; picture n of a sensor's bank for its every pulse, and none of part 0."""
    return [
        Piece(
            tuple(tuple(10 * n + pulse if n else -1 for pulse in range(len(sensor.pulses))) for sensor in sensors),
            f"p{n}",
            "sound",
            defective=False,
            problem=None if n else "gone",
        )
        for n in range(5)
    ]


@dataclass
class Lamp:
    """A scene that remembers."""

    shown: list[tuple[int, int, bool, int]] = field(default_factory=list)
    motions: list[tuple[int, float, float]] = field(default_factory=list)

    def show(self, start_count: int, picture: int, *, pulse: bool = True, number: int = 0) -> None:
        assert self.motions[-1][2] == 0, "the pulse must be laid out while the jig rests"
        assert start_count > self.motions[-1][1]
        self.shown.append((start_count, picture, pulse, number))

    def set_encoder(self, t0_ns: int, count0: float, rate: float) -> None:
        self.motions.append((t0_ns, count0, rate))


def run(
    settings: CellSettings,
    *,
    shuffled: bool = True,
    sensors: Sequence[Sensor] = (LINE,),
    faults: FaultScript | None = None,
) -> tuple[list[Lamp], dict[str, object], list[dict[str, object]]]:
    """A whole run in virtual time against an obedient station."""
    lamps, rows = [Lamp() for _ in sensors], list[dict[str, object]]()
    world = World(
        settings,
        pieces(*sensors),
        list(zip(sensors, lamps, strict=True)),
        shuffled=shuffled,
        last_part=settings.parts,
        now_ns=0,
        faults=faults,
        on_part=rows.append,
    )
    program, control = PlcProgram(plc_rules(settings)), ControlBlock()
    station = SmallStation(
        answer=lambda seq, _: ResultBlock.sealed(
            part_seq=seq, verdict=VerdictCode.DEFECT if seq % 4 == 0 else VerdictCode.PASS, defect_class=seq % 8 // 4
        )
    )
    for now_ns in range(4 * MS, 60_000 * MS, 4 * MS):
        status = station.step(control, now_ns)
        world.advance(now_ns)
        outputs = program.scan(ScanInputs(now_ns, status, world.jig_view()))
        world.obey(outputs, now_ns)
        control = outputs.control
        if world.done:
            return lamps, world.finish(), rows
    pytest.fail("the run does not end")


SETTINGS = CellSettings(parts=23, rate_parts_per_s=10, defect_bins=("one",))


def test_every_part_is_shown_with_its_pulse_and_its_number_and_ends_in_its_bin() -> None:
    (lamp,), score, rows = run(SETTINGS)
    assert [(pulse, number) for _, _, pulse, number in lamp.shown] == [(True, n) for n in range(1, 24)]
    assert score["bins"] == {"next-station": 18, "one": 3, "reject": 2}
    assert (score["triggered"], score["binned"], score["unaccounted"]) == (23, 23, 0)
    known = pieces(LINE)
    assert [known[int(str(row["picture"]))].scene_indices[0][0] for row in rows] == [shown[1] for shown in lamp.shown]


def test_every_camera_is_pulsed_at_its_own_counts_and_sees_its_own_pictures_of_the_same_part() -> None:
    (shank, head), score, rows = run(SETTINGS, sensors=(LINE, AREA))
    assert (score["triggered"], score["binned"]) == (23, 23)
    assert len(head.shown) == 4 * len(shank.shown)
    for index, (start_count, picture, _, number) in enumerate(shank.shown):
        assert head.shown[4 * index : 4 * index + 4] == [
            (start_count + counts, -1 if picture < 0 else picture + pulse, True, number)
            for pulse, counts in enumerate(AREA.pulses)
        ]
    assert [row["n"] for row in rows] == [shown[3] for shown in shank.shown]


def test_all_cameras_see_the_same_encoder() -> None:
    (shank, head), _, _ = run(SETTINGS, sensors=(LINE, AREA))
    assert shank.motions == head.motions


def test_the_encoder_that_the_camera_sees_never_jumps() -> None:
    (lamp,), _, _ = run(SETTINGS)
    for (t0_ns, count0, rate), (t1_ns, count1, _) in pairwise(lamp.motions):
        assert count1 == pytest.approx(count0 + rate * (t1_ns - t0_ns) * 1e-9, abs=1e-6)


def test_the_same_seed_is_the_same_world_and_another_seed_another() -> None:
    first, again, other = run(SETTINGS), run(SETTINGS), run(SETTINGS.model_copy(update={"seed": 2}))
    assert first == again
    assert first[0][0].motions != other[0][0].motions
    assert [row["picture"] for row in first[2]] != [row["picture"] for row in other[2]]


def test_a_picture_that_could_not_be_had_is_shown_as_an_empty_jig_and_is_an_escape_when_it_passes() -> None:
    (lamp,), score, rows = run(SETTINGS.model_copy(update={"parts": 5}), shuffled=False)
    assert [picture for _, picture, _, _ in lamp.shown] == [-1, 10, 20, 30, 40]
    assert rows[0]["bin"] == "next-station"
    assert score["escapes"] == 1
    assert score["overkill"] == 1


def test_the_row_of_a_part_names_the_fault_that_hit_it_and_nothing_follows_a_slow_frame_before_it_has_come(
    tmp_path: Path,
) -> None:
    scene = SceneWriter(tmp_path / "scene", LINE.width_px, LINE.height_px)
    plan = FaultPlan(every=3, kinds=("drop", "slow"), slow_ms=400)
    script = FaultScript(plan, [(LINE, scene.faults)], turn_ns=SETTINGS.turn_ns)
    _, score, rows = run(SETTINGS.model_copy(update={"parts": 8}), faults=script)
    scene.close()
    assert [(row["n"], row["fault"], row["fault_sensor"]) for row in rows if row["fault"]] == [
        (3, "drop", "shank"),
        (6, "slow", "shank"),
    ]
    assert score["faulted"] == {"drop": 1, "slow": 1}
    triggers = [int(str(row["trigger_ns"])) for row in rows]
    gaps_ms = [(later - earlier) / MS for earlier, later in pairwise(triggers)]
    assert gaps_ms[5] >= 400 + SETTINGS.turn_ns / MS
    assert all(gap < 200 for index, gap in enumerate(gaps_ms) if index != 5)
