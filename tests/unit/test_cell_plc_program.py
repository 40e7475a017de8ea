"""The PLC's program: whatever the station does, no part passes without an intact PASS of its own number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.cell import causes
from drivers.cell.jig import Jig
from drivers.cell.parts_in_hand import Disposal, PartInHand, PartsInHand, read_result
from drivers.cell.plc_program import PlcProgram, PlcRules, ScanInputs, ScanOutputs
from drivers.cell.plc_trigger import NOT_READY, PICK_UP_FULL, JigView, TriggerRules, Turn
from drivers.plc.registers import (
    ControlBits,
    ControlBlock,
    ResultBlock,
    StatusBits,
    StatusBlock,
    VerdictCode,
    is_pass,
)
from tests.cell_station import MS, SmallStation, passes

# Six processes may share two cores: slowness is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SCAN_NS = 4 * MS
RULES = PlcRules(
    trigger=TriggerRules(
        period_ns=100 * MS,
        ack_limit_ns=60 * MS,
        exposure_limit_ns=150 * MS,
        first_part_seq=1,
        trigger_anyway=False,
    ),
    recipe_id=1,
    result_limit_ns=500 * MS,
    results_ack_limit_ns=200 * MS,
    station_heartbeat_ns=100 * MS,
    operator_clears_after_ns=0,
)

Bend = Callable[[int, StatusBlock], StatusBlock | None]


def as_it_is(scan: int, status: StatusBlock) -> StatusBlock | None:
    return status


@dataclass
class Bench:
    """Program, jig and station in virtual time; `bend` changes what the PLC sees of the station."""

    station: SmallStation = field(default_factory=SmallStation)
    rules: PlcRules = RULES
    bend: Bend = as_it_is
    places: int = 8

    def __post_init__(self) -> None:
        self.program = PlcProgram(self.rules)
        self.jig = Jig(
            Random(1), now_ns=0, turn_ns=60 * MS, counts_per_turn=14592, counts_per_line=4, speed_jitter=0.005
        )
        self.now_ns = 0
        self.scans = 0
        self.control = ControlBlock()
        self.turns: list[Turn] = []
        self.controls: list[ControlBlock] = []
        self.disposals: list[Disposal] = []
        self.notices: list[str] = []
        self.seen: list[tuple[int, StatusBlock]] = []

    def scan(self, *, infeed: bool = True, stopped: bool = False) -> ScanOutputs:
        self.now_ns += SCAN_NS
        self.scans += 1
        status = self.bend(self.scans, self.station.step(self.control, self.now_ns))
        if status is not None:
            self.seen.append((self.now_ns, status))
        self.jig.advance(self.now_ns)
        view = JigView(None if self.jig.turning else self.jig.next_start_count, infeed, self.places)
        outputs = self.program.scan(ScanInputs(self.now_ns, status, view, line_stopped=stopped))
        if outputs.turn is not None:
            assert not self.jig.turning
            self.jig.start(self.now_ns)
            self.turns.append(outputs.turn)
        self.disposals.extend(outputs.disposals)
        self.notices.extend(outputs.notices)
        if status is not None:
            self.control = outputs.control
            self.controls.append(outputs.control)
        return outputs

    def stall(self, for_ms: int) -> None:
        """The PLC's computer does nothing for a while; the station and the world go on."""
        for _ in range(for_ms):
            self.now_ns += MS
            self.station.step(self.control, self.now_ns)

    def run(self, scans: int, *, infeed: bool = True) -> None:
        for _ in range(scans):
            self.scan(infeed=infeed)

    def run_until_turns(self, turns: int, limit: int = 3000) -> None:
        for _ in range(limit):
            if len(self.turns) >= turns:
                return
            self.scan()
        pytest.fail(f"only {len(self.turns)} of {turns} parts were triggered in {limit} scans")

    def stop(self) -> None:
        for _ in range(100):
            self.scan(infeed=False, stopped=True)

    def causes(self) -> list[str]:
        return [disposal.reading.cause for disposal in self.disposals]


