"""The PLC connection as the station sees it, whatever the role (server, client) and whoever is at the other end."""

from typing import Protocol, Unpack

from drivers.plc.facts import StateChange
from drivers.plc.messages import PlcEvent
from drivers.plc.registers import ResultBlock
from drivers.plc.signals import LineSignals


class PlcReports(Protocol):
    """What the station tells the PLC; all of it at once, without waiting."""

    def publish(self, result: ResultBlock, at_ns: int) -> bool:
        """Queue a part's result; False = overrun, or no such part waits (said as a HandshakeFault too)."""
        ...

    def withdraw(self, part_seq: int, at_ns: int) -> bool:
        """A PASS that is late and not shown yet becomes a reject; False = shown already, or gone."""
        ...

    def set_state(self, **change: Unpack[StateChange]) -> None:
        """Change what is given of the station's own state, all in one snapshot."""
        ...

    def exposure_complete(self, part_seq: int) -> None:
        """The images of this part are taken: it may move, and the next one may come."""
        ...

    def raise_error(self, number: int) -> None:
        """Show a fault number to the PLC until it is acknowledged."""
        ...

    def beat(self) -> None:
        """The inspection loop made progress, or was able to: call it at least each 100 ms, never from a timer."""
        ...


class PlcLink(PlcReports, Protocol):
    """A PLC connection as the station sees it, whatever the role."""

    async def start(self) -> None:
        """Open the connection; PlcError with one sentence for what the configuration is at fault for."""
        ...

    def signals(self) -> LineSignals | None:
        """The newest reading of encoder and sensors; None while nobody is connected or nothing is read."""
        ...

    async def next_event(self) -> PlcEvent:
        """The next event, waiting for it; PlcError if the connection's own machinery died."""
        ...

    async def stop(self) -> None:
        """Show zero registers (no verdict), close the sockets; may be called twice."""
        ...
