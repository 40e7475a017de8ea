"""The station's side of the PLC handshake (PLC.md, Edges): control blocks and time in, status block and events out.

Pure: no sockets, no clock of its own. Every input may leave events (`drain`) and a new status (`status`). Must not
know frames, models or how a verdict is reached.
"""

from drivers.plc import sentences
from drivers.plc.acquisition import Acquisition
from drivers.plc.counter_compare import CounterCompare, OwnCounters
from drivers.plc.error_queue import ErrorQueue
from drivers.plc.facts import NS_PER_MS, HandshakeCounters, HandshakeLimits, StationFacts, bits_of
from drivers.plc.heartbeats import PlcHeartbeat, StationHeartbeat
from drivers.plc.messages import (
    CountersDiffer,
    ErrorCleared,
    HandshakeFault,
    PartTriggered,
    PlcBack,
    PlcEvent,
    PlcFault,
    PlcSilent,
    ResultTaken,
)
from drivers.plc.open_parts import Admission, OpenParts
from drivers.plc.recipe_request import RecipeRequest
from drivers.plc.registers import ControlBits, ControlBlock, ResultBlock, StatusBits, StatusBlock, result_crc
from drivers.plc.result_slot import ResultSlot
from drivers.plc.symbols import LAYOUT_VERSION


