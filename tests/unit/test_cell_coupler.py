"""The coupler at the simulated line: what its inputs show, when its gate has moved, what its watchdog does."""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import pairwise

import pytest

from drivers.cell.coil_gate import CoilGate
from drivers.cell.coupler import Coupler
from drivers.cell.line_alone import LineAlone
from drivers.cell.world import World
from drivers.plc.pdu import RequestRefusedError
from drivers.remote_io.settings import RemoteIoSettings
from tests.cell_bench import GATE, PIECES, SENSOR, SETTINGS, Dark
from tests.cell_station import MS

REMOTE = RemoteIoSettings.model_validate(
    {
        "host": "127.0.0.1",
        "part_sensor": {"input": 3},
        "air_ok": {"input": 4},
        "bin_full": {"input": 5, "inverted": True},
        "latch": {"address": 12},
        "encoder": {"address": 10, "word_order": "low_first"},
        "reject_sensor": {"counter": 20, "table": "holding"},
        "gate_sensor": {"counter": 15},
        "gates": [{"name": "good", "coil": 7, "opens_for": "pass"}, {"name": "pits", "coil": 8, "opens_for": 1}],
        "watchdog": {"address": 40, "value": 300},
    }
)
ACTUATOR_MS = 10


class Alone:
    """World, coupler and drive in virtual time."""

    def __init__(self, parts: int = 3, line_fault_every: int = 0) -> None:
        self.now_ns = 0
        settings = SETTINGS.model_copy(update={"parts": parts, "line_fault_every": line_fault_every})
        self.gate = CoilGate()
        self.rows: list[dict[str, object]] = []
        self.world = World(
            settings, PIECES, [(SENSOR, Dark())], shuffled=False, last_part=parts, now_ns=0,
            on_part=self.rows.append, gate=GATE, coil=self.gate,
        )  # fmt: skip
        self.coupler = Coupler(
            REMOTE, self.world, self.gate, actuator_ns=ACTUATOR_MS * MS, clock_ns=lambda: self.now_ns
        )
        self.drive = LineAlone(settings.period_ns, 1)

    def step(self, ms: int = 1) -> None:
        for _ in range(ms):
            self.now_ns += MS
            self.coupler.follow()
            outputs = self.drive.scan(
                self.now_ns, self.world.jig_view(), self.world.line_inputs(), running=self.coupler.has_master
            )
            self.world.obey(outputs, self.now_ns)

    def write(self, on: bool) -> None:
        self.coupler.write_coils(7, (on, False), 1)

    def counter(self, address: int) -> int:
        high, low = struct.unpack(">HH", self.coupler.read_input(address, 2))
        return (high << 16) | low if address == 12 else (low << 16) | high

    def rejects(self) -> int:
        return struct.unpack(">H", self.coupler.read_holding(20, 1))[0]


def test_the_drive_is_off_until_somebody_writes_the_outputs_and_then_turns_once_empty() -> None:
    line = Alone()
    line.step(300)
    assert line.counter(10) == 0
    line.write(False)
    line.step(70)
    assert line.world.score()["triggered"] == 0
    assert line.counter(10) > 10_000
    line.step(30)
    assert line.world.score()["triggered"] == 1


def test_the_sensor_at_the_trigger_is_covered_for_half_a_turn_and_the_latch_keeps_the_count() -> None:
    line = Alone()
    seen: list[tuple[bool, int]] = []
    for _ in range(500):
        line.write(False)
        line.step()
        seen.append((line.coupler.read_discrete(3, 1)[0], line.counter(12)))
    rises = [now for before, now in pairwise(seen) if now[0] and not before[0]]
    latched = [count for _, count in rises]
    assert len(latched) == 3
    assert latched == sorted(latched)
    assert all(count % 4 == 0 for count in latched)
    assert seen[-1] == (False, latched[-1])


def test_an_open_gate_lets_every_part_pass_and_a_shut_one_none() -> None:
    for on in (False, True):
        line = Alone()
        while not line.world.done:
            line.write(on)
            line.step()
        assert {row["gate"] for row in line.rows} == {"open" if on else "closed"}
        assert (line.rejects(), len(line.rows)) == (0 if on else 3, 3)


def test_the_gate_has_moved_an_actuator_time_after_its_coil() -> None:
    line = Alone()
    line.write(True)
    line.step(ACTUATOR_MS - 1)
    assert (line.coupler.read_coils(7, 1), line.gate.on) == ((True,), False)
    line.step(1)
    assert line.gate.on


def test_without_a_write_for_the_watchdogs_time_the_outputs_drop_and_without_a_master_the_drive_stands() -> None:
    line = Alone()
    line.coupler.write_holding(40, (200,), 1)
    line.write(True)
    line.step(199)
    assert line.coupler.read_coils(7, 2) == (True, False)
    line.step(1)
    assert line.coupler.read_coils(7, 2) == (False, False)
    assert (line.coupler.has_master, line.coupler.watchdog_trips) == (True, 1)
    line.step(ACTUATOR_MS)
    assert not line.gate.on
    line.step(1000)
    assert not line.coupler.has_master
    triggered = line.world.score()["triggered"]
    line.step(500)
    assert line.world.score()["triggered"] == triggered


def test_inputs_are_wired_as_configured() -> None:
    line = Alone()
    assert line.coupler.read_discrete(3, 3) == (False, True, True)
    line.world.line.trouble.begin("air-low", line.now_ns)
    line.world.line.trouble.begin("bin-full", line.now_ns)
    assert line.coupler.read_discrete(3, 3) == (False, False, False)


@pytest.mark.parametrize(
    "ask",
    [
        lambda coupler: coupler.read_coils(6, 1),
        lambda coupler: coupler.write_coils(7, (True, True, True), 1),
        lambda coupler: coupler.write_holding(41, (1,), 1),
    ],
)
def test_what_is_not_there_is_refused(ask: Callable[[Coupler], object]) -> None:
    coupler = Alone().coupler
    with pytest.raises(RequestRefusedError):
        ask(coupler)
    assert coupler.read_coils(7, 2) == (False, False)


def test_a_coil_gate_is_open_from_the_count_of_its_switching_to_the_next_and_forgets_what_is_past() -> None:
    gate = CoilGate()
    gate.switch(True, 100.5)
    gate.switch(True, 120.0)
    assert [gate.passes(at) for at in (100, 101, 500)] == [False, True, True]
    gate.switch(False, 150.0)
    gate.switch(False, 160.0)
    assert [gate.passes(at) for at in (149, 150)] == [True, False]
    assert (gate.begin_for(1, 130), gate.begin_for(1, 99), gate.done) == (100, None, 1)
    gate.slip(1000)
    assert gate.passes(1149)
    gate.forget(1150.0, ())
    assert not gate.passes(1149)
