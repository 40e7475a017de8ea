"""The station's Modbus server while there is no station behind it: it answers, and says that nothing can be had.

Online 0, State Preoperational, every other register zero, the heartbeat too, whatever the PLC writes: so that the PLC
rejects, and whoever looks at its side sees why. Must not know why there is no station.
"""

from pathlib import Path

from drivers.plc.bank import ControlOwner, RegisterBank
from drivers.plc.peers import AllowedPeers
from drivers.plc.registers import ControlBlock, State, StatusBlock
from drivers.plc.server import ModbusServer
from drivers.plc.settings import PlcSettings
from drivers.plc.tls import server_context


class SafeServer:
    """For role server. `folder`: certificate files are relative to it. PlcError at `start` where it cannot serve."""

    def __init__(self, settings: PlcSettings, folder: Path = Path()) -> None:
        self._settings, self._folder = settings, folder
        self._owner = ControlOwner()
        self._bank = RegisterBank(self._owner, _nothing_happens)
        self._server = ModbusServer(
            self._bank,
            host=settings.host,
            port=settings.port,
            unit_id=settings.unit_id,
            max_connections=settings.max_connections,
            on_closed=self._on_closed,
            allowed=AllowedPeers(settings.allowed_peers) if settings.allowed_peers else None,
        )

    @property
    def port(self) -> int:
        """The TCP port in use."""
        return self._server.port

    async def start(self) -> None:
        """Begin to answer."""
        tls = self._settings.tls
        if tls is not None:
            self._server.ssl_context = server_context(tls, self._folder)
        self._bank.show(StatusBlock(state=State.PREOPERATIONAL).encode())
        await self._server.start()

    async def stop(self) -> None:
        """Close the sockets."""
        await self._server.stop()

    def _on_closed(self, link: int) -> None:
        if link == self._owner.link:
            self._owner.release()


def _nothing_happens(block: ControlBlock) -> None:
    del block
