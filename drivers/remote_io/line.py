"""The line behind bare inputs and outputs: parts are numbered here, and gates open for those that pass.

Pure: readings and verdicts in, events and outputs out; times come in as `now_ns`. It does what a PLC would do, and
like one it rejects by default. Must not know Modbus or asyncio.
"""

from __future__ import annotations

from drivers.encoder.counts import signed_difference
from drivers.encoder.settings import EncoderSettings
from drivers.gate.cam import CamTurn, GateCam
from drivers.gate.position import LinePosition, PositionFault, PositionLimits
from drivers.gate.settings import GateSettings
from drivers.plc import sentences
from drivers.plc.facts import NS_PER_MS
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
from drivers.plc.registers import NO_ENCODER, ResultBlock
from drivers.plc.signals import LineSignals
from drivers.remote_io import faults
from drivers.remote_io.edges import PartEdge
from drivers.remote_io.faults import RemoteIoFault
from drivers.remote_io.gate_places import GatePlaces
from drivers.remote_io.inputs import LineInputs
from drivers.remote_io.parts import OpenPart, OpenParts
from drivers.remote_io.permission import Permission
from drivers.remote_io.reading import Reading
from drivers.remote_io.settings import RemoteIoSettings

_NOBODY = 0
"""Stands on the cam for parts that may have come before the position was known; never a part's number."""


class RemoteLine:
    """Numbers parts, keeps their way to the gate, says what the outputs must be. `drain` gives the events."""

    def __init__(
        self, settings: RemoteIoSettings, gate: GateSettings, encoder: EncoderSettings, first_part_seq: int, now_ns: int
    ) -> None:
        self._gates = GatePlaces(settings.gates, gate)
        silence_ns = (settings.timeout_ms + 2 * settings.poll_ms) * NS_PER_MS
        self._position = LinePosition(PositionLimits.of(encoder, silence_ns))
        self._actuator_ns = round(gate.actuator_ms * NS_PER_MS)
        self._cam = GateCam(self._position, lead_ns=self._actuator_ns, late_tolerance_counts=gate.lead_counts // 2)
        self._inputs = LineInputs(has_latch=settings.latch is not None, most_late_counts=gate.lead_counts)
        self._heartbeat = PlcHeartbeat(settings.heartbeat_timeout_ms * NS_PER_MS, now_ns)
        self._polls = 0
        self._next_seq = first_part_seq
        self._open = OpenParts()
        self._events: list[PlcEvent] = []
        self._peer: str | None = None
        self._energised: frozenset[str] = frozenset()
        self.permission = Permission()
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
        self._peer = self.signals = None
        self._position.forget()
        self._inputs.forget()

    def reading(self, reading: Reading, now_ns: int) -> None:
        """The coupler answered."""
        self._polls += 1
        if self._heartbeat.seen(self._polls, now_ns):
            self._events.append(PlcBack())
        lost = None
        if reading.places:
            was_known = self._position.known
            self._cam.reading(reading.count, reading.at_ns, reading.took_ns // 2)
            lost = self._told(self._cam.turn(now_ns), now_ns).fault
            if lost is not None or not was_known:
                self._expect(_NOBODY, reading.count)
        self.signals = self._inputs.signals(reading)
        if self._inputs.clears_error(reading):
            self._events.append(ErrorCleared())
        for edge in self._inputs.parts(reading):
            if lost is not None and edge.doubt is None:
                # A latch that jumped with the counter shows a part that is none: its pulse would let another one pass.
                edge = PartEdge(edge.count, f"{lost.value} in the same reading")
            self._triggered(edge, reading.at_ns, now_ns)

    def publish(self, result: ResultBlock, now_ns: int) -> bool:
        """A verdict. True = it stands (without a gate of its own: rejected); False = it was to pass, and will not."""
        seq = result.part_seq
        part = self._open.publish(seq)
        if part is None:
            self.fault(PlcFault.RESULT_UNKNOWN, sentences.result_unknown(seq))
            return False
        stands = self._opened(result, part, now_ns)
        self._take(seq, now_ns)
        return stands

    def withdraw(self, part_seq: int) -> bool:
        """Take back a pulse that has not begun."""
        return self._cam.withdraw(part_seq)

    def turn(self, now_ns: int) -> CamTurn:
        """What must be on now, and when the next switch is due."""
        silent_ms = self._heartbeat.silent_for_ms(now_ns)
        if silent_ms is not None:
            self._events.append(PlcSilent(silent_ms))
        why = self.permission.refused(now_ns)
        if why is not None and self._cam.pulses:
            self._say_dropped(RemoteIoFault.PULSES_DROPPED, why, self._cam.close())
        return self._told(self._cam.turn(now_ns), now_ns)

    def _triggered(self, edge: PartEdge, at_ns: int, now_ns: int) -> None:
        seq, self._next_seq = self._next_seq, self._next_seq % 0xFFFF + 1
        known = self._position.known
        doubt = edge.doubt if known else "the encoder was not read yet"
        if known and not self._expect(seq, edge.count, edge.uncertain_counts):
            self._drop(RemoteIoFault.PARTS_OVERFLOW, "", self._cam.drop_all(), now_ns)
            self._expect(_NOBODY, edge.count)
            doubt = doubt or "too many parts are under way"
        facts = self.permission.facts
        allowed = (facts.ready or facts.pausing) and self.permission.refused(now_ns) is None
        position = self._position.unwrapped(edge.count) if known else 0
        part = OpenPart(edge.count, position, missed=doubt is not None or not allowed, past=not known)
        self._open.add(seq, part)
        self._events.append(PartTriggered(seq, edge.count, at_ns, part.missed))
        if edge.doubt is not None:
            self.fault(RemoteIoFault.PART_POSITION_UNKNOWN, faults.position_unknown(seq, edge.doubt))

    def _expect(self, part_seq: int, count: int, uncertain_counts: int = 0) -> bool:
        """A part is under way to the gates from `count` on; False = too many are."""
        return self._cam.add(part_seq, self._gates.windows(self._position.unwrapped(count), uncertain_counts))

    def _opened(self, result: ResultBlock, part: OpenPart, now_ns: int) -> bool:
        seq = result.part_seq
        name = self._gates.opened_by(result)
        if name is None:
            return True
        if result.trigger_encoder not in (NO_ENCODER, part.count):
            sentence = faults.mismatch(seq, part.count, result.trigger_encoder)
            self.fault(RemoteIoFault.RESULT_MISMATCH, sentence)
            return False
        missed = "it came while the station was not ready, or its place was not known" if part.missed else None
        why = self.permission.refused(now_ns) or missed
        if why is not None:
            self._say_dropped(RemoteIoFault.PULSES_DROPPED, why, (seq,))
            return False
        way = self._gates.offset_counts
        if result.gate_encoder != NO_ENCODER:
            way = signed_difference(result.gate_encoder, part.count)
        refusal = self._cam.let_pass(seq, name, now_ns, window=self._gates.window(name, part.position + way))
        if refusal is not None:
            self.fault(*faults.refused(seq, refusal))
        return refusal is None

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
        for seq in self._open.numbers():
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
        self._open.past(seq)
        self._take(seq, now_ns)

    def _take(self, seq: int, now_ns: int) -> None:
        if self._open.take(seq):
            self._events.append(ResultTaken(seq, now_ns))
