"""The world does what the PLC commands, shows each picture before the jig turns, and is the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from drivers.cell.main import plc_rules
from drivers.cell.plc_program import PlcProgram, ScanInputs
from drivers.cell.settings import CellSettings
from drivers.cell.world import Piece, World
from drivers.plc.registers import ControlBlock, ResultBlock, VerdictCode
from tests.cell_station import MS, SmallStation

PIECES = [Piece(n if n else -1, f"p{n}", "sound", defective=False, problem=None if n else "gone") for n in range(5)]


@dataclass
class Lamp:
    """A scene that remembers."""

    shown: list[tuple[int, int, bool]] = field(default_factory=list)
    motions: list[tuple[int, float, float]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def show(self, start_count: int, picture: int, *, pulse: bool = True) -> None:
        assert self.motions[-1][2] == 0, "the pulse must be laid out while the jig rests"
        assert start_count > self.motions[-1][1]
        self.shown.append((start_count, picture, pulse))

    def set_encoder(self, t0_ns: int, count0: float, rate: float) -> None:
        self.motions.append((t0_ns, count0, rate))


def run(settings: CellSettings, *, shuffled: bool = True) -> tuple[Lamp, dict[str, object], list[dict[str, object]]]:
    """A whole run in virtual time against an obedient station."""
    lamp, rows = Lamp(), list[dict[str, object]]()
    world = World(settings, PIECES, lamp, shuffled=shuffled, last_part=settings.parts, now_ns=0, on_part=rows.append)
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
            return lamp, world.finish(), rows
    pytest.fail("the run does not end")


SETTINGS = CellSettings(parts=23, rate_parts_per_s=10, defect_bins=("one",))


def test_every_part_is_shown_with_its_pulse_and_ends_in_its_bin() -> None:
    lamp, score, rows = run(SETTINGS)
    assert len(lamp.shown) == 23
    assert all(pulse for _, _, pulse in lamp.shown)
    assert score["bins"] == {"next-station": 18, "one": 3, "reject": 2}
    assert (score["triggered"], score["binned"], score["unaccounted"]) == (23, 23, 0)
    assert [PIECES[int(str(row["picture"]))].scene_index for row in rows] == [picture for _, picture, _ in lamp.shown]


def test_the_encoder_that_the_camera_sees_never_jumps() -> None:
    lamp, _, _ = run(SETTINGS)
    for (t0_ns, count0, rate), (t1_ns, count1, _) in pairwise(lamp.motions):
        assert count1 == pytest.approx(count0 + rate * (t1_ns - t0_ns) * 1e-9, abs=1e-6)


def test_the_same_seed_is_the_same_world_and_another_seed_another() -> None:
    first, again, other = run(SETTINGS), run(SETTINGS), run(SETTINGS.model_copy(update={"seed": 2}))
    assert first == again
    assert first[0].motions != other[0].motions
    assert [row["picture"] for row in first[2]] != [row["picture"] for row in other[2]]


def test_a_picture_that_could_not_be_had_is_shown_as_an_empty_jig_and_is_an_escape_when_it_passes() -> None:
    lamp, score, rows = run(SETTINGS.model_copy(update={"parts": 5}), shuffled=False)
    assert [picture for _, picture, _ in lamp.shown] == [-1, 1, 2, 3, 4]
    assert rows[0]["bin"] == "next-station"
    assert score["escapes"] == 1
    assert score["overkill"] == 1
