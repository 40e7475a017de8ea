"""The soaked line as one: belt, camera, workers, network, the lives of PLC and station, and the truth beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.soak.clockwork import Clockwork
from tests.soak.devices import Camera, Workers
from tests.soak.motion import Motion
from tests.soak.network import Network
from tests.soak.parts import FORGET_NS, Parts
from tests.soak.plant import (
    DISTURBED_NS,
    MS,
    SECOND,
    SPEEDS,
    Bugs,
)
from tests.soak.plc import Line, Plc
from tests.soak.rest import Books
from tests.soak.station import LINK_TICK_NS, TICK_NS, Station
from tests.soak.truth import Tally, Truth
from tests.soak.watched import Killed


class World:
    """`path`: the ledger file of the station, which outlives it."""

    def __init__(self, path: Path, seed: int, bugs: Bugs | None = None) -> None:
        self.random = Random(seed)
        self.bugs = bugs or Bugs()
        self._path = path
        self.motion = Motion(0xFFFF_FFFF - self.random.randrange(200_000))
        self.clock = Clockwork(self.motion)
        self.truth = Truth()
        self.truth.now = self.now
        self.camera = Camera(self.clock, self.random, self.truth, self.bugs, self.to_station)
        self.workers = Workers(self.clock, self.random, self.camera, self.to_station)
        self.network = Network(self.clock, self.random, self.to_station)
        self.line = Line()
        self.plc: Plc = self._new_plc(65_535 - self.random.randrange(500))
        self.station: Station | None = None
        self.life = 0
        self.frozen_until_ns = 0
        self.loop_slow = False
        self.faults_played = 0
        self.disturbed_until_ns = 2 * SECOND
        self._following = False
        self.books = Books(self)
        self.parts = Parts(self)
        self.start_station()
        self.motion.set_speed(SPEEDS[2], 0)

    # What the station reaches outside itself.

    def now(self) -> int:
        return self.clock.now_ns

    def furthest(self) -> float:
        return self.motion.furthest(self.clock.now_ns)

    def submit(self, part_uid: int, view: int, slot: int) -> None:
        self.workers.submit(part_uid, view, slot)

    def release(self, slot: int) -> None:
        self.camera.release(slot)

    @property
    def alive(self) -> int:
        return self.workers.alive

    # Running.

    def run(self, triggers: int) -> Tally:
        """Until so many parts were triggered and the line is empty; SoakFaultError as soon as a promise is broken."""
        tally, step = self.truth.tally, self.clock.step
        self.parts.wanted = triggers
        while tally.triggers < triggers or not self.parts.done:
            step()
        until_ns = self.clock.now_ns + 2 * FORGET_NS
        while self.clock.now_ns < until_ns:  # the last parts are accounted for
            step()
        return tally

    def end(self) -> None:
        """Let go of the ledger file."""
        if self.station is not None:
            self.station.ledger.close()

    def to_station(self, do: Callable[..., None], *args: object) -> None:
        """Something reaches the station: now, when it goes on, or never because it is gone."""
        self._reach(self.life, do, args)

    def _reach(self, life: int, do: Callable[..., None], args: tuple[object, ...]) -> None:
        station = self.station
        if station is None or life != self.life:
            return
        if self.clock.now_ns < self.frozen_until_ns:
            self.clock.at(self.frozen_until_ns, self._reach, life, do, args)
            return
        try:
            do(station, *args)
            if station.link._events and not self._following:
                if self.loop_slow:
                    self._following = True
                    self.clock.after(self.random.randrange(1, 25) * MS, self._follow, life)
                else:
                    station.follow_plc(self.clock.now_ns)
        except Killed:
            self.kill()

    def _follow(self, life: int) -> None:
        self._following = False
        self._reach(life, _nothing, ())
        station = self.station
        if station is None or life != self.life or self.clock.now_ns < self.frozen_until_ns:
            return
        try:
            station.follow_plc(self.clock.now_ns)
        except Killed:
            self.kill()

    # The station's lives.

    def start_station(self) -> None:
        """A new process on the same ledger file."""
        self.life += 1
        self.station = Station(self._path, self, self.life * 10_000_000)
        self.network.station_begins()
        self.network.listening = True
        self.camera.new_ring()
        self.workers.begin()
        self._following = False
        self.clock.after(100 * MS, self.set_camera, self.life, True)
        self.clock.after(TICK_NS, self._tick, self.life)
        self.clock.after(LINK_TICK_NS, self._link_tick, self.life)

    def kill(self) -> None:
        """It is gone at once; somebody starts it anew."""
        station, self.station = self.station, None
        assert station is not None
        station.fate.steps = None
        station.ledger.close()
        self.books.forget()
        self.life += 1
        self.camera.close()
        self.network.station_dies()
        self.faults_played += 1
        away_ns = self.random.randrange(200, 1500) * MS
        self.disturb(away_ns)
        self.clock.after(away_ns, self.start_station)

    def set_camera(self, life: int, up: bool) -> None:
        """The camera acquires, or not."""
        if life != self.life or self.station is None or self.camera.up == up:
            return
        if up:
            self.camera.open()
            self.camera.up = True
            self._reach(life, Station.camera_up, ())
        else:
            self.camera.close()
            self._reach(life, _camera_down, ())

    def _tick(self, life: int) -> None:
        station = self.station
        if station is None or life != self.life:
            return
        self._reach(life, Station.tick, (self.clock.now_ns,)) if self.awake() else None
        busy = self.parts.on_belt
        self.clock.at(
            max(self.clock.now_ns, self.frozen_until_ns) + (TICK_NS if busy else 5 * TICK_NS), self._tick, life
        )

    def _link_tick(self, life: int) -> None:
        station = self.station
        if station is None or life != self.life:
            return
        if self.awake():
            self._reach(life, _link_tick, ())
        busy = self.parts.on_belt
        pause_ns = LINK_TICK_NS if busy else 2 * LINK_TICK_NS
        self.clock.at(max(self.clock.now_ns, self.frozen_until_ns) + pause_ns, self._link_tick, life)

    def awake(self) -> bool:
        return self.clock.now_ns >= self.frozen_until_ns

    # The PLC's lives.

    def _new_plc(self, first_seq: int) -> Plc:
        return Plc(self.clock, self.network, self.truth, self.line, self.bugs, first_seq)

    def restart_plc(self) -> None:
        """Power off and on: it knows no parts; numbers and counters go on, or begin anew."""
        old = self.plc
        old.power_off()
        self.books.forget()
        self.clock.after(self.random.randrange(200, 1500) * MS, self._plc_on, old)

    def _plc_on(self, old: Plc) -> None:
        if self.random.random() < 0.5:
            self.plc = self._new_plc(old._next_seq)
            self.plc.triggers, self.plc.passed, self.plc.rejected = old.triggers, old.passed, old.rejected
        else:
            self.line.parts_seen = self.line.rejects_seen = 0
            self.motion.offset = self.random.choice((0, 0xFFFF_FFFF - 50_000, self.random.getrandbits(32)))
            self.plc = self._new_plc(self.random.choice((1, 65_500, self.random.randrange(1, 65_536))))

    def disturb(self, for_ns: int) -> None:
        """A fault goes on for so long; no part near it counts as untouched."""
        until_ns = self.clock.now_ns + for_ns + DISTURBED_NS
        self.disturbed_until_ns = max(self.disturbed_until_ns, until_ns)


def _nothing(station: Station) -> None:
    del station


def _camera_down(station: Station) -> None:
    station.camera_down(station.now_ns)


def _link_tick(station: Station) -> None:
    station.link.tick()
