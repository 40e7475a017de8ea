"""What went over the PLC interface of late, for people: both blocks as they stand, heartbeats, and a timeline of edges.

Fed by the links with what they handle anyway; costs nothing but a comparison while nothing changes. Only watches: must
not decide anything. Times are CLOCK_MONOTONIC ns.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntFlag
from functools import cache
from typing import Final

from drivers.plc.messages import (
    CountersDiffer,
    ErrorCleared,
    HandshakeFault,
    PartTriggered,
    PassDropped,
    PlcBack,
    PlcConnected,
    PlcDisconnected,
    PlcEvent,
    PlcSilent,
    RecipeRequested,
    ResultTaken,
)
from drivers.plc.registers import ControlBits, ControlBlock, LineBits, StatusBits, StatusBlock

EDGES_KEPT: Final = 100


@dataclass(frozen=True, slots=True)
class Edge:
    """Something that changed at `at_ns`: "Trigger 1", "ResultsValid 0", "result taken"; `part_seq` None: no part's."""

    at_ns: int
    what: str
    part_seq: int | None


@dataclass(slots=True)
class Beat:
    """A heartbeat counter as last seen; `moved_ns` None: it never moved."""

    value: int = 0
    moved_ns: int | None = None

    def seen(self, value: int, now_ns: int) -> None:
        """The counter's value at this moment."""
        if value != self.value:
            self.value, self.moved_ns = value, now_ns


@dataclass(slots=True)
class WireWatch:
    """The blocks as they stand and the last EDGES_KEPT edges, oldest first. One a link."""

    control: ControlBlock = field(default_factory=ControlBlock)
    status: StatusBlock = field(default_factory=StatusBlock)
    plc_beat: Beat = field(default_factory=Beat)
    station_beat: Beat = field(default_factory=Beat)
    edges: deque[Edge] = field(default_factory=lambda: deque[Edge](maxlen=EDGES_KEPT))

    def read(self, block: ControlBlock, now_ns: int) -> None:
        """The PLC's control block as it is now."""
        before, self.control = self.control, block
        self.plc_beat.seen(block.heartbeat, now_ns)
        self._bits(before.bits, block.bits, block.part_seq or None, now_ns)
        self._bits(before.line_bits, block.line_bits, None, now_ns)

    def showed(self, block: StatusBlock, now_ns: int) -> None:
        """The station's status block as the PLC can read it now."""
        before, self.status = self.status, block
        self.station_beat.seen(block.heartbeat, now_ns)
        if before.bits == block.bits:
            return
        result_edge = StatusBits.RESULTS_VALID in (before.bits ^ block.bits)
        part_seq = (block.result.part_seq or before.result.part_seq) if result_edge else block.acq_seq
        self._bits(before.bits, block.bits, part_seq or None, now_ns)

    def happened(self, event: PlcEvent, now_ns: int) -> None:
        """An event that no edge of a bit shows (or, without registers, any)."""
        self.edges.append(Edge(now_ns, *_words(event)))

    def _bits(self, before: IntFlag, after: IntFlag, part_seq: int | None, now_ns: int) -> None:
        changed = before.value ^ after.value
        if not changed:
            return
        for value, name in bit_names(type(after)):
            if changed & value:
                self.edges.append(Edge(now_ns, f"{name} {int(bool(after.value & value))}", part_seq))


@cache
def bit_names(flags: type[IntFlag]) -> tuple[tuple[int, str], ...]:
    """Each bit's value with its name as the symbol table has it: (2, "TriggerReady")."""
    return tuple((flag.value, "".join(word.capitalize() for word in str(flag.name).split("_"))) for flag in flags)


BITS: Final[tuple[type[IntFlag], ...]] = (ControlBits, LineBits, StatusBits)


def _words(event: PlcEvent) -> tuple[str, int | None]:
    match event:
        case PartTriggered(part_seq, _, _, missed):
            return ("triggered, missed" if missed else "triggered"), part_seq
        case ResultTaken(part_seq):
            return "result taken", part_seq
        case PlcSilent(for_ms):
            return f"heartbeat stands still for {for_ms} ms", None
        case PlcBack():
            return "heartbeat moves", None
        case PlcConnected(peer):
            return f"connected: {peer}", None
        case PlcDisconnected(peer):
            return f"disconnected: {peer}", None
        case ErrorCleared():
            return "error cleared", None
        case HandshakeFault(code, sentence):
            return f"{code} {sentence}", None
        case CountersDiffer(sentence):
            return f"counters differ: {sentence}", None
        case RecipeRequested(recipe_id):
            return f"recipe {recipe_id} asked for", None
        case PassDropped(part_seqs):
            return "pass dropped", (part_seqs[0] if part_seqs else None)