def test_parts_of_an_obedient_station_pass_in_step_with_the_period() -> None:
    bench = Bench()
    bench.run_until_turns(20)
    bench.run(100, infeed=False)
    assert [turn.part_seq for turn in bench.turns] == list(range(1, 21))
    assert [disposal.n for disposal in bench.disposals] == list(range(1, 21))
    assert all(disposal.reading.accepted for disposal in bench.disposals)
    span_ns = bench.turns[-1].at_ns - bench.turns[0].at_ns
    assert abs(span_ns - 19 * 100 * MS) <= SCAN_NS
    assert bench.program.counters()["parts_waited_for"] == 0
    assert bench.program.at_rest


def test_number_and_encoder_stand_in_the_registers_a_scan_before_the_trigger_rises() -> None:
    bench = Bench()
    bench.run_until_turns(5)
    bench.run(1)
    rises = 0
    for before, after in pairwise(bench.controls):
        if ControlBits.TRIGGER in after.bits and ControlBits.TRIGGER not in before.bits:
            turn = bench.turns[rises]
            rises += 1
            assert (before.part_seq, before.encoder) == (turn.part_seq, turn.start_count)
            assert (after.part_seq, after.encoder) == (turn.part_seq, turn.start_count)
    assert rises == 5
    assert bench.station.triggers == [(turn.part_seq, turn.start_count) for turn in bench.turns]


def test_the_plc_never_triggers_while_the_station_is_not_ready_and_counts_the_wait() -> None:
    bench = Bench()
    bench.run_until_turns(3)
    bench.bend = lambda _, status: replace(status, bits=status.bits & ~StatusBits.TRIGGER_READY)
    bench.run(100)
    assert len(bench.turns) == 3
    bench.bend = as_it_is
    bench.run_until_turns(6)
    waits = bench.program.counters()["wait_ms"]
    assert isinstance(waits, dict)
    assert 280 <= waits[NOT_READY] <= 400
    assert bench.program.counters()["parts_waited_for"] == 1
    assert bench.station.missed == 0


def test_after_a_long_wait_parts_follow_at_the_old_pace_without_a_burst() -> None:
    bench = Bench()
    bench.run_until_turns(2)
    bench.station.online = False
    bench.run(200)
    bench.station.online = True
    bench.run_until_turns(5)
    gaps = [b.at_ns - a.at_ns for a, b in pairwise(bench.turns[2:])]
    assert all(gap >= 100 * MS - SCAN_NS for gap in gaps)


def test_trigger_anyway_triggers_a_station_that_is_not_ready_and_the_part_is_rejected() -> None:
    rules = replace(RULES, trigger=replace(RULES.trigger, trigger_anyway=True))
    bench = Bench(rules=rules)
    bench.run_until_turns(1)
    bench.run(2)
    bench.station.online = False
    bench.run_until_turns(3)
    bench.run(60, infeed=False)
    assert bench.station.missed == 2
    assert bench.causes()[1:] == [causes.NO_TRIGGER_ACK, causes.NO_TRIGGER_ACK]


def test_an_acknowledge_with_another_number_counts_as_none() -> None:
    bench = Bench(bend=lambda _, status: replace(status, acq_seq=777))
    bench.run_until_turns(1)
    bench.run(40, infeed=False)
    assert bench.causes() == [causes.NO_TRIGGER_ACK]
    assert bench.program.counters()["trigger_ack_timeouts"] == 1


def test_a_part_whose_exposure_never_completes_is_rejected_even_when_it_has_a_pass() -> None:
    bench = Bench(bend=lambda _, status: replace(status, bits=status.bits & ~StatusBits.EXPOSURE_COMPLETE))
    bench.run_until_turns(1)
    bench.run(100, infeed=False)
    assert bench.causes() == [causes.NO_EXPOSURE]
    assert not bench.disposals[0].reading.accepted
    assert bench.disposals[0].reading.verdict_code == VerdictCode.PASS


