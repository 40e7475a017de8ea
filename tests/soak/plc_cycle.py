"""The model PLC's cycle on the wire: one write and one read at a time, time-outs, a new link when the old one is lost.

Must not know parts, handshake or verdicts; those are the program's (`plc.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from drivers.plc.registers import ControlBits, ControlBlock, StatusBlock
from tests.soak.clockwork import Clockwork
from tests.soak.plant import MS

_SCAN_NS, _POLL_NS, _IDLE_POLL_NS = MS, 7 * MS, 20 * MS
_REPLY_LIMIT_NS = 40 * MS
_REPLIES_MISSED = 3
CONTROL = [ControlBits(bits) for bits in range(256)]


class Wire(Protocol):
    """The network as the PLC sees it."""

    def connect(self, plc: Cycling) -> int | None: ...
    def send(self, link: int, request: int, block: ControlBlock, bits: ControlBits | None) -> None: ...
    def close(self, link: int) -> None: ...


class Cycling(ABC):
    """From power-up to power-off."""

    def __init__(self, clock: Clockwork, wire: Wire) -> None:
        self._clock, self._wire = clock, wire
        self.on = True
        self.scan_slow_ns = 0
        self.several_writers = False
        """Changed bits are written by another task than the block, and the network may turn the order."""
        self._link: int | None = None
        self._request = self._missed = self._sent_bits = 0
        self._waiting: int | None = None

    @abstractmethod
    def _block(self) -> ControlBlock:
        """What is to be written now."""

    @abstractmethod
    def _scan(self, status: StatusBlock) -> bool:
        """One turn of the program over a fresh status block; whether there is something new to write."""

    @abstractmethod
    def _station_gone(self, why: str) -> None:
        """The link is lost, or the power is off."""

    @property
    @abstractmethod
    def _busy(self) -> bool:
        """Whether something is waited for: then the station is asked more often."""

    def power_off(self) -> None:
        """Outputs fall; what was in hand is nobody's."""
        self._station_gone("PLC off")
        self.on = False
        if self._link is not None:
            self._wire.close(self._link)
            self._link = None

    def closed(self, link: int) -> None:
        """The station, or the network, closed this link."""
        if link == self._link and self.on:
            self._link_lost()

    def reply(self, link: int, request: int, status: StatusBlock | None) -> None:
        """The answer to a request; None: refused, another link owns the control block."""
        if not self.on or link != self._link or request != self._waiting:
            return
        self._waiting, self._missed = None, 0
        changed = status is not None and self._scan(status)
        waiting_ns = _POLL_NS if self._busy else _IDLE_POLL_NS
        pause_ns = _SCAN_NS if changed else waiting_ns
        self._clock.after(pause_ns + self.scan_slow_ns, self._cycle_for, link, request)

    def _cycle_for(self, link: int, request: int) -> None:
        if self.on and link == self._link and self._waiting is None and request == self._request:
            self._cycle()

    def _cycle(self, *, urgent: bool = False) -> None:
        assert self._link is not None
        block = self._block()
        self._request += 1
        self._waiting = self._request
        by_bits = self.several_writers and int(block.bits) != self._sent_bits
        if by_bits and urgent:
            held_back = ControlBlock(**{**_fields(block), "bits": CONTROL[self._sent_bits]})
            self._wire.send(self._link, 0, held_back, None)
        self._wire.send(self._link, self._request, block, block.bits if by_bits else None)
        self._sent_bits = int(block.bits)
        self._clock.after(_REPLY_LIMIT_NS, self._no_reply, self._link, self._request)

    def _no_reply(self, link: int, request: int) -> None:
        if not self.on or link != self._link or request != self._waiting:
            return
        self._waiting = None
        self._missed += 1
        if self._missed < _REPLIES_MISSED:
            self._cycle()
        else:
            self._wire.close(link)
            self._link_lost()

    def _link_lost(self) -> None:
        self._link = self._waiting = None
        self._missed = self._sent_bits = 0
        self._station_gone("link lost")
        self._connect_again(100 * MS)

    def _connect_again(self, after_ns: int) -> None:
        self._clock.after(after_ns, self._connect)

    def _connect(self) -> None:
        if not self.on or self._link is not None:
            return
        self._link = self._wire.connect(self)
        if self._link is None:
            self._connect_again(200 * MS)
        else:
            self._cycle()


def _fields(block: ControlBlock) -> dict[str, object]:
    return {name: getattr(block, name) for name in ControlBlock.__dataclass_fields__}
