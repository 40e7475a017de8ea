"""What the PLC side tells the station, and the fault catalogue of the PLC connection.

Values only. Must not know sockets, registers or what the station does about them. Times are CLOCK_MONOTONIC ns.
"""

from dataclasses import dataclass
from enum import IntEnum


class PlcFault(IntEnum):
    """Faults of the handshake; the number is what the PLC reads in ErrorCode."""

    PART_SEQ_ZERO = 251
    PART_SEQ_REPEATED = 252
    PARTS_OVERFLOW = 253
    TRIGGER_STUCK = 254
    RESULT_ACK_MISSING = 255
    RESULT_ACK_STUCK = 256
    RESULT_UNKNOWN = 257
    RESULT_OVERRUN = 258
    EVENTS_LOST = 259
    COUNTERS_DIFFER = 260
    RECIPE_REQUEST_STUCK = 261

    @property
    def code(self) -> str:
        """The code in records, pages and logs."""
        return f"PLC-{self.value}"


@dataclass(frozen=True, slots=True)
class PartTriggered:
    """The PLC announced a part. `missed`: while the station was not ready, so it must be force-rejected."""

    part_seq: int
    encoder_count: int | None
    at_ns: int
    missed: bool


@dataclass(frozen=True, slots=True)
class ResultTaken:
    """The PLC acknowledged the result of this part."""

    part_seq: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class PlcSilent:
    """The PLC's heartbeat has not moved for `for_ms`; TriggerReady is 0 until it moves again."""

    for_ms: int


@dataclass(frozen=True, slots=True)
class PlcBack:
    """The PLC's heartbeat moves: for the first time, or again."""


@dataclass(frozen=True, slots=True)
class PlcConnected:
    """A link wrote the control block and owns it now; `peer` is host:port."""

    peer: str


@dataclass(frozen=True, slots=True)
class PlcDisconnected:
    """The link that owned the control block is closed."""

    peer: str


@dataclass(frozen=True, slots=True)
class ErrorCleared:
    """The PLC acknowledged the fault at the head of the queue."""


@dataclass(frozen=True, slots=True)
class HandshakeFault:
    """One side broke the handshake; said once an occurrence, and shown to the PLC in the fault queue."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CountersDiffer:
    """The PLC's counters and the station's tell different stories: the line must stop and parts in flight go."""

    sentence: str


@dataclass(frozen=True, slots=True)
class RecipeRequested:
    """The PLC asks for a recipe; answer with `RecipeAnswer(request, ...)`, in time of its own."""

    recipe_id: int
    request: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class PassDropped:
    """These parts were let pass, and the gate will not open for them: they are rejected all the same."""

    part_seqs: tuple[int, ...]


PlcEvent = (
    PartTriggered
    | ResultTaken
    | PlcSilent
    | PlcBack
    | PlcConnected
    | PlcDisconnected
    | ErrorCleared
    | HandshakeFault
    | CountersDiffer
    | PassDropped
    | RecipeRequested
)
