"""The capture process's end of the control socket. Must not know cameras, nor what an order means."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

from drivers.camera.wire import MAX_PACKET_BYTES, Alive, Order, Plan, Report, decode_order, decode_plan, encode_report

REPORT_LIMIT_S = 5.0


class StationGoneError(Exception):
    """The control socket is closed: time to end."""


class Control:
    """Reports go out, orders come in; every wait has a limit."""

    def __init__(self, control: socket.socket) -> None:
        self._socket = control

    def plan(self, limit_s: float) -> Plan:
        """The plan, which is the first thing to come. StationGoneError when it does not come."""
        packet = self._receive(limit_s)
        if packet is None:
            raise StationGoneError(f"no plan came within {limit_s:.0f} s")
        return decode_plan(packet)

    def report(self, report: Report) -> None:
        """Send it; StationGoneError when the station has not read for REPORT_LIMIT_S or has gone."""
        self._socket.settimeout(REPORT_LIMIT_S)
        try:
            self._socket.send(encode_report(report))
        except OSError as error:  # it does not read, or is dead: its supervision starts anew
            raise StationGoneError("the station does not listen") from error

    def alive(self, limit_ms: int) -> None:
        """Say that the next step may take so long."""
        self.report(Alive(limit_ms))

    def orders(self, limit_s: float = 0.0) -> Iterator[Order]:
        """Every order that is there, or the first ones to come within the limit. StationGoneError at the end."""
        packet = self._receive(limit_s)
        while packet is not None:
            yield decode_order(packet)
            packet = self._receive(0.0)

    def _receive(self, limit_s: float) -> bytes | None:
        self._socket.settimeout(max(0.0, limit_s))
        try:
            packet = self._socket.recv(MAX_PACKET_BYTES)
        except (BlockingIOError, TimeoutError):
            return None
        except ConnectionResetError as error:
            raise StationGoneError("the station has gone") from error
        if not packet:
            raise StationGoneError("the station closed the control socket")
        return packet

    def pause(self, limit_s: float) -> Iterator[Order]:
        """Every order that comes within the limit, to its end."""
        until_s = time.monotonic() + limit_s
        while (left_s := until_s - time.monotonic()) > 0:
            yield from self.orders(left_s)