def test_a_part_stays_on_the_jig_until_its_exposure_is_complete() -> None:
    bench = Bench(station=SmallStation(exposure_ms=140, result_ms=20))
    bench.run_until_turns(1)
    bench.run(25)
    assert bench.disposals == []
    bench.run_until_turns(2)
    assert bench.turns[1].at_ns - bench.turns[0].at_ns >= 140 * MS
    assert bench.disposals[0].reading.accepted


def test_an_exposure_whose_edge_went_by_unseen_counts_all_the_same() -> None:
    bench = Bench(station=SmallStation(exposure_ms=110, result_ms=130))
    for turns in (2, 4, 6):  # stalls just as the next part was triggered on the last one's ExposureComplete
        bench.run_until_turns(turns)
        bench.stall(115)
    bench.run(100, infeed=False)
    assert [disposal.reading.accepted for disposal in bench.disposals] == [True] * 6
    assert bench.program.counters()["exposure_timeouts"] == 0


def test_a_result_that_never_comes_is_a_reject_after_the_limit() -> None:
    bench = Bench(station=SmallStation(answer=lambda _seq, _encoder: None))
    bench.run_until_turns(1)
    bench.run(150, infeed=False)
    assert bench.causes() == [causes.RESULT_TIMEOUT]
    late_ns = bench.disposals[0].at_ns - bench.turns[0].at_ns
    assert 500 * MS <= late_ns <= 500 * MS + SCAN_NS
    assert bench.program.counters()["result_timeouts"] == 1


def test_a_late_result_is_acknowledged_and_used_for_nothing() -> None:
    bench = Bench(station=SmallStation(result_ms=600))
    bench.run_until_turns(1)
    bench.run(200, infeed=False)
    assert bench.causes() == [causes.RESULT_TIMEOUT]
    assert bench.program.counters()["results_without_part"] == 1
    assert bench.program.at_rest


def test_several_parts_wait_for_their_results_and_a_full_pick_up_holds_the_line() -> None:
    bench = Bench(station=SmallStation(result_ms=450), places=3)
    bench.run_until_turns(8)
    assert all(disposal.reading.accepted for disposal in bench.disposals)
    waits = bench.program.counters()["wait_ms"]
    assert isinstance(waits, dict)
    assert waits[PICK_UP_FULL] > 0


def test_a_silent_station_has_its_parts_rejected_once_and_the_line_goes_on_when_it_is_back() -> None:
    bench = Bench(station=SmallStation(result_ms=480))
    bench.run_until_turns(3)
    bench.station.beating = False
    bench.run(120)
    silent = [cause for cause in bench.causes() if cause == causes.STATION_SILENT]
    assert len(silent) >= 3
    triggered = len(bench.turns)
    bench.run(60)
    assert len(bench.turns) == triggered
    assert sum("stood still for 300 ms" in notice for notice in bench.notices) == 1
    bench.station.beating = True
    bench.run_until_turns(triggered + 2)
    assert sum("heartbeat moves again" in notice for notice in bench.notices) == 1
    assert bench.program.counters()["station_silent"] == 1


def test_a_lost_connection_rejects_the_parts_in_hand_at_once_and_old_results_are_used_for_nothing() -> None:
    bench = Bench(station=SmallStation(result_ms=300))
    bench.run_until_turns(3)
    in_hand = bench.program.in_hand
    before = len(bench.disposals)
    bench.bend = lambda _scan, _status: None
    bench.run(10)
    assert bench.causes()[before:] == [causes.LINK_LOST] * in_hand
    assert bench.program.in_hand == 0
    bench.bend = as_it_is
    bench.run_until_turns(5)
    bench.run(150, infeed=False)
    numbers = [disposal.n for disposal in bench.disposals]
    assert sorted(numbers) == list(range(1, len(bench.turns) + 1))
    assert bench.program.counters()["links_lost"] == 1
    assert sum("connection to the station is lost" in notice for notice in bench.notices) == 1


