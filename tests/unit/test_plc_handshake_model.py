"""The handshake against a model PLC that drops, repeats, misorders and delays its writes, explored by Hypothesis.

The model keeps its own books; the invariants are compared with what the station's registers and events say.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from drivers.plc.facts import NS_PER_MS, HandshakeLimits, StationFacts
from drivers.plc.handshake import StationHandshake
from drivers.plc.messages import CountersDiffer, PartTriggered, PlcBack, PlcSilent, ResultTaken
from drivers.plc.registers import (
    ControlBits,
    ControlBlock,
    LineBits,
    ResultBlock,
    State,
    StatusBits,
    StatusBlock,
    VerdictCode,
    is_pass,
    result_crc,
)

LIMITS = HandshakeLimits(
    plc_heartbeat_ns=300 * NS_PER_MS,
    result_ack_ns=500 * NS_PER_MS,
    trigger_release_ns=400 * NS_PER_MS,
    results=4,
    open_parts=6,
)
VERDICTS = st.sampled_from([VerdictCode.PASS, VerdictCode.DEFECT, VerdictCode.DEADLINE, VerdictCode.CAMERA])
DELIVERY = st.sampled_from(["once", "once", "once", "twice", "lost"])


class HandshakeModel(RuleBasedStateMachine):
    """A PLC, a station program and the clock, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 10**15
        self.station = StationHandshake(LIMITS, self.now_ns)
        self.bits = ControlBits(0)
        self.seq = self.heartbeat = 0
        self.delayed: list[ControlBlock] = []
        self.facts = StationFacts()
        self.undecided: list[int] = []
        self.accepted_last = 0
        self.published: dict[int, VerdictCode] = {}
        self.waiting: list[int] = []
        self.alive = False
        self.before = self.station.status()
        self.wire = ControlBlock()
        self.history = [ControlBlock()]
        self.counts = [0, 0, 0]
        self.counting = False
        self.edges = 0

    @initialize()
    def station_comes_up(self) -> None:
        self.facts = StationFacts(ready=True, online=True, state=State.READY)
        self.station.report(self.facts)
        self.heartbeat = 1
        self.bits = ControlBits.ENABLE
        self.deliver(self.block())

    def block(self) -> ControlBlock:
        return ControlBlock(
            self.bits,
            self.seq,
            0,
            self.heartbeat,
            0,
            line_bits=LineBits.COUNTERS_VALID if self.counting else LineBits(0),
            plc_triggers=self.counts[0],
            plc_passed=self.counts[1],
            plc_rejected=self.counts[2],
        )

    def deliver(self, block: ControlBlock) -> None:
        old = self.station.status()
        self.edges += ControlBits.TRIGGER in block.bits & ~self.wire.bits
        self.wire = block
        self.history = [*self.history[-3:], block]
        acked = StatusBits.RESULTS_VALID in old.bits and ControlBits.RESULTS_ACK in block.bits
        self.station.control(block, self.now_ns)
        self.follow(acked)
        seen = self.station.counters
        assert seen.triggers + seen.refused_triggers == self.edges, "an edge of Trigger was lost or counted twice"

    def write(self, delivery: str) -> None:
        """Writes of one link keep their order: what was delayed arrives before what is written now."""
        for block in (*self.delayed, *([self.block()] * {"once": 1, "twice": 2, "lost": 0}[delivery])):
            self.deliver(block)
        self.delayed.clear()

    def follow(self, acked: bool = False) -> None:
        """Take the events into the model's books and hold them against the registers."""
        status = self.station.status()
        taken = 0
        for event in self.station.drain():
            match event:
                case PartTriggered(part_seq, _, _, missed):
                    assert part_seq != 0
                    assert part_seq not in self.undecided
                    assert part_seq not in self.waiting
                    assert missed or (self.alive and self.facts.ready)
                    self.undecided.append(part_seq)
                    if not missed:
                        self.accepted_last = part_seq
                        assert status.acq_seq == part_seq
                case ResultTaken(part_seq, _):
                    taken += 1
                    assert acked
                    assert self.waiting.pop(0) == part_seq
                    del self.published[part_seq]
                case PlcSilent():
                    self.alive = False
                case PlcBack():
                    assert not self.alive
                    self.alive = True
                case CountersDiffer(sentence):
                    assert LineBits.COUNTERS_VALID in self.wire.line_bits
                    assert sentence.endswith(".")
                case _:
                    pass
        assert taken == (1 if acked else 0)
        self.compare(status, result_may_go=acked)

    def compare(self, status: StatusBlock, result_may_go: bool) -> None:
        before, self.before = self.before, status
        if StatusBits.RESULTS_VALID in before.bits and not result_may_go:
            assert status.result == before.result, "a result changed before it was acknowledged"
            assert StatusBits.RESULTS_VALID in status.bits

    @rule(delivery=DELIVERY, seq=st.one_of(st.integers(0, 12), st.just(65535)))
    def plc_triggers(self, delivery: str, seq: int) -> None:
        self.seq = seq
        self.bits |= ControlBits.TRIGGER
        self.write(delivery)

    @rule(
        delivery=DELIVERY,
        bit=st.sampled_from([ControlBits.TRIGGER, ControlBits.RESULTS_ACK, ControlBits.CLEAR_ERROR]),
    )
    def plc_takes_a_bit_back(self, delivery: str, bit: ControlBits) -> None:
        self.bits &= ~bit
        self.write(delivery)

    @rule(delivery=DELIVERY)
    def plc_acknowledges(self, delivery: str) -> None:
        self.bits |= ControlBits.RESULTS_ACK
        self.write(delivery)

    @rule(
        delivery=DELIVERY, bit=st.sampled_from([ControlBits.ENABLE, ControlBits.EXPOSURE_ACK, ControlBits.CLEAR_ERROR])
    )
    def plc_toggles(self, delivery: str, bit: ControlBits) -> None:
        self.bits ^= bit
        self.write(delivery)

    @rule(delivery=DELIVERY)
    def plc_beats(self, delivery: str) -> None:
        self.heartbeat = (self.heartbeat + 1) & 0xFFFF
        self.write(delivery)

    @precondition(lambda self: len(self.delayed) < 3)
    @rule(bits=st.integers(0, 255))
    def plc_write_is_delayed(self, bits: int) -> None:
        self.bits = ControlBits(bits)
        self.delayed.append(self.block())

    @rule(order=st.permutations(range(6)), seq=st.integers(0, 12), bits=st.integers(0, 255))
    def plc_writes_registers_one_by_one_in_any_order(self, order: list[int], seq: int, bits: int) -> None:
        """Trigger may come before PartSeq: the part is then the one whose number stood there, never a mixture."""
        self.bits, self.seq = ControlBits(bits), seq
        wanted = self.block().encode()
        for offset in order:
            words = list(self.wire.encode())
            words[offset] = wanted[offset]
            self.deliver(ControlBlock.decode(words))

    @rule(data=st.data())
    def an_old_block_comes_again(self, data: st.DataObject) -> None:
        self.deliver(data.draw(st.sampled_from(self.history)))

    @rule(which=st.integers(0, 2), by=st.sampled_from([1, 1, 2, -1]), counting=st.booleans())
    def plc_counts(self, which: int, by: int, counting: bool) -> None:
        """Rightly or not: a lying counter may cost events, never a wrong register."""
        self.counts[which] = (self.counts[which] + by) & 0xFFFF_FFFF
        self.counting = counting
        self.write("once")

    @rule(seq=st.integers(1, 12))
    def station_withdraws(self, seq: int) -> None:
        shown = StatusBits.RESULTS_VALID in self.station.status().bits
        hidden = self.waiting[1:] if shown else self.waiting
        good = seq in hidden and self.published[seq] is VerdictCode.PASS
        assert self.station.withdraw(seq) is good
        if good:
            self.published[seq] = VerdictCode.DEADLINE
        self.follow()

    @rule(ms=st.sampled_from([1, 20, 100, 450, 700]))
    def time_goes_on(self, ms: int) -> None:
        self.now_ns += ms * NS_PER_MS
        self.station.tick(self.now_ns)
        self.follow()

    @precondition(lambda self: self.undecided)
    @rule(data=st.data(), verdict=VERDICTS)
    def station_decides(self, data: st.DataObject, verdict: VerdictCode) -> None:
        seq = data.draw(st.sampled_from(self.undecided))
        self.undecided.remove(seq)
        room = len(self.waiting) < LIMITS.results
        taken = self.station.publish(ResultBlock.sealed(part_seq=seq, verdict=verdict), self.now_ns)
        assert taken is room
        if taken:
            self.waiting.append(seq)
            self.published[seq] = verdict
        self.follow()

    @rule(seq=st.integers(1, 12), verdict=VERDICTS)
    def station_publishes_what_nobody_asked_for(self, seq: int, verdict: VerdictCode) -> None:
        if seq not in self.undecided:
            assert not self.station.publish(ResultBlock.sealed(part_seq=seq, verdict=verdict), self.now_ns)
            self.follow()

    @rule(seq=st.integers(1, 12))
    def exposure_ends(self, seq: int) -> None:
        self.station.exposure_complete(seq)
        self.follow()

    @rule(ready=st.booleans(), online=st.booleans())
    def station_reports(self, ready: bool, online: bool) -> None:
        self.facts = StationFacts(ready=ready and online, online=online, state=State.READY)
        self.station.report(self.facts)
        self.follow()

    @invariant()
    def at_most_one_result_is_valid_and_it_is_the_oldest_published(self) -> None:
        status = self.station.status()
        if StatusBits.RESULTS_VALID in status.bits:
            assert status.result.part_seq == self.waiting[0]
            assert status.result.verdict == self.published[self.waiting[0]]
            assert status.result.crc == result_crc(status.result.encode())
        else:
            assert status.result == ResultBlock()

    @invariant()
    def only_a_published_pass_reads_as_pass(self) -> None:
        status = StatusBlock.decode(self.station.status().encode())
        for seq in (*range(1, 13), 65535):
            if is_pass(status.result, seq):
                assert self.published[seq] is VerdictCode.PASS

    @invariant()
    def ready_is_never_shown_without_its_conditions(self) -> None:
        bits = self.station.status().bits
        if StatusBits.TRIGGER_READY in bits:
            assert self.alive
            assert self.facts.ready
            assert self.facts.online
            assert StatusBits.ACQUIRING not in bits
            assert StatusBits.TRIGGER_ACK not in bits
            assert len(self.undecided) + len(self.waiting) < LIMITS.results

    @invariant()
    def an_acknowledged_trigger_names_the_part_that_was_taken(self) -> None:
        status = self.station.status()
        assert status.acq_seq == self.accepted_last
        assert (StatusBits.BUSY in status.bits) == bool(self.undecided)


HandshakeModel.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestTheHandshakeAgainstAModelPlc = HandshakeModel.TestCase
