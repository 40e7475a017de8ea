"""The PLC as Modbus server: the station comes as a client, reads the control block and writes its status block.

The same addresses as where the station is the server. The status block is written by one link, the first that writes
it, until that link ends. Must not know what the registers mean for the line.
"""

from __future__ import annotations

import logging
import struct

from drivers.plc.bank import ControlOwner
from drivers.plc.pdu import ExceptionCode, RequestRefusedError
from drivers.plc.registers import CONTROL_BASE, CONTROL_WORDS, STATUS_BASE, STATUS_WORDS, ControlBlock, StatusBlock
from drivers.plc.server import ModbusServer
from drivers.plc.symbols import LAYOUT_VERSION

_log = logging.getLogger(__name__)
_MOST_LINKS = 8


class PlcRegisters:
    """The PLC's memory: the control block for all to read, the status block for the station to write."""

    def __init__(self) -> None:
        self.owner = ControlOwner()
        self.control = ControlBlock().encode()
        self.status = (0,) * STATUS_WORDS
        self.written = False

    def read_holding(self, address: int, count: int) -> bytes:
        """Words of the control block or of the status block, not across both."""
        for base, words in ((CONTROL_BASE, self.control), (STATUS_BASE, self.status)):
            start = address - base
            if start >= 0 and start + count <= len(words):
                return struct.pack(f">{count}H", *words[start : start + count])
        raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)

    def read_input(self, address: int, count: int) -> bytes:
        """The control block as input registers from 0."""
        if not address >= 0 or address + count > CONTROL_WORDS:
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        return struct.pack(f">{count}H", *self.control[address : address + count])

    def write_holding(self, address: int, words: tuple[int, ...], writer: int) -> None:
        """Status registers, all at once, by the owning link alone."""
        start = address - STATUS_BASE
        if not start >= 0 or start + len(words) > STATUS_WORDS:
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        if not self.owner.claim(writer):
            raise RequestRefusedError(ExceptionCode.BUSY)
        self.status = self.status[:start] + words + self.status[start + len(words) :]
        self.written = True

    def forget_station(self) -> None:
        """The station's link ended: nothing that it wrote counts any more."""
        self.owner.release()
        self.status = (0,) * STATUS_WORDS
        self.written = False


class ServedPort:
    """The PLC's end of the link, for `run_line`; see StationPort. `start` raises PlcError where it cannot listen."""

    def __init__(self, host: str, port: int, unit_id: int) -> None:
        self._registers = PlcRegisters()
        self._server = ModbusServer(
            self._registers,
            host=host,
            port=port,
            unit_id=unit_id,
            max_connections=_MOST_LINKS,
            on_closed=self._on_closed,
        )
        self._was_lost = False
        self._said_version = 0

    async def start(self) -> None:
        """Listen."""
        await self._server.start()

    async def stop(self) -> None:
        """Close every link."""
        await self._server.stop()

    async def read(self) -> StatusBlock | None:
        """What the station wrote last; None while it is away, and once after it was away in between."""
        lost, self._was_lost = self._was_lost, False
        if lost or not self._registers.written:
            return None
        status = StatusBlock.decode(self._registers.status)
        if status.layout_version in (0, LAYOUT_VERSION):
            return status
        if status.layout_version != self._said_version:
            self._said_version = status.layout_version
            _log.error(
                "the station's register map has version %d, this PLC program was made for %d: the line waits; run both "
                "from one release", status.layout_version, LAYOUT_VERSION,
            )  # fmt: skip
        return None

    async def write(self, control: ControlBlock) -> None:
        """Show this control block from now on, as one snapshot."""
        self._registers.control = control.encode()

    async def cut(self) -> None:
        """See StationPort: nobody is there to connect to, either."""
        await self._server.stop()

    async def mend(self) -> None:
        """See StationPort."""
        await self._server.start()

    def _on_closed(self, link: int) -> None:
        if link == self._registers.owner.link:
            self._registers.forget_station()
            self._was_lost = True
