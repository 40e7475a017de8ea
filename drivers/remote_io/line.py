"""The line behind bare inputs and outputs: parts are numbered here, and gates open for those that pass.

Pure: readings and verdicts in, events and outputs out; times come in as `now_ns`. It does what a PLC would do, and
like one it rejects by default. Must not know Modbus or asyncio.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.encoder.counts import signed_difference
from drivers.encoder.settings import EncoderSettings
from drivers.gate.cam import CamTurn, GateCam, Window
from drivers.gate.position import LinePosition, PositionFault, PositionLimits
from drivers.gate.settings import GateSettings
from drivers.plc import sentences
from drivers.plc.facts import NS_PER_MS, StationFacts
from drivers.plc.heartbeats import PlcHeartbeat
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
    PlcFault,
    PlcSilent,
    ResultTaken,
)
from drivers.plc.registers import NO_ENCODER, ResultBlock, State, VerdictCode, is_pass
from drivers.plc.signals import LineSignals
from drivers.remote_io import faults
from drivers.remote_io.edges import EdgeCounter, PartEdge, PartEdges, RisingEdge, UnseenParts
from drivers.remote_io.faults import RemoteIoFault
from drivers.remote_io.reading import Reading
from drivers.remote_io.settings import RemoteIoSettings

_BEAT_LIMIT_NS = 300 * NS_PER_MS
"""Three periods of the station's heartbeat."""
_WORTH_NS = 20 * NS_PER_MS
"""A count whose request took longer may be from anywhere within it: no position to move a gate by."""
_MOST_OPEN = 1024
_NOBODY = 0
"""Stands on the cam for parts that may have come before the position was known; never a part's number."""
_SHUT = (State.PREOPERATIONAL, State.HALTED, State.ERROR)


@dataclass(slots=True)
class _Open:
    """A part from its trigger until its result is taken."""

    count: int
    position: int
    missed: bool
    published: bool = False
    past: bool = False


