"""The network between PLC and station: delays, losses, late copies, writers that overtake each other, dead links.

Mirrors of `PlcServerLink` what it does with links: `_on_control`, `_on_closed`, with its own `ControlOwner`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from drivers.plc.bank import ControlOwner
from drivers.plc.registers import ControlBits, ControlBlock
from tests.soak.clockwork import Clockwork
from tests.soak.plant import MS
from tests.soak.plc_cycle import Cycling
from tests.soak.station import Station


class Network:
    """`to_station(do, *args)` runs something in the station now, or when it is no longer frozen, or never."""

    def __init__(self, clock: Clockwork, random: Random, to_station: Callable[..., None]) -> None:
        self._clock, self._random, self._to_station = clock, random, to_station
        self.listening = True
        self.lossy = self.slow = self.repeating = self.overtaking = False
        self.down = False
        self._links = 0
        self._plc: dict[int, Cycling] = {}
        self._dead: set[int] = set()
        self._arrived_ns = 0
        self.station_begins()

    def station_begins(self) -> None:
        """A new station: it knows no link."""
        self._owner = ControlOwner()
        self._owner_link: int | None = None
        self._image = ControlBlock()

    def station_dies(self) -> None:
        """The kernel closes its sockets; the PLC sees it a moment later."""
        self.listening = False
        for link in list(self._plc):
            self._clock.after(2 * MS, self._closed_by_station, link)

    def connect(self, plc: Cycling) -> int | None:
        if self.down or not self.listening:
            return None
        self._links += 1
        self._plc[self._links] = plc
        return self._links

    def cut(self) -> None:
        """All links end, seen at both ends."""
        for link in list(self._plc):
            if link not in self._dead:
                self._clock.after(MS, self._to_station, self._on_closed, link)
            self._clock.after(MS, self._closed_by_station, link)

    def die(self) -> None:
        """All links are dead: nobody hears of it."""
        self._dead |= set(self._plc)

    def close(self, link: int) -> None:
        """The PLC closes; the station sees it unless the cable is gone."""
        self._plc.pop(link, None)
        if link in self._dead:
            self._clock.after(5_000 * MS, self._to_station, self._on_closed, link)
        else:
            self._clock.after(MS, self._to_station, self._on_closed, link)

    def send(self, link: int, request: int, block: ControlBlock, bits: ControlBits | None) -> None:
        """A write of the whole block, or of C0 alone, and the answer to it."""
        random = self._random
        if link in self._dead or (self.lossy and random.random() < 0.15):
            return
        at_ns = self._clock.now_ns + self._delay()
        if not self.overtaking:
            at_ns = max(at_ns, self._arrived_ns)
        self._arrived_ns = max(at_ns, self._arrived_ns)
        self._clock.at(at_ns, self._to_station, self._arrive, link, request, block, bits)
        if self.repeating and random.random() < 0.1:
            late_ns = random.randrange(2 * MS, 60 * MS)
            self._clock.after(late_ns, self._to_station, self._arrive, link, 0, block, None)

    def _delay(self) -> int:
        random = self._random
        most = 60 if self.slow else 1.5
        if self.overtaking:
            most = 12
        return int((0.2 + random.random() * most) * MS)

    def _arrive(self, station: Station, link: int, request: int, block: ControlBlock, bits: ControlBits | None) -> None:
        if link not in self._plc and self._owner_link != link and self._owner.link != link:
            return
        if station.link.silent:
            self._owner.release()
            station.link.silent = False
        if not self._owner.claim(link):
            self._answer(link, request, None)
            return
        if self._owner_link != link:
            self._owner_link = link
            station.link.came()
        self._image = block if bits is None else replace(self._image, bits=bits)
        station.tell_plc()
        station.link.wrote(self._image)
        if request:
            self._answer(link, request, station)

    def _answer(self, link: int, request: int, station: Station | None) -> None:
        if link in self._dead or (self.lossy and self._random.random() < 0.15):
            return
        status = None
        if station is not None:
            station.tell_plc()
            status = station.link.read()
        self._clock.after(self._delay(), self._reach_plc, link, request, status)

    def _reach_plc(self, link: int, request: int, status: object) -> None:
        plc = self._plc.get(link)
        if plc is not None and link not in self._dead:
            plc.reply(link, request, status)  # type: ignore[arg-type]

    def _on_closed(self, station: Station, link: int) -> None:
        if link == self._owner.link:
            self._owner.release()
        if link == self._owner_link:
            self._owner_link = None
            station.link.gone()

    def _closed_by_station(self, link: int) -> None:
        plc = self._plc.pop(link, None)
        if plc is not None and link not in self._dead:
            plc.closed(link)
