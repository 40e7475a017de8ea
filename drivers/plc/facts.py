"""Values that go into the handshake (limits, what the station says of itself) and counters that come out."""

from dataclasses import dataclass
from typing import TypedDict

from drivers.plc.registers import State, StatusBits

NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class HandshakeLimits:
    """Limits of the waits in ns, places for results, and how many parts may be open (missed ones included)."""

    plc_heartbeat_ns: int
    result_ack_ns: int
    trigger_release_ns: int
    station_heartbeat_ns: int = 100 * NS_PER_MS
    results: int = 8
    open_parts: int = 64


@dataclass(frozen=True, slots=True)
class PartCounters:
    """The station's ledger as the PLC sees it: triggers = passed + rejected + forced + in_flight."""

    triggers: int = 0
    passed: int = 0
    rejected: int = 0
    forced: int = 0
    missed: int = 0
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class RecipeAnswer:
    """The station's answer to the PLC's request number `request`: the recipe is in use now, or is refused."""

    request: int
    taken: bool


@dataclass(frozen=True, slots=True)
class StationFacts:
    """What the station says of itself; the rest of the status block follows from the handshake.

    `pausing`: no part should come now, so TriggerReady is 0, but one that comes all the same (the PLC read the bit a
    moment before) is taken as any other.
    """

    ready: bool = False
    pausing: bool = False
    online: bool = False
    state: State = State.PREOPERATIONAL
    recipe_id: int = 0
    model_digest: int = 0
    warning: bool = False
    simulated: bool = False
    forcing_rejects: bool = False
    self_test: bool = False
    recipe_answer: RecipeAnswer | None = None
    counters: PartCounters = PartCounters()

    @property
    def bits(self) -> StatusBits:
        """The bits of the status block that say nothing else than this."""
        return bits_of(
            (self.online, StatusBits.ONLINE),
            (self.warning, StatusBits.WARNING),
            (self.simulated, StatusBits.SIMULATED),
            (self.forcing_rejects, StatusBits.FORCING_REJECTS),
            (self.self_test, StatusBits.SELF_TEST_RUNNING),
        )


class StateChange(TypedDict, total=False):
    """What is to change of `StationFacts`, under the same names; what is not given stays."""

    ready: bool
    pausing: bool
    online: bool
    state: State
    recipe_id: int
    model_digest: int
    warning: bool
    simulated: bool
    forcing_rejects: bool
    self_test: bool
    recipe_answer: RecipeAnswer | None
    counters: PartCounters


def bits_of(*shown: tuple[bool, StatusBits]) -> StatusBits:
    """Those bits beside which there is a True."""
    bits = StatusBits(0)
    for is_on, bit in shown:
        if is_on:
            bits |= bit
    return bits


@dataclass(slots=True)
class HandshakeCounters:
    """What the handshake has seen since start. Refused triggers: number 0, repeated, or too many parts open."""

    triggers: int = 0
    missed_triggers: int = 0
    refused_triggers: int = 0
    results_taken: int = 0
    result_overruns: int = 0
    faults: int = 0
    counters_differed: int = 0
    withheld_passes: int = 0
    """PASS results of which the PLC let no part pass."""


@dataclass(slots=True)
class ClientCounters:
    """What a client has seen since it was made."""

    requests: int = 0
    connects: int = 0
    timeouts: int = 0
    wrong_replies: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class WireCounters:
    """What the connection has seen since start, whatever the role. Not known in a role: 0."""

    connections: int = 0
    requests: int = 0
    malformed: int = 0
    """Frames that broke the protocol: requests as a server, replies as a client."""
    refused_peers: int = 0
    """Peers that are not on the list, or whose certificate does not fit."""
    refused_connections: int = 0
    """There were too many."""
    slow_readers: int = 0
    """Links that were dropped because their answers were not read."""
    second_writers: int = 0
    """Writes refused because another link owns the control block."""