def test_results_left_over_from_an_earlier_run_are_drained_before_the_first_trigger() -> None:
    bench = Bench()
    left_over = ResultBlock.sealed(part_seq=1, verdict=VerdictCode.PASS)
    bench.station._ready_results.extend([(0, left_over)] * 40)
    bench.station.answer = lambda seq, encoder: ResultBlock.sealed(part_seq=seq, verdict=VerdictCode.DEFECT)
    bench.run_until_turns(1)
    bench.run(60, infeed=False)
    assert [disposal.reading.accepted for disposal in bench.disposals] == [False]
    assert bench.program.counters()["results_without_part"] == 40


def test_part_numbers_wrap_from_65535_to_1_and_never_are_0() -> None:
    bench = Bench(rules=replace(RULES, trigger=replace(RULES.trigger, first_part_seq=65_534)))
    bench.run_until_turns(4)
    bench.run(60, infeed=False)
    assert [turn.part_seq for turn in bench.turns] == [65_534, 65_535, 1, 2]
    assert all(disposal.reading.accepted for disposal in bench.disposals)


def test_the_heartbeat_of_the_plc_moves_every_50_ms() -> None:
    bench = Bench()
    bench.run(250)
    assert bench.controls[-1].heartbeat - bench.controls[0].heartbeat == pytest.approx(1000 / 52, abs=1.5)


def test_the_simulated_operator_clears_a_station_error_by_an_edge() -> None:
    rules = replace(RULES, operator_clears_after_ns=200 * MS)
    bench = Bench(rules=rules, bend=lambda _, status: replace(status, bits=status.bits | StatusBits.ERROR))
    bench.run(250)
    clear = [ControlBits.CLEAR_ERROR in control.bits for control in bench.controls]
    rises = sum(after and not before for before, after in pairwise(clear))
    assert rises == 2
    assert not clear[48]
    assert clear[51]


def test_a_station_that_is_there_but_not_ready_is_reported_once() -> None:
    bench = Bench(station=SmallStation(online=False))
    bench.run(1500)
    assert len(bench.notices) == 1
    assert "not been ready for 2 s (state 2" in bench.notices[0]
    bench.station.online = True
    bench.run(5)
    assert bench.notices[1:] == ["PLC: the station is ready: the line goes on"]


def test_stopping_the_line_rejects_what_is_in_hand_and_takes_enable_away() -> None:
    bench = Bench(station=SmallStation(result_ms=450))
    bench.run_until_turns(3)
    bench.stop()
    assert sorted(disposal.n for disposal in bench.disposals) == [1, 2, 3]
    assert causes.CELL_STOPPED in bench.causes()
    assert bench.program.at_rest
    assert not bench.station.enabled


@patient
@given(
    part_seq=st.integers(1, 0xFFFF),
    flips=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 15)), min_size=1, max_size=3, unique=True),
)
def test_a_pass_with_any_bit_flipped_is_a_reject(part_seq: int, flips: list[tuple[int, int]]) -> None:
    words = list(ResultBlock.sealed(part_seq=part_seq, verdict=VerdictCode.PASS, score_1e4=9000).encode())
    for word, bit in flips:
        words[word] ^= 1 << bit
    assert not read_result(ResultBlock.decode(words), part_seq).accepted


@patient
@given(st.lists(st.integers(0, 0xFFFF), min_size=12, max_size=12), st.integers(1, 0xFFFF))
def test_garbage_registers_are_a_reject(words: list[int], part_seq: int) -> None:
    result = ResultBlock.decode(words)
    assert read_result(result, part_seq).accepted == is_pass(result, part_seq)


def test_a_part_number_cannot_be_in_hand_twice() -> None:
    hand = PartsInHand()
    hand.add(PartInHand(n=1, part_seq=5, trigger_ns=0))
    with pytest.raises(ValueError, match="5 is still in hand"):
        hand.add(PartInHand(n=2, part_seq=5, trigger_ns=0))


