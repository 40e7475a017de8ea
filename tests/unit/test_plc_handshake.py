"""The station's side of the handshake, edge by edge."""

from dataclasses import replace

import pytest

from drivers.plc.facts import NS_PER_MS, HandshakeLimits, PartCounters, StationFacts
from drivers.plc.handshake import StationHandshake
from drivers.plc.messages import (
    CountersDiffer,
    ErrorCleared,
    HandshakeFault,
    PartTriggered,
    PlcBack,
    PlcFault,
    PlcSilent,
    ResultTaken,
)
from drivers.plc.registers import (
    NO_ENCODER,
    ControlBits,
    ControlBlock,
    LineBits,
    ResultBlock,
    State,
    StatusBits,
    StatusBlock,
    VerdictCode,
    is_pass,
)

ENABLE, TRIGGER, ACK = ControlBits.ENABLE, ControlBits.TRIGGER, ControlBits.RESULTS_ACK
LIMITS = HandshakeLimits(
    plc_heartbeat_ns=300 * NS_PER_MS, result_ack_ns=500 * NS_PER_MS, trigger_release_ns=400 * NS_PER_MS
)
READY = StationFacts(ready=True, online=True, state=State.READY)


class Bench:
    """A handshake with a PLC at the keyboard: the control block is changed field by field, the clock by hand."""

    def __init__(self, facts: StationFacts = READY) -> None:
        self.now_ns = 1_000_000 * NS_PER_MS
        self.station = StationHandshake(LIMITS, self.now_ns)
        self.block = ControlBlock()
        self.station.report(facts)
        self.put(ENABLE, heartbeat=1)
        self.station.drain()

    def put(
        self, bits: ControlBits, part_seq: int | None = None, encoder: int = NO_ENCODER, **more: int
    ) -> StatusBlock:
        seq = self.block.part_seq if part_seq is None else part_seq
        self.block = replace(self.block, bits=bits, part_seq=seq, encoder=encoder, **more)
        self.station.control(self.block, self.now_ns)
        return self.station.status()

    def trigger(self, part_seq: int) -> StatusBlock:
        self.put(ENABLE | TRIGGER, part_seq)
        return self.put(ENABLE)

    def wait_ms(self, ms: int, *, plc_runs: bool = True) -> StatusBlock:
        for _ in range(ms // 20):
            self.now_ns += 20 * NS_PER_MS
            if plc_runs:
                self.put(self.block.bits, heartbeat=(self.block.heartbeat + 1) & 0xFFFF)
            self.station.tick(self.now_ns)
        return self.station.status()

    def publish(self, part_seq: int, verdict: VerdictCode = VerdictCode.PASS) -> bool:
        return self.station.publish(ResultBlock.sealed(part_seq=part_seq, verdict=verdict), self.now_ns)

    @property
    def bits(self) -> StatusBits:
        return self.station.status().bits

    def events(self, kind: type) -> list[object]:
        return [event for event in self.station.drain() if isinstance(event, kind)]

    def fault_codes(self) -> list[str]:
        return [event.code for event in self.station.drain() if isinstance(event, HandshakeFault)]


def test_a_part_goes_through_edge_by_edge():
    bench = Bench()
    assert StatusBits.TRIGGER_READY in bench.bits

    status = bench.put(ENABLE | TRIGGER, 7, encoder=4711)
    assert status.acq_seq == 7
    assert status.bits == StatusBits.ONLINE | StatusBits.TRIGGER_ACK | StatusBits.ACQUIRING | StatusBits.BUSY
    assert bench.station.drain() == [PartTriggered(7, 4711, bench.now_ns, missed=False)]

    assert StatusBits.TRIGGER_ACK not in bench.put(ENABLE).bits

    bench.station.exposure_complete(7)
    assert StatusBits.EXPOSURE_COMPLETE | StatusBits.TRIGGER_READY in bench.bits
    assert StatusBits.ACQUIRING not in bench.bits
    assert StatusBits.EXPOSURE_COMPLETE not in bench.put(ENABLE | ControlBits.EXPOSURE_ACK).bits
    bench.put(ENABLE)

    assert bench.publish(7)
    status = bench.station.status()
    assert StatusBits.RESULTS_VALID in status.bits
    assert StatusBits.BUSY not in status.bits
    assert is_pass(status.result, 7)

    status = bench.put(ENABLE | ACK)
    assert StatusBits.RESULTS_VALID not in status.bits
    assert status.result == ResultBlock()
    assert bench.station.drain() == [ResultTaken(7, bench.now_ns)]
    bench.put(ENABLE)
    assert StatusBits.TRIGGER_READY in bench.bits


def test_an_encoder_register_without_a_count_is_no_count():
    bench = Bench()
    bench.put(ENABLE | TRIGGER, 7, encoder=NO_ENCODER)
    (event,) = bench.station.drain()
    assert isinstance(event, PartTriggered)
    assert event.encoder_count is None


@pytest.mark.parametrize(
    "facts",
    [replace(READY, ready=False), replace(READY, online=False), StationFacts()],
    ids=["not ready", "not online", "just started"],
)
def test_a_trigger_while_not_ready_is_missed_latched_and_told(facts: StationFacts):
    bench = Bench(facts)
    status = bench.put(ENABLE | TRIGGER, 7)
    assert StatusBits.MISSED_TRIGGER in status.bits
    assert StatusBits.TRIGGER_ACK not in status.bits
    assert status.acq_seq == 0
    assert bench.station.drain() == [PartTriggered(7, None, bench.now_ns, missed=True)]
    bench.station.report(READY)
    assert StatusBits.MISSED_TRIGGER in bench.put(ENABLE).bits
    assert StatusBits.MISSED_TRIGGER not in bench.put(ENABLE | ControlBits.CLEAR_ERROR).bits


def test_a_missed_part_gets_its_forced_reject_like_any_other():
    bench = Bench(replace(READY, ready=False))
    bench.trigger(7)
    assert bench.publish(7, VerdictCode.CAMERA)
    assert bench.station.status().result.part_seq == 7
    assert not is_pass(bench.station.status().result, 7)


def test_trigger_and_enable_taken_away_in_one_write_is_missed():
    bench = Bench()
    assert StatusBits.MISSED_TRIGGER in bench.put(TRIGGER, 7).bits


def test_a_second_trigger_during_acquisition_is_missed():
    bench = Bench()
    bench.trigger(7)
    bench.put(ENABLE | TRIGGER, 8)
    assert [event.missed for event in bench.station.drain() if isinstance(event, PartTriggered)] == [False, True]
    assert bench.station.status().acq_seq == 7


def test_the_next_part_is_taken_while_the_first_is_still_being_judged():
    bench = Bench()
    bench.trigger(7)
    bench.station.exposure_complete(7)
    status = bench.put(ENABLE | TRIGGER, 8)
    assert status.acq_seq == 8
    assert StatusBits.TRIGGER_ACK in status.bits
    assert StatusBits.EXPOSURE_COMPLETE not in status.bits


def test_exposure_of_another_part_does_not_free_this_one():
    bench = Bench()
    bench.trigger(7)
    bench.station.exposure_complete(6)
    assert StatusBits.ACQUIRING in bench.bits


def test_a_reject_before_the_exposure_ended_lets_the_part_go():
    bench = Bench()
    bench.trigger(7)
    assert bench.publish(7, VerdictCode.CAMERA)
    assert StatusBits.EXPOSURE_COMPLETE | StatusBits.TRIGGER_READY in bench.bits


def test_a_trigger_that_stays_high_is_one_part_and_one_fault():
    bench = Bench()
    bench.put(ENABLE | TRIGGER, 7)
    bench.wait_ms(2000)
    assert len([event for event in bench.station.drain() if isinstance(event, PartTriggered)]) == 1
    bench.put(ENABLE)
    bench.station.exposure_complete(7)
    bench.put(ENABLE | TRIGGER, 8)
    bench.wait_ms(300)
    assert bench.fault_codes() == []


def test_the_fault_of_a_stuck_trigger_names_part_and_limit():
    bench = Bench()
    bench.put(ENABLE | TRIGGER, 7)
    bench.wait_ms(2000)
    (fault,) = bench.events(HandshakeFault)
    assert isinstance(fault, HandshakeFault)
    assert fault.code == "PLC-254"
    assert "more than 400 ms" in fault.sentence
    assert "PartSeq 7" in fault.sentence
    assert bench.station.status().error_code == PlcFault.TRIGGER_STUCK


def test_part_zero_is_refused_as_a_fault_and_not_acknowledged():
    bench = Bench()
    status = bench.put(ENABLE | TRIGGER, 0)
    assert StatusBits.TRIGGER_ACK not in status.bits
    assert StatusBits.ERROR in status.bits
    assert status.error_code == PlcFault.PART_SEQ_ZERO
    assert bench.fault_codes() == ["PLC-251"]


def test_the_number_of_an_open_part_is_refused_until_its_result_was_taken():
    bench = Bench()
    bench.trigger(7)
    bench.publish(7)
    bench.station.drain()
    bench.trigger(7)
    assert bench.fault_codes() == ["PLC-252"]
    bench.put(ENABLE | ACK)
    bench.put(ENABLE)
    bench.station.drain()
    bench.trigger(7)
    assert bench.events(PartTriggered) != []


def test_results_wait_for_each_acknowledgement_in_order():
    bench = Bench()
    for seq in (7, 8, 9):
        bench.trigger(seq)
        bench.station.exposure_complete(seq)
    for seq in (8, 7, 9):
        assert bench.publish(seq)
    seen: list[int] = []
    while StatusBits.RESULTS_VALID in bench.bits:
        seen.append(bench.station.status().result.part_seq)
        assert StatusBits.RESULTS_VALID not in bench.put(ENABLE | ACK).bits
        assert StatusBits.RESULTS_VALID not in bench.put(ENABLE | ACK, recipe_id=1).bits
        bench.put(ENABLE)
    assert seen == [8, 7, 9]


def test_ready_ends_when_eight_results_could_find_no_place():
    bench = Bench()
    for seq in range(1, 9):
        assert StatusBits.TRIGGER_READY in bench.bits
        bench.trigger(seq)
        bench.station.exposure_complete(seq)
    assert StatusBits.TRIGGER_READY not in bench.bits
    for seq in range(1, 9):
        assert bench.publish(seq)
    bench.put(ENABLE | ACK)
    assert StatusBits.TRIGGER_READY in bench.put(ENABLE).bits


def test_a_ninth_result_is_an_overrun_and_the_shown_one_stays():
    bench = Bench()
    for seq in range(1, 10):
        bench.trigger(seq)
        bench.station.exposure_complete(seq)
    assert [bench.publish(seq) for seq in range(1, 10)] == [True] * 8 + [False]
    status = bench.station.status()
    assert StatusBits.BUFFER_OVERRUN in status.bits
    assert status.result.part_seq == 1
    assert bench.station.counters.result_overruns == 1
    assert bench.fault_codes() == ["PLC-258"]


def test_too_many_open_parts_are_refused_without_growing():
    bench = Bench(replace(READY, ready=False))
    for seq in range(1, LIMITS.open_parts + 3):
        bench.trigger(seq)
    assert bench.station.counters.missed_triggers == LIMITS.open_parts
    assert bench.station.counters.refused_triggers == 2
    assert bench.fault_codes() == ["PLC-253", "PLC-253"]


@pytest.mark.parametrize("part_seq", [7, 99])
def test_a_second_or_unasked_result_is_never_shown(part_seq: int):
    bench = Bench()
    bench.trigger(7)
    bench.publish(7, VerdictCode.DEFECT)
    before = bench.station.status().result
    assert not bench.publish(part_seq, VerdictCode.PASS)
    assert bench.station.status().result == before
    assert bench.fault_codes() == ["PLC-257"]


def test_a_result_that_is_not_sealed_is_refused():
    bench = Bench()
    bench.trigger(7)
    with pytest.raises(ValueError, match="not sealed"):
        bench.station.publish(ResultBlock(part_seq=7, verdict=VerdictCode.PASS), bench.now_ns)


def test_a_missing_acknowledgement_is_said_once_and_the_result_stays():
    bench = Bench()
    bench.trigger(7)
    bench.publish(7)
    bench.wait_ms(3000)
    assert bench.fault_codes() == ["PLC-255"]
    assert bench.station.status().result.part_seq == 7


def test_an_acknowledgement_that_stays_high_is_said_once_and_holds_the_next_result_back():
    bench = Bench()
    for seq in (7, 8):
        bench.trigger(seq)
        bench.publish(seq)
    bench.put(ENABLE | ACK)
    bench.wait_ms(3000)
    assert bench.fault_codes() == ["PLC-256"]
    assert StatusBits.RESULTS_VALID not in bench.bits
    assert bench.put(ENABLE).result.part_seq == 8


def test_a_silent_plc_is_said_once_and_takes_ready_away_until_it_is_back():
    bench = Bench()
    bench.wait_ms(1000)
    assert bench.events(PlcSilent) == []
    bench.wait_ms(1000, plc_runs=False)
    assert bench.events(PlcSilent) == [PlcSilent(for_ms=320)]
    assert StatusBits.TRIGGER_READY not in bench.bits
    bench.wait_ms(20)
    assert bench.events(PlcBack) == [PlcBack()]
    assert StatusBits.TRIGGER_READY in bench.bits


def test_a_plc_that_writes_without_moving_its_heartbeat_is_silent():
    bench = Bench()
    for _ in range(20):
        bench.now_ns += 20 * NS_PER_MS
        bench.put(ENABLE, recipe_id=bench.now_ns % 7)
        bench.station.tick(bench.now_ns)
    assert len(bench.events(PlcSilent)) == 1


def test_a_plc_that_never_came_is_said_once():
    now_ns = 0
    station = StationHandshake(LIMITS, now_ns)
    for _ in range(200):
        now_ns += 20 * NS_PER_MS
        station.tick(now_ns)
    assert station.drain() == [PlcSilent(for_ms=320)]


def test_the_station_heartbeat_stands_still_without_progress():
    bench = Bench()
    bench.wait_ms(1000)
    assert bench.station.status().heartbeat == 0
    for _ in range(5):
        bench.station.beat()
        bench.station.beat()
        bench.wait_ms(100)
    assert bench.station.status().heartbeat == 5
    bench.wait_ms(1000)
    assert bench.station.status().heartbeat == 5


def test_faults_queue_for_the_plc_and_none_overwrites_another():
    bench = Bench()
    for code in (11, 12, 11, 13):
        bench.station.raise_error(code)
    shown = []
    while (status := bench.station.status()).error_code:
        shown.append((status.error_code, status.error_seq))
        bench.put(ENABLE | ControlBits.CLEAR_ERROR)
        bench.put(ENABLE)
    assert shown == [(11, 1), (12, 2), (13, 3)]
    assert len(bench.events(ErrorCleared)) == 3
    assert StatusBits.ERROR not in bench.bits
    bench.put(ENABLE | ControlBits.CLEAR_ERROR)
    assert bench.events(ErrorCleared) == []


def test_clear_error_is_an_edge_and_not_a_level():
    bench = Bench()
    bench.station.raise_error(11)
    bench.station.raise_error(12)
    bench.put(ENABLE | ControlBits.CLEAR_ERROR)
    assert bench.put(ENABLE | ControlBits.CLEAR_ERROR, recipe_id=1).error_code == 12


def test_what_the_station_says_of_itself_is_in_the_status_block():
    counters = PartCounters(triggers=6, passed=1, rejected=2, forced=2, missed=1, in_flight=1)
    bench = Bench(
        replace(READY, model_digest=0xDEAD_BEEF, warning=True, simulated=True, forcing_rejects=True, counters=counters)
    )
    status = bench.station.status()
    assert StatusBits.WARNING | StatusBits.SIMULATED | StatusBits.FORCING_REJECTS in status.bits
    assert (status.state, status.model_digest) == (State.READY, 0xDEAD_BEEF)
    assert (status.triggers, status.passed, status.rejected, status.forced) == (6, 1, 2, 2)
    assert (status.missed, status.in_flight) == (1, 1)


class CountingBench(Bench):
    """A PLC that keeps counters."""

    def __init__(self) -> None:
        super().__init__()
        self.put(ENABLE, line_bits=LineBits.COUNTERS_VALID)

    def counted_part(self, part_seq: int, verdict: VerdictCode, *, passes: bool) -> None:
        self.put(ENABLE | TRIGGER, part_seq, plc_triggers=self.block.plc_triggers + 1)
        self.put(ENABLE)
        self.publish(part_seq, verdict)
        sorted_as = "plc_passed" if passes else "plc_rejected"
        self.put(ENABLE | ACK, **{sorted_as: getattr(self.block, sorted_as) + 1})
        self.put(ENABLE)


def test_counters_that_agree_are_no_event():
    bench = CountingBench()
    bench.counted_part(7, VerdictCode.PASS, passes=True)
    bench.counted_part(8, VerdictCode.DEFECT, passes=False)
    bench.counted_part(9, VerdictCode.PASS, passes=False)
    assert bench.events(CountersDiffer) == []
    assert (bench.station.counters.counters_differed, bench.station.counters.withheld_passes) == (0, 1)


def test_a_reject_that_the_plc_let_pass_is_an_event_a_fault_of_the_plc_and_said_once():
    bench = CountingBench()
    bench.counted_part(7, VerdictCode.DEFECT, passes=True)
    (event,) = bench.events(CountersDiffer)
    assert isinstance(event, CountersDiffer)
    assert "The PLC counts 1 passed parts where the station has shown it 0 PASS results" in event.sentence
    assert bench.station.status().error_code == PlcFault.COUNTERS_DIFFER
    bench.counted_part(8, VerdictCode.PASS, passes=True)
    assert bench.events(CountersDiffer) == []


def test_missed_and_refused_triggers_are_among_those_that_the_station_saw():
    bench = CountingBench()
    for seq in (7, 8, 0, 7):
        bench.put(ENABLE | TRIGGER, seq, plc_triggers=bench.block.plc_triggers + 1)
        bench.put(ENABLE)
    assert bench.events(CountersDiffer) == []
    assert (bench.station.counters.triggers, bench.station.counters.refused_triggers) == (2, 2)


def test_a_plc_whose_counters_begin_at_zero_after_it_was_silent_is_not_accused():
    bench = CountingBench()
    bench.counted_part(7, VerdictCode.PASS, passes=True)
    bench.wait_ms(1000, plc_runs=False)
    bench.put(ENABLE, heartbeat=bench.block.heartbeat + 1, plc_triggers=0, plc_passed=0)
    bench.counted_part(8, VerdictCode.PASS, passes=True)
    assert bench.events(CountersDiffer) == []


def test_a_plc_that_comes_on_a_new_link_is_compared_from_then_on():
    bench = CountingBench()
    bench.station.plc_came()
    bench.put(ENABLE, plc_triggers=50, plc_passed=50)
    bench.counted_part(8, VerdictCode.PASS, passes=True)
    assert bench.events(CountersDiffer) == []


def test_a_late_pass_that_still_waits_is_withdrawn_and_one_that_is_shown_stays():
    bench = Bench()
    for seq in (7, 8):
        bench.trigger(seq)
        bench.publish(seq)
    assert not bench.station.withdraw(7)
    assert bench.station.withdraw(8)
    assert not bench.station.withdraw(8)
    assert is_pass(bench.station.status().result, 7)
    bench.put(ENABLE | ACK)
    shown = bench.put(ENABLE).result
    assert (shown.part_seq, shown.verdict, is_pass(shown, 8)) == (8, VerdictCode.DEADLINE, False)
