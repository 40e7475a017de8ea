"""How the PLC's program meets the station's registers, whichever of the two is the Modbus server.

Must not know what the registers mean for the line.
"""

from __future__ import annotations

import logging
from typing import Protocol

from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcError, PlcRefusedError
from drivers.plc.registers import CONTROL_BASE, STATUS_BASE, STATUS_WORDS, ControlBlock, StatusBlock
from drivers.plc.symbols import LAYOUT_VERSION

_log = logging.getLogger(__name__)


class StationPort(Protocol):
    """The PLC's view of the station: a status in, a control block out when it has changed."""

    async def read(self) -> StatusBlock | None:
        """The status block as one snapshot; None when there is no station at the other end."""
        ...

    async def write(self, control: ControlBlock) -> None:
        """Show the station this control block."""
        ...

    async def cut(self) -> None:
        """The cable is pulled."""
        ...

    async def mend(self) -> None:
        """The cable is back."""
        ...


class ClientPort:
    """The station is the Modbus server; the PLC polls its status and writes its control block."""

    def __init__(self, client: CarefulClient) -> None:
        self._client = client
        self._words: tuple[int, ...] = ()
        self._status: StatusBlock | None = None
        self._written: ControlBlock | None = None
        self._said: str | None = None
        self._write_failed = False
        self._connects = 0

    async def read(self) -> StatusBlock | None:
        """The status block as one snapshot; None when there is no connection or its register map is another one."""
        if self._write_failed:
            self._write_failed = False
            return None
        try:
            words = await self._client.read(STATUS_BASE, STATUS_WORDS)
        except PlcError as error:
            self._failed(error)
            return None
        if self._client.counters.connects != self._connects:
            # The link was lost and made again between two scans: for the parts in hand it is lost all the same.
            self._connects = self._client.counters.connects
            self._written = None
            return None
        if words != self._words or self._status is None:
            self._words, self._status = words, StatusBlock.decode(words)
        if self._status.layout_version in (0, LAYOUT_VERSION):
            return self._status
        self._say(
            f"the station's register map has version {self._status.layout_version}, this PLC program was made for "
            f"{LAYOUT_VERSION}: the line waits; run both from one release"
        )
        return None

    async def write(self, control: ControlBlock) -> None:
        """Write the control block if it is another one than last time; after a failure the next read gives None."""
        if control == self._written:
            return
        self._written = None
        try:
            await self._client.write(CONTROL_BASE, control.encode())
        except PlcError as error:
            self._failed(error)
            self._write_failed = True
        else:
            self._written = control
            self._said = None

    async def cut(self) -> None:
        """See StationPort."""
        self._written = None
        await self._client.stop()

    async def mend(self) -> None:
        """See StationPort."""
        await self._client.start()

    def _failed(self, error: PlcError) -> None:
        self._written = None
        if isinstance(error, PlcRefusedError):  # a lost link is said by the client; a refusal would go unsaid
            self._say(str(error))

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            _log.error("%s", sentence)
