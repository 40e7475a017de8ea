"""A model PLC on a belt line, after the interface's acceptance rule: only an intact PASS of a part's own number passes.

It cycles: one write of its control block, one read of the status block. Its program rejects what it has in hand when
the link is lost, the station's heartbeat stands, the station is in state Error, or its encoder does what no belt can.
It drives the gate by the result's GateEncoder. Knows nothing of the truth but which part to name to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.encoder.counts import signed_difference
from drivers.plc.registers import ControlBits, ControlBlock, LineBits, State, StatusBits, StatusBlock, is_pass
from tests.soak.clockwork import Clockwork
from tests.soak.plant import MS, ROUTE, Bugs
from tests.soak.plc_cycle import CONTROL, Cycling, Wire
from tests.soak.truth import Part, Truth

_HEARTBEAT_NS = 50 * MS
_STATION_SILENT_NS = 300 * MS
_ACK_LIMIT_NS = 100 * MS
_QUIET_POLLS = 3
_WAITS_FOR_READY_NS = 25 * MS
"""A belt does not wait: without TriggerReady for so long the part is triggered all the same, and forced to reject."""
_CLEARS_AFTER_NS, _CLEAR_PULSE_NS = 300 * MS, 60 * MS
_LAST_SEQ = 0xFFFF
# Plain numbers: arithmetic on flags is slow, and this runs some times a part.
_ACQUIRING = int(StatusBits.ACQUIRING)
_ERROR = int(StatusBits.ERROR)
_EXPOSURE_COMPLETE = int(StatusBits.EXPOSURE_COMPLETE)
_MISSED_TRIGGER = int(StatusBits.MISSED_TRIGGER)
_ONLINE = int(StatusBits.ONLINE)
_RESULTS_VALID = int(StatusBits.RESULTS_VALID)
_TRIGGER_ACK = int(StatusBits.TRIGGER_ACK)
_TRIGGER_READY = int(StatusBits.TRIGGER_READY)
_TRIGGER = int(ControlBits.TRIGGER)
_TIME_VALID = int(LineBits.TIME_VALID)
_U32 = 0xFFFF_FFFF


@dataclass(slots=True, eq=False)
class Entry:
    """A part in the PLC's FIFO. `accepted` None: no verdict was read."""

    part: Part
    count: int
    triggered_ns: int
    seq: int = 0
    accepted: bool | None = None
    gate_count: int = 0


@dataclass(slots=True)
class Line:
    """The PLC's inputs; the world sets them."""

    parts_seen: int = 0
    rejects_seen: int = 0
    air_low: bool = False
    bin_full: bool = False