class Saboteur:
    """Bends the station's registers at random: silence, lost link, garbage, wrong numbers, torn results, stale bits."""

    def __init__(self, seed: int, badness: float) -> None:
        self._random = Random(seed)
        self._badness = badness
        self._mode = "honest"
        self._left = 0
        self._last: StatusBlock | None = None

    def __call__(self, scan: int, status: StatusBlock) -> StatusBlock | None:
        random = self._random
        if self._left == 0:
            modes = ["gone", "frozen", "garbage", "wrong seq", "torn", "forged", "bits", "quiet"]
            self._mode = random.choice(modes) if random.random() < self._badness else "honest"
            self._left = random.randint(1, 60)
        self._left -= 1
        bent = self._bent(random, status)
        self._last = bent or self._last
        return bent

    def _bent(self, random: Random, status: StatusBlock) -> StatusBlock | None:
        result = status.result
        valid = status.bits | StatusBits.RESULTS_VALID
        match self._mode:
            case "gone":
                return None
            case "frozen":
                return self._last
            case "garbage":
                return StatusBlock.decode([random.randrange(0x10000) for _ in status.encode()])
            case "wrong seq":
                other = ResultBlock.sealed(part_seq=random.randint(1, 40), verdict=VerdictCode.PASS)
                return replace(status, bits=valid, result=replace(other, part_seq=random.randint(1, 40)))
            case "torn":
                return replace(status, bits=valid, result=replace(result, verdict=VerdictCode.PASS))
            case "forged":
                return replace(status, bits=valid, result=ResultBlock(part_seq=status.acq_seq, verdict=0x5A5A))
            case "bits":
                return replace(status, bits=StatusBits(random.randrange(0x10000)))
            case "quiet":
                return replace(status, bits=status.bits & ~StatusBits.RESULTS_VALID)
            case _:
                return status


def answer_by(seed: int) -> Callable[[int, int], ResultBlock | None]:
    random = Random(seed)

    def answer(part_seq: int, encoder: int) -> ResultBlock | None:
        kind = random.randrange(4)
        if kind == 0:
            return None
        if kind == 1:
            return ResultBlock.sealed(part_seq=part_seq, verdict=VerdictCode.DEFECT, defect_class=random.randint(0, 9))
        if kind == 2:
            return ResultBlock.sealed(part_seq=max(1, part_seq - 1), verdict=VerdictCode.PASS)
        return passes(part_seq, encoder)

    return answer


@settings(patient, max_examples=60)
@given(seed=st.integers(0, 2**32), badness=st.floats(0, 1), places=st.integers(1, 8), anyway=st.booleans())
def test_no_part_passes_without_a_pass_of_its_own_and_every_part_ends_once(
    seed: int, badness: float, places: int, anyway: bool
) -> None:
    rules = replace(RULES, trigger=replace(RULES.trigger, trigger_anyway=anyway))
    station = SmallStation(answer=answer_by(seed), result_ms=Random(seed).choice([20, 90, 300, 600]))
    bench = Bench(station=station, rules=rules, bend=Saboteur(seed, badness), places=places)
    bench.run(800)
    bench.stop()
    triggered = {turn.n: turn for turn in bench.turns}
    assert sorted(disposal.n for disposal in bench.disposals) == sorted(triggered)
    for disposal in bench.disposals:
        turn = triggered[disposal.n]
        assert disposal.part_seq == turn.part_seq
        if disposal.reading.accepted:
            assert any(
                turn.at_ns < now_ns <= disposal.at_ns
                and StatusBits.RESULTS_VALID in status.bits
                and is_pass(status.result, turn.part_seq)
                for now_ns, status in bench.seen
            )


def test_a_full_set_of_random_stations_lets_good_parts_pass_too() -> None:
    accepted = 0
    for seed in range(10):
        bench = Bench(station=SmallStation(answer=answer_by(seed)), bend=Saboteur(seed, 0.3))
        bench.run(800)
        accepted += sum(disposal.reading.accepted for disposal in bench.disposals)
    assert accepted >= 5