class StationHandshake:
    """One station and one PLC. All inputs are synchronous; call `drain` and `status` after each."""

    def __init__(self, limits: HandshakeLimits, now_ns: int) -> None:
        self._limits = limits
        self._facts = StationFacts()
        self._control = ControlBlock()
        self._plc = PlcHeartbeat(limits.plc_heartbeat_ns, now_ns)
        self._own = StationHeartbeat(limits.station_heartbeat_ns, now_ns)
        self._parts = OpenParts(limits.open_parts)
        self._results = ResultSlot(limits.results)
        self._errors = ErrorQueue()
        self._compare = CounterCompare()
        self._events: list[PlcEvent] = []
        self._acquisition = Acquisition()
        self._recipe = RecipeRequest()
        # MissedTrigger and BufferOverrun stay until ClearError rises.
        self._latched = StatusBits(0)
        self.counters = HandshakeCounters()

    def plc_came(self) -> None:
        """Another PLC, or the same on a new link: its counters are compared from its next control block on."""
        self._compare.begin_anew()

    def control(self, block: ControlBlock, now_ns: int) -> None:
        """The PLC wrote its control block."""
        takes = self._can_take()
        rising = block.bits & ~self._control.bits
        self._control = block
        if self._plc.seen(block.heartbeat, now_ns):
            self._events.append(PlcBack())
            self._compare.begin_anew()
        if ControlBits.CLEAR_ERROR in rising:
            self._latched = StatusBits(0)
            if self._errors.acknowledge():
                self._events.append(ErrorCleared())
        if ControlBits.EXPOSURE_ACK in rising:
            self._acquisition.exposure_acknowledged()
        if ControlBits.TRIGGER not in block.bits:
            self._acquisition.trigger_is_low()
        elif ControlBits.TRIGGER in rising:
            self._acquisition.trigger_rose(now_ns)
            self._trigger(takes and ControlBits.ENABLE in block.bits, now_ns)
        if ControlBits.RECIPE_REQUEST in rising:
            self._events.append(self._recipe.rose(block.recipe_id, now_ns))
        elif ControlBits.RECIPE_REQUEST not in block.bits:
            self._recipe.is_low()
        self._step_results(now_ns)
        self._compare_counters(rising)

    def tick(self, now_ns: int) -> None:
        """Time went on: heartbeats and limits. Call each 20 ms or so."""
        self._own.tick(now_ns)
        silent_ms = self._plc.silent_for_ms(now_ns)
        if silent_ms is not None:
            self._events.append(PlcSilent(silent_ms))
        limit_ns = self._limits.trigger_release_ns
        if self._acquisition.stuck(now_ns, limit_ns):
            self.fault(PlcFault.TRIGGER_STUCK, sentences.trigger_stuck(self._control.part_seq, limit_ns // NS_PER_MS))
        recipe_id = self._recipe.stuck(self._facts.recipe_answer, now_ns, limit_ns)
        if recipe_id is not None:
            sentence = sentences.recipe_request_stuck(recipe_id, limit_ns // NS_PER_MS)
            self.fault(PlcFault.RECIPE_REQUEST_STUCK, sentence)
        limit_ns = self._limits.result_ack_ns
        if self._results.overdue(self._ack, now_ns, limit_ns):
            self._results_overdue(limit_ns // NS_PER_MS)

    def publish(self, result: ResultBlock, now_ns: int) -> bool:
        """Queue the one result of an open part; False = refused: no place (overrun) or not an undecided part.

        After an overrun the part is closed without a result: the PLC's own default, reject, holds for it.
        """
        if result.crc != result_crc(result.encode()):
            raise ValueError("StationHandshake.publish: the result is not sealed (ResultBlock.sealed)")
        seq = result.part_seq
        if not self._parts.decide(seq):
            self.fault(PlcFault.RESULT_UNKNOWN, sentences.result_unknown(seq))
            return False
        self.exposure_complete(seq)
        if not self._results.offer(result, now_ns):
            self._parts.close(seq)
            self._latched |= StatusBits.BUFFER_OVERRUN
            self.counters.result_overruns += 1
            self.fault(PlcFault.RESULT_OVERRUN, sentences.result_overrun(seq, self._limits.results))
            return False
        self._step_results(now_ns)
        return True

    def withdraw(self, part_seq: int) -> bool:
        """A PASS that still waits behind other results becomes a reject for lateness; False: shown already, or gone."""
        return self._results.withdraw(part_seq)

    def exposure_complete(self, part_seq: int) -> None:
        """The images of this part are taken: it may move, the next one may come. Other parts: no effect."""
        self._acquisition.exposed(part_seq)

    def report(self, facts: StationFacts) -> None:
        """What the station says of itself from now on."""
        self._facts = facts

    def beat(self) -> None:
        """The inspection loop made progress, or was able to."""
        self._own.beat()

    def raise_error(self, number: int) -> None:
        """Show a fault of the station to the PLC, in its turn, until it is acknowledged."""
        self._errors.push(number)

    def fault(self, fault: PlcFault, sentence: str) -> None:
        """A fault of the handshake: an event for the station and a number for the PLC."""
        self.counters.faults += 1
        self._errors.push(fault.value)
        self._events.append(HandshakeFault(fault.code, sentence))

    def drain(self) -> list[PlcEvent]:
        """The events since the last call, oldest first."""
        events, self._events = self._events, []
        return events

    def status(self) -> StatusBlock:
        """The status block as of the last input."""
        facts, ledger = self._facts, self._facts.counters
        return StatusBlock(
            bits=self._bits(),
            state=facts.state,
            heartbeat=self._own.counter,
            error_code=self._errors.code,
            error_seq=self._errors.seq,
            recipe_id=facts.recipe_id,
            model_digest=facts.model_digest,
            acq_seq=self._acquisition.part_seq,
            result=self._results.block,
            triggers=ledger.triggers,
            passed=ledger.passed,
            rejected=ledger.rejected,
            forced=ledger.forced,
            missed=ledger.missed,
            in_flight=ledger.in_flight,
            layout_version=LAYOUT_VERSION,
        )

    @property
    def _ack(self) -> bool:
        return ControlBits.RESULTS_ACK in self._control.bits

    def _trigger_ready(self) -> bool:
        return self._facts.ready and self._can_take()

    def _can_take(self) -> bool:
        """A taken part is sure of a place for its result, so that only missed ones can overrun."""
        return (
            (self._facts.ready or self._facts.pausing)
            and self._facts.online
            and self._plc.alive
            and ControlBits.ENABLE in self._control.bits
            and ControlBits.TRIGGER not in self._control.bits
            and not self._acquisition.acquiring
            and len(self._parts) < self._limits.results
        )

    def _bits(self) -> StatusBits:
        followed = bits_of(
            (self._trigger_ready(), StatusBits.TRIGGER_READY),
            (self._parts.undecided > 0, StatusBits.BUSY),
            (self._results.valid, StatusBits.RESULTS_VALID),
            (self._errors.code != 0, StatusBits.ERROR),
        )
        answered = self._recipe.bits(self._facts.recipe_answer)
        return self._facts.bits | self._acquisition.bits | self._latched | followed | answered

    def _trigger(self, ready: bool, now_ns: int) -> None:
        seq = self._control.part_seq
        admission = self._parts.admit(seq, ready=ready)
        if admission is Admission.TAKEN:
            self._acquisition.take(seq)
        elif admission is Admission.MISSED:
            self._latched |= StatusBits.MISSED_TRIGGER
            self.counters.missed_triggers += 1
        else:
            self._refuse(admission, seq)
            return
        self.counters.triggers += 1
        missed = admission is Admission.MISSED
        self._events.append(PartTriggered(seq, self._control.trigger_count, now_ns, missed=missed))

    def _refuse(self, admission: Admission, seq: int) -> None:
        self.counters.refused_triggers += 1
        if admission is Admission.ZERO:
            self.fault(PlcFault.PART_SEQ_ZERO, sentences.part_seq_zero())
        elif admission is Admission.REPEATED:
            self.fault(PlcFault.PART_SEQ_REPEATED, sentences.part_seq_repeated(seq))
        else:
            self._latched |= StatusBits.MISSED_TRIGGER
            self.fault(PlcFault.PARTS_OVERFLOW, sentences.parts_overflow(seq, len(self._parts)))

    def _step_results(self, now_ns: int) -> None:
        taken = self._results.step(self._ack, now_ns)
        if taken is not None:
            self._parts.close(taken)
            self.counters.results_taken += 1
            self._events.append(ResultTaken(taken, now_ns))

    def _compare_counters(self, rising: ControlBits) -> None:
        own = OwnCounters(
            triggers=self.counters.triggers + self.counters.refused_triggers,
            passes_shown=self._results.passes_shown,
            open_parts=len(self._parts),
            pass_waits=self._results.shows_pass,
        )
        settled = bool(rising & (ControlBits.TRIGGER | ControlBits.RESULTS_ACK))
        sentence = self._compare.step(self._control, own, settled=settled)
        self.counters.withheld_passes = self._compare.withheld_passes
        if sentence is not None:
            self.counters.faults += 1
            self.counters.counters_differed += 1
            self._errors.push(PlcFault.COUNTERS_DIFFER)
            self._events.append(CountersDiffer(sentence))

    def _results_overdue(self, limit_ms: int) -> None:
        if self._results.valid:
            seq = self._results.block.part_seq
            self.fault(PlcFault.RESULT_ACK_MISSING, sentences.result_ack_missing(seq, limit_ms))
        else:
            self.fault(PlcFault.RESULT_ACK_STUCK, sentences.result_ack_stuck(limit_ms))