class Plc(Cycling):
    """One life of the PLC, from power-up to power-off."""

    def __init__(self, clock: Clockwork, wire: Wire, truth: Truth, line: Line, bugs: Bugs, first_seq: int) -> None:
        super().__init__(clock, wire)
        self._truth, self.line, self._bugs = truth, line, bugs
        self.heartbeat_stands = False
        self._clock_begun_ms = first_seq
        self.triggers = self.passed = self.rejected = 0
        self.in_hand: list[Entry] = []
        self.ready = False
        """The feeder may let a part go."""
        self._next_seq = first_seq
        self._announcing: Entry | None = None
        self._trigger = self._ack = False
        self._exposure_ack = False
        self._ack_since_ns = 0
        self._seq, self._encoder = 0, _U32
        self._heartbeat, self._beat_ns = 0, -_HEARTBEAT_NS
        self._station_beat: int | None = None
        self._station_moved_ns = 0
        self._station_alive = False
        self._quiet, self._quiet_once = 0, False
        self._ready_shown = self._ack_shown = False
        self._error_since_ns: int | None = None
        self._clearing = False
        self._connect_again(MS)

    @property
    def at_rest(self) -> bool:
        """Nothing in hand and no edge under way."""
        return not self.in_hand and not self._trigger and not self._ack

    def part_comes(self, part: Part, count: int) -> None:
        """The sensor at the camera sees a part; the count is latched."""
        if not self.on:
            return
        self.in_hand.append(Entry(part, count, self._clock.now_ns))
        if self._announce() and (self._waiting is None or self.several_writers):
            self._cycle(urgent=True)

    def _announce(self) -> bool:
        """Raise Trigger for the oldest part that waits for it; the handshake may not be free, then it waits on."""
        if self._announcing is not None or not self._may_trigger:
            return False
        entry = next((one for one in self.in_hand if one.seq == 0 and one.accepted is None), None)
        if entry is None:
            return False
        now_ns = self._clock.now_ns
        if not self._ready_shown and now_ns - entry.triggered_ns < _WAITS_FOR_READY_NS:
            return False
        self._seq, self._encoder = self._next_seq, entry.count
        entry.seq, entry.triggered_ns = self._next_seq, now_ns
        self._next_seq = self._next_seq % _LAST_SEQ + 1
        self._announcing, self._trigger = entry, True
        part = entry.part
        part.seq, part.count, part.told = entry.seq, entry.count, True
        miscounted = self._bugs.counters_not_compared and entry.seq % 400 == 0
        self.triggers += 1 + miscounted
        self._truth.announced(part)
        return True

    @property
    def _may_trigger(self) -> bool:
        """The station is there and works, no old edge is left over, and it has seen Trigger low."""
        return (
            self._station_alive
            and self._quiet_once
            and not self._trigger
            and not self._sent_bits & _TRIGGER
            and not self._ack_shown
        )

    def gate_open(self, count: int) -> bool:
        """Whether the gate is at pass with the encoder here. A pulse is not done where it would take along a part
        that the PLC itself could not announce."""
        if not self.on or self.line.air_low:
            return False
        length = self._bugs.gate_pulse_counts or ROUTE.pulse_counts
        for entry in self.in_hand:
            if entry.accepted and 0 <= signed_difference(count, entry.gate_count) + ROUTE.lead_counts < length:
                return not any(
                    other.seq == 0 and abs(signed_difference(other.count, entry.count)) < ROUTE.min_pitch_counts
                    for other in self.in_hand
                )
        return False

    def part_leaves(self, part: Part) -> None:
        """The encoder is past the end of this part's pulse."""
        for entry in self.in_hand:
            if entry.part is part:
                if entry.accepted is None:
                    why = "PLC: no verdict at the gate" if entry.seq else "PLC: never announced"
                    self._decide(entry, accepted=False, why=why, counted=entry.seq > 0)
                self.in_hand.remove(entry)
                return

    def reject_all(self, why: str) -> None:
        """The PLC's own default for all it has in hand."""
        for entry in self.in_hand:
            if entry.accepted:
                entry.accepted = False
                entry.part.withheld = why
            elif entry.accepted is None:
                self._decide(entry, accepted=False, why=f"PLC: {why}", counted=entry.seq > 0)

    def encoder_lost(self) -> None:
        """The encoder did what no belt can, or cannot be read: nobody knows where the parts are."""
        self.reject_all("encoder lost")
        self.in_hand.clear()

    def _scan(self, status: StatusBlock) -> bool:
        now_ns, bits = self._clock.now_ns, int(status.bits)
        if status.heartbeat != self._station_beat:
            self._station_alive = self._station_beat is not None
            self._station_beat, self._station_moved_ns = status.heartbeat, now_ns
        elif self._station_alive and now_ns - self._station_moved_ns > _STATION_SILENT_NS:
            self._station_alive = False
            self.reject_all("station silent")
        error = status.state == State.ERROR
        if error:
            self.reject_all("station in error")
        before = (self._trigger, self._ack, self._exposure_ack)
        self._ready_shown = bool(bits & _TRIGGER_READY)
        self._ack_shown = bool(bits & _TRIGGER_ACK)
        self._await_ack(status, bits, now_ns)
        self._announce()
        self._read_result(status, bits, now_ns)
        self._exposure_ack = bool(bits & _EXPOSURE_COMPLETE)
        self.ready = (
            self._station_alive
            and self._quiet_once
            and bool(bits & _ONLINE)
            and not error
            and (self._ready_shown or self._trigger or bool(bits & (_ACQUIRING | _TRIGGER_ACK)))
        )
        self._operator(bits, now_ns)
        return before != (self._trigger, self._ack, self._exposure_ack)

    def _await_ack(self, status: StatusBlock, bits: int, now_ns: int) -> None:
        entry = self._announcing
        if entry is None:
            return
        taken = bits & _TRIGGER_ACK and status.acq_seq == entry.seq
        missed = bits & _MISSED_TRIGGER and entry.accepted is False
        if taken or (missed and self._sent_bits & _TRIGGER):
            self._announcing, self._trigger = None, False
        elif now_ns - entry.triggered_ns > _ACK_LIMIT_NS:
            self._announcing, self._trigger = None, False
            if entry.accepted is None:
                self._decide(entry, accepted=False, why="PLC: no TriggerAck")

    def _read_result(self, status: StatusBlock, bits: int, now_ns: int) -> None:
        valid = bool(bits & _RESULTS_VALID)
        if self._ack:
            self._quiet = 0
            if not valid or now_ns - self._ack_since_ns > _ACK_LIMIT_NS:
                self._ack = False
            return
        if not valid:
            self._quiet += 1
            self._quiet_once |= self._quiet >= _QUIET_POLLS
            return
        self._quiet = 0
        self._ack, self._ack_since_ns = True, now_ns
        result = status.result
        entry = next((one for one in self.in_hand if one.seq == result.part_seq), None)
        if entry is None or entry.accepted is not None:
            return
        if (result.part_seq, result.trigger_encoder) != (entry.seq, entry.count):
            self._truth.fail(f"the result of {result.part_seq} at {result.trigger_encoder} was read for", entry.part)
        if not is_pass(result, entry.seq):
            self._decide(entry, accepted=False, why="")
        elif signed_difference(self.count(), result.gate_encoder) >= -ROUTE.lead_counts:
            entry.part.withheld = "read behind the gate"
            self._decide(entry, accepted=False, why="PLC: read behind the gate")
        else:
            entry.gate_count = result.gate_encoder
            entry.part.pass_read = True
            self._decide(entry, accepted=True, why="")

    def count(self) -> int:
        """The encoder now."""
        return self._clock.motion.count(self._clock.now_ns)

    def _decide(self, entry: Entry, *, accepted: bool, why: str, counted: bool = True) -> None:
        entry.accepted = accepted
        if why and not entry.part.withheld:
            entry.part.withheld = why
        if counted:
            self.passed += accepted
            self.rejected += not accepted

    def _operator(self, bits: int, now_ns: int) -> None:
        if not bits & _ERROR:
            self._error_since_ns, self._clearing = None, False
            return
        if self._error_since_ns is None:
            self._error_since_ns = now_ns
        standing_ns = now_ns - self._error_since_ns - _CLEARS_AFTER_NS
        self._clearing = standing_ns >= 0 and standing_ns % (2 * _CLEAR_PULSE_NS) < _CLEAR_PULSE_NS

    def _station_gone(self, why: str) -> None:
        self._quiet, self._quiet_once = 0, False
        self._announcing, self._trigger = None, False
        self._station_beat, self._station_alive, self.ready = None, False, False
        self._ack = self._exposure_ack = self._clearing = False
        self._error_since_ns = None
        self.reject_all(why)

    @property
    def _busy(self) -> bool:
        return bool(self.in_hand) or self._ack

    def _block(self) -> ControlBlock:
        now_ns, motion, line = self._clock.now_ns, self._clock.motion, self.line
        if now_ns - self._beat_ns >= _HEARTBEAT_NS and not self.heartbeat_stands:
            self._heartbeat, self._beat_ns = (self._heartbeat + 1) & 0xFFFF, now_ns
        bits = 1 | self._trigger << 1 | self._ack << 2 | self._clearing << 3 | self._exposure_ack << 7
        line_bits = motion.readable | 2 | 4 | line.air_low << 3 | line.bin_full << 4 | _TIME_VALID
        return ControlBlock(
            bits=CONTROL[bits],
            part_seq=self._seq,
            recipe_id=1,
            heartbeat=self._heartbeat,
            encoder=self._encoder,
            encoder_now=motion.count(now_ns) if motion.readable else 0,
            line_bits=_LINE[line_bits],
            rejects_seen=line.rejects_seen & 0xFFFF,
            parts_seen=line.parts_seen & 0xFFFF,
            plc_triggers=self.triggers & _U32,
            plc_passed=self.passed & _U32,
            plc_rejected=self.rejected & _U32,
            encoder_ms=now_ns // MS + self._clock_begun_ms & 0xFFFF,
        )


_LINE = [LineBits(bits) for bits in range(64)]