class RemoteLine:
    """Numbers parts, keeps their way to the gate, says what the outputs must be. `drain` gives the events."""

    def __init__(
        self, settings: RemoteIoSettings, gate: GateSettings, encoder: EncoderSettings, first_part_seq: int, now_ns: int
    ) -> None:
        self._gate = gate
        self._gates = {one.name: one for one in settings.gates}
        self._opens = {one.opens_for: one.name for one in settings.gates}
        silence_ns = (settings.timeout_ms + 2 * settings.poll_ms) * NS_PER_MS
        self._position = LinePosition(PositionLimits.of(encoder, silence_ns))
        self._actuator_ns = round(gate.actuator_ms * NS_PER_MS)
        self._cam = GateCam(self._position, lead_ns=self._actuator_ns, late_tolerance_counts=gate.lead_counts // 2)
        self._edges = PartEdges(has_latch=settings.latch is not None, most_late_counts=gate.lead_counts)
        self._unseen = UnseenParts()
        self._error_key, self._rejects, self._parts_seen = RisingEdge(), EdgeCounter(), EdgeCounter()
        self._heartbeat = PlcHeartbeat(settings.heartbeat_timeout_ms * NS_PER_MS, now_ns)
        self._polls = 0
        self._next_seq = first_part_seq
        self._open: dict[int, _Open] = {}
        self._events: list[PlcEvent] = []
        self._facts = StationFacts()
        self._beaten_ns: int | None = None
        self._peer: str | None = None
        self._count: int | None = None
        self._moved = 0
        self._energised: frozenset[str] = frozenset()
        self.armed = True
        """The coupler's watchdog guards the outputs."""
        self.signals: LineSignals | None = None

    def drain(self) -> list[PlcEvent]:
        """Events since the last call, in order."""
        events, self._events = self._events, []
        return events

    def fault(self, fault: RemoteIoFault | PlcFault, sentence: str) -> None:
        """Say a fault."""
        self._events.append(HandshakeFault(fault.code, sentence))

    def bus_time(self, bus_ns: int) -> None:
        """Measured time from the decision to the output: switches are decided earlier by it and the actuator's."""
        self._cam.lead_ns = self._actuator_ns + bus_ns

    def written(self, on: frozenset[str], now_ns: int) -> None:
        """The coupler acknowledged these outputs, and no others."""
        self._energised = on
        self._cam.energised(on, now_ns)

    def connected(self, peer: str) -> None:
        """A link stands, and all outputs were written off over it."""
        self._peer = peer
        self._events.append(PlcConnected(peer))

    def lost(self, now_ns: int) -> None:
        """The link is gone: nothing that was to be is, until new verdicts come."""
        if self._peer is not None:
            self._drop(RemoteIoFault.PULSES_DROPPED, "the link to the coupler was lost", self._cam.drop_all(), now_ns)
            self._left_open("the link to the coupler was lost")
            self._events.append(PlcDisconnected(self._peer))
        self._peer = self.signals = self._count = None
        self._position.forget()
        for edge in (self._edges, self._unseen, self._error_key, self._rejects, self._parts_seen):
            edge.forget()

    def beat(self, now_ns: int) -> None:
        """The inspection loop made progress."""
        self._beaten_ns = now_ns

    def report(self, facts: StationFacts) -> None:
        """What the station says of itself."""
        self._facts = facts

    def reading(self, reading: Reading, now_ns: int) -> None:
        """The coupler answered."""
        self._polls += 1
        if self._heartbeat.seen(self._polls, now_ns):
            self._events.append(PlcBack())
        moved = 0 if self._count is None else max(0, signed_difference(reading.count, self._count))
        self._count = reading.count
        worth = reading.took_ns <= _WORTH_NS
        if worth:
            was_known = self._position.known
            self._cam.reading(reading.count, reading.at_ns, reading.took_ns // 2)
            lost = self._told(self._cam.turn(now_ns), now_ns).fault is not None
            if lost or not was_known:
                self._cam.add(_NOBODY, self._windows(reading.count, 0))
        self.signals = LineSignals(
            at_ns=reading.at_ns,
            encoder_count=reading.count,
            rejects_seen=_counted(self._rejects, reading.rejects),
            parts_seen=_counted(self._parts_seen, reading.parts),
            air_low=reading.air_low,
            bin_full=reading.bin_full,
        )
        if self._error_key.seen(reading.clear_error):
            self._events.append(ErrorCleared())
        edge = self._edges.seen(reading.part, reading.latch, reading.count, moved)
        for _ in range(self._unseen.seen(reading.part_number, edge is not None)):
            unseen = PartEdge(reading.count, "it came and went between two readings", moved + self._moved)
            self._triggered(unseen, reading.at_ns, now_ns)
        self._moved = moved
        if edge is not None:
            if not worth and reading.latch is None and edge.doubt is None:
                edge = PartEdge(edge.count, f"its reading took {reading.took_ns // NS_PER_MS} ms", moved)
            self._triggered(edge, reading.at_ns, now_ns)

    def publish(self, result: ResultBlock, now_ns: int) -> bool:
        """A verdict. True = it stands (without a gate of its own: rejected); False = it was to pass, and will not."""
        seq = result.part_seq
        part = self._open.get(seq)
        if part is None or part.published:
            self.fault(PlcFault.RESULT_UNKNOWN, sentences.result_unknown(seq))
            return False
        part.published = True
        stands = self._opened(result, part, now_ns)
        if part.past:
            self._taken(seq, now_ns)
        return stands

    def withdraw(self, part_seq: int) -> bool:
        """Take back a pulse that has not begun."""
        return self._cam.withdraw(part_seq)

    def turn(self, now_ns: int) -> CamTurn:
        """What must be on now, and when the next switch is due."""
        silent_ms = self._heartbeat.silent_for_ms(now_ns)
        if silent_ms is not None:
            self._events.append(PlcSilent(silent_ms))
        why = self._shut(now_ns)
        if why is not None and self._cam.pulses:
            self._say_dropped(RemoteIoFault.PULSES_DROPPED, why, self._cam.close())
        return self._told(self._cam.turn(now_ns), now_ns)

    def _shut(self, now_ns: int) -> str | None:
        """Why no gate may be open at all; None = verdicts are carried out."""
        facts = self._facts
        if not facts.online or facts.forcing_rejects or facts.state in _SHUT:
            return "the station is not online, or rejects everything"
        if self._beaten_ns is None or now_ns - self._beaten_ns > _BEAT_LIMIT_NS:
            return f"the inspection made no progress for {_BEAT_LIMIT_NS // NS_PER_MS} ms"
        return None if self.armed else "the coupler's watchdog is not armed"

    def _triggered(self, edge: PartEdge, at_ns: int, now_ns: int) -> None:
        seq, self._next_seq = self._next_seq, self._next_seq % 0xFFFF + 1
        known = self._position.known
        doubt = edge.doubt if known else "the encoder was not read yet"
        if known and not self._cam.add(seq, self._windows(edge.count, edge.uncertain_counts)):
            self._drop(RemoteIoFault.PARTS_OVERFLOW, "", self._cam.drop_all(), now_ns)
            self._cam.add(_NOBODY, self._windows(edge.count, 0))
            doubt = doubt or "too many parts are under way"
        missed = doubt is not None or not self._facts.ready or self._shut(now_ns) is not None
        position = self._position.unwrapped(edge.count) if known else 0
        self._open.pop(seq, None)
        while len(self._open) >= _MOST_OPEN:
            del self._open[next(iter(self._open))]
        self._open[seq] = _Open(edge.count, position, missed, past=not known)
        self._events.append(PartTriggered(seq, edge.count, at_ns, missed))
        if edge.doubt is not None:
            self.fault(RemoteIoFault.PART_POSITION_UNKNOWN, faults.position_unknown(seq, edge.doubt))

    def _windows(self, count: int, uncertain_counts: int) -> dict[str, Window]:
        """Where each gate would open for a part triggered at `count`."""
        at = self._position.unwrapped(count) + self._gate.offset_counts
        return {name: self._window(name, at, uncertain_counts) for name in self._gates}

    def _window(self, name: str, gate_at: int, uncertain_counts: int = 0) -> Window:
        open_at = gate_at + self._gates[name].after_gate_counts - self._gate.lead_counts
        place = open_at + self._gate.lead_counts
        return Window(open_at - uncertain_counts, open_at + self._gate.pulse_counts, place)

    def _opened(self, result: ResultBlock, part: _Open, now_ns: int) -> bool:
        seq = result.part_seq
        name = self._gate_for(result)
        if name is None:
            return True
        if result.trigger_encoder not in (NO_ENCODER, part.count):
            sentence = faults.mismatch(seq, part.count, result.trigger_encoder)
            self.fault(RemoteIoFault.RESULT_MISMATCH, sentence)
            return False
        missed = "it came while the station was not ready, or its place was not known" if part.missed else None
        why = self._shut(now_ns) or missed
        if why is not None:
            self._say_dropped(RemoteIoFault.PULSES_DROPPED, why, (seq,))
            return False
        way = self._gate.offset_counts
        if result.gate_encoder != NO_ENCODER:
            way = signed_difference(result.gate_encoder, part.count)
        refusal = self._cam.let_pass(seq, name, now_ns, window=self._window(name, part.position + way))
        if refusal is not None:
            self.fault(*faults.refused(seq, refusal))
        return refusal is None

    def _gate_for(self, result: ResultBlock) -> str | None:
        """Only an intact result opens anything."""
        if is_pass(result, result.part_seq):
            return self._opens["pass"]
        intact = result == result.resealed(VerdictCode.DEFECT)
        return self._opens.get(result.defect_class) if intact else None

    def _told(self, turn: CamTurn, now_ns: int) -> CamTurn:
        """Say what a turn of the cam brought to light."""
        if turn.fault is not None:
            reason = f"{turn.fault.value} (check encoder, cable and coupler)"
            self._drop(RemoteIoFault.GATE_POSITION_LOST, reason, turn.dropped, now_ns)
            if turn.fault is PositionFault.SILENT:
                self._left_open(turn.fault.value)
        for refused in turn.refused:
            self.fault(*faults.refused(refused.part_seq, refused.why))
            self._events.append(PassDropped((refused.part_seq,)))
        if slipped := tuple(seq for seq in turn.slipped if seq != _NOBODY):
            self._stop_line(RemoteIoFault.PART_SLIPPED, faults.slipped(slipped))
        for seq in turn.past:
            if seq in self._open:
                self._behind(seq, now_ns)
        return turn

    def _drop(self, fault: RemoteIoFault, reason: str, dropped: tuple[int, ...], now_ns: int) -> None:
        """Nobody knows where the parts are any more: all are taken for past, and rejected."""
        if fault is RemoteIoFault.PARTS_OVERFLOW:
            self.fault(fault, faults.overflow())
        elif dropped or fault is RemoteIoFault.GATE_POSITION_LOST:
            self._say_dropped(fault, reason, dropped)
        for seq in list(self._open):
            self._behind(seq, now_ns)

    def _left_open(self, reason: str) -> None:
        """Whoever came to a gate meanwhile went through, and nobody knows who that was."""
        if self._energised:
            self._stop_line(RemoteIoFault.GATE_LEFT_OPEN, faults.left_open(reason, sorted(self._energised)))
            self._energised = frozenset()

    def _stop_line(self, fault: RemoteIoFault, sentence: str) -> None:
        """A part may be where it must not be: a person has to look."""
        self.fault(fault, sentence)
        self._events.append(CountersDiffer(sentence))

    def _say_dropped(self, fault: RemoteIoFault, reason: str, parts: tuple[int, ...]) -> None:
        self.fault(fault, faults.dropped(reason, parts))
        if parts:
            self._events.append(PassDropped(parts))

    def _behind(self, seq: int, now_ns: int) -> None:
        part = self._open[seq]
        part.past = True
        if part.published:
            self._taken(seq, now_ns)

    def _taken(self, seq: int, now_ns: int) -> None:
        del self._open[seq]
        self._events.append(ResultTaken(seq, now_ns))


def _counted(edges: EdgeCounter, seen: int | bool | None) -> int | None:
    """A counter as it is, a level counted here."""
    return edges.seen(seen) if isinstance(seen, bool) else seen
