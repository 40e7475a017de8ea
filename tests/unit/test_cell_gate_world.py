"""A line with a gate in virtual time: parts ride on by encoder, the gate decides, the PLC tells what it counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.cell import causes
from drivers.cell.infeed import DemandSupply
from drivers.cell.line_faults import LINE_FAULT_KINDS, NEED_A_GATE, LineFaultKind, LineFaultPlan, planned_line_fault
from drivers.encoder.counts import signed_difference
from drivers.plc.registers import ControlBits, LineBits, ResultBlock, StatusBits, StatusBlock, VerdictCode, is_pass
from drivers.plc.signals import signals_of
from tests.cell_bench import GATE, PIECES, SETTINGS, GateBench
from tests.cell_station import MS, SmallStation

# Six processes may share two cores: slowness is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=25)

GOOD, REJECT, ONE = "next-station", "reject", "one"


def every_fourth_has_a_defect(seq: int, encoder: int) -> ResultBlock | None:
    if seq % 4:
        return ResultBlock.sealed(part_seq=seq, verdict=VerdictCode.PASS)
    return ResultBlock.sealed(part_seq=seq, verdict=VerdictCode.DEFECT, defect_class=1 + seq % 8 // 4)


def sorting(result_ms: float = 90) -> SmallStation:
    return SmallStation(answer=every_fourth_has_a_defect, exposure_ms=85, result_ms=result_ms)


def changed(**changes: object) -> Any:
    return SETTINGS.model_validate({**SETTINGS.model_dump(), **changes})


def table(score: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return score[key]


@pytest.mark.parametrize("kind", ["pass", "reject"])
@pytest.mark.parametrize("start", [0, 2**32 - 70_000])
def test_parts_ride_to_the_gate_and_end_where_their_own_verdict_says(kind: str, start: int) -> None:
    bench = GateBench(changed(gate_kind=kind, encoder_start_counts=start), station=sorting())
    score = bench.run()
    assert (score["triggered"], score["binned"], score["unaccounted"], score["gate_wrong"]) == (40, 40, 0, 0)
    assert table(score, "bins") == {GOOD: 30, ONE: 5, REJECT: 5}
    assert table(score, "gate_error_counts") == {"p50": 0, "max": 0}
    assert score["gate_commands_late"] == 0
    for row in bench.rows:
        passes = int(str(row["part_seq"])) % 4 != 0
        assert (row["gate"], row["confirmed"]) == (("open", None) if passes else ("closed", True))


def test_several_parts_are_between_camera_and_gate_and_the_pace_holds() -> None:
    bench = GateBench(station=sorting())
    under_way = 0
    while not bench.world.done:
        bench.scan()
        under_way = max(under_way, int(str(bench.world.score()["in_hand"])))
    triggers = sorted(int(str(row["trigger_ns"])) for row in bench.rows)
    assert under_way >= 3
    assert triggers[-1] - triggers[0] <= 39 * 100 * MS + 5 * MS
    assert bench.program.counters()["parts_waited_for"] == 0


def test_the_belt_runs_out_at_the_end_and_not_while_parts_come() -> None:
    bench = GateBench(changed(parts=3), station=sorting())
    bench.until(lambda: bench.world.score()["triggered"] == 3)
    last = bench.control.encoder
    bench.run()
    assert signed_difference(bench.control.encoder_now, last) >= 42_000 + GATE.sensor_tolerance_counts
    assert [row["n"] for row in bench.rows] == [1, 2, 3]


def test_a_part_that_is_taken_back_before_its_trigger_is_not_triggered() -> None:
    bench = GateBench(station=sorting())
    bench.station.online = False
    bench.until(lambda: bench.control.part_seq == 1)
    bench.world.no_more_parts()
    bench.station.online = True
    for _ in range(100):
        bench.scan()
    assert bench.world.score()["triggered"] == 0


def test_a_result_that_comes_after_the_gate_is_used_for_nothing() -> None:
    bench = GateBench(station=sorting(result_ms=400))  # the gate is 2.7 parts of 100 ms away
    score = bench.run()
    assert table(score, "bins") == {GOOD: 0, ONE: 0, REJECT: 40}
    # The last parts' results come before the belt that runs out has brought them to the gate, or after: never a pass.
    assert table(score, "forced") == {causes.BEHIND_GATE: 40}
    assert score["gate_wrong"] == 0


def test_a_station_that_says_nothing_has_every_part_rejected_at_the_gate() -> None:
    score = GateBench(changed(parts=8), station=SmallStation(answer=lambda _seq, _count: None, exposure_ms=85)).run()
    assert table(score, "bins") == {GOOD: 0, ONE: 0, REJECT: 8}
    assert score["gate_pulses"] == 0


def test_a_lost_link_rejects_the_undecided_and_lets_those_pass_whose_pass_was_read() -> None:
    bench = GateBench(changed(parts=12))
    bench.until(lambda: bench.world.score()["triggered"] == 5)
    read = bench.control.plc_passed
    bench.trouble("cut", 500)
    score = bench.run()
    lost = [row["n"] for row in bench.rows if row["cause"] == causes.LINK_LOST]
    assert lost == [5]
    assert read == 4
    assert table(score, "bins") == {GOOD: 11, ONE: 0, REJECT: 1}
    assert score["gate_wrong"] == 0


def test_the_plc_counts_a_part_in_the_write_that_triggers_it_and_never_decides_more_than_it_triggered() -> None:
    bench = GateBench(changed(parts=30, line_fault_every=7), station=sorting())
    bench.run()
    for (_, before), (_, now) in pairwise(bench.controls):
        trigger_rose = ControlBits.TRIGGER in now.bits & ~before.bits
        assert now.plc_triggers - before.plc_triggers == trigger_rose
        decided = now.plc_passed + now.plc_rejected
        assert decided <= now.plc_triggers
        assert decided >= before.plc_passed + before.plc_rejected
    last = bench.control
    assert (last.plc_triggers, last.plc_passed + last.plc_rejected) == (30, 30)


@pytest.mark.parametrize("result_ms", [30, 90])  # while the jig turns, and after
def test_the_acknowledge_of_a_result_never_comes_before_its_count(result_ms: float) -> None:
    bench = GateBench(changed(parts=20), station=sorting(result_ms))
    results = 0
    last = bench.control
    while not bench.world.done:
        bench.scan()
        if ControlBits.RESULTS_ACK in bench.control.bits & ~last.bits:
            results += 1
            assert bench.control.plc_passed + bench.control.plc_rejected == results
        last = bench.control
    assert results == 20


def test_encoder_and_sensors_are_in_the_registers_at_every_scan() -> None:
    bench = GateBench(changed(parts=10), station=sorting())
    bench.run()
    counts = [block.encoder_now for _, block in bench.controls]
    assert all(signed_difference(later, earlier) >= 0 for earlier, later in pairwise(counts))
    assert len(set(counts)) > 100
    assert all(
        LineBits.ENCODER_VALID | LineBits.SENSORS_VALID | LineBits.COUNTERS_VALID in b.line_bits
        for _, b in bench.controls
    )
    last = signals_of(bench.control, 0)
    assert (last.parts_seen, last.rejects_seen) == (10, 2)


def test_a_line_without_a_gate_tells_its_encoder_and_counters_and_has_no_sensors() -> None:
    bench = GateBench(changed(parts=10), gate=None, station=sorting())
    score = bench.run()
    assert bench.control.line_bits == LineBits.ENCODER_VALID | LineBits.TIME_VALID | LineBits.COUNTERS_VALID
    assert (bench.control.plc_triggers, bench.control.plc_passed, bench.control.plc_rejected) == (10, 8, 2)
    assert score["gate_passings"] == 0
    assert "gate_pulses" not in score
    assert {row["gate"] for row in bench.rows} == {None}


def all_pass_but(*n: int) -> SmallStation:
    def answer(seq: int, encoder: int) -> ResultBlock:
        verdict = VerdictCode.DEFECT if seq in n else VerdictCode.PASS
        return ResultBlock.sealed(part_seq=seq, verdict=verdict, defect_class=int(seq in n))

    return SmallStation(answer=answer, exposure_ms=85)


def with_fault(
    fault: LineFaultKind, *, part: str = "good", rejected: bool = False, kind: str = "pass", parts: int = 7
) -> GateBench:
    """Seven parts, the fourth with a fault of the line, then the belt emptied."""
    supply = DemandSupply(1)
    supply.fill(PIECES)
    for n in range(1, parts + 1):
        if n == 4:
            supply.ask(f'{{"part": "{part}", "line_fault": "{fault}"}}')
        else:
            supply.ask('{"part": "good"}')
    supply.end_of_requests()
    return GateBench(changed(gate_kind=kind), supply=supply, station=all_pass_but(*([4] if rejected else [])))


def test_a_gate_that_sticks_shut_rejects_a_part_that_was_passed_and_that_is_no_overkill_of_the_inspection() -> None:
    bench = with_fault("gate-stuck-closed")
    score = bench.run()
    row = bench.row(4)
    assert (row["bin"], row["gate"], row["cause"]) == (REJECT, "closed", causes.GATE_STAYED_SHUT)
    assert (score["gate_wrong"], score["overkill"], score["escapes_by_gate"]) == (1, 0, 0)
    assert table(score, "line_faults") == {"gate-stuck-closed": {REJECT: 1}}
    assert bench.control.rejects_seen == 1


def test_a_gate_that_sticks_open_lets_a_defective_part_pass_which_the_mechanics_are_to_blame_for() -> None:
    bench = with_fault("gate-stuck-open", part="pits", rejected=True)
    score = bench.run()
    row = bench.row(4)
    assert (row["bin"], row["gate"], row["cause"]) == (GOOD, "open", causes.GATE_STAYED_OPEN)
    assert (score["gate_wrong"], score["escapes"], score["escapes_by_gate"]) == (1, 0, 1)
    assert bench.control.rejects_seen == 0


def test_a_dead_reject_sensor_confirms_nothing() -> None:
    bench = with_fault("reject-sensor-dead", part="pits", rejected=True)
    bench.run()
    assert (bench.row(4)["bin"], bench.row(4)["confirmed"], bench.control.rejects_seen) == (ONE, False, 0)


def test_a_part_that_falls_off_is_seen_by_no_sensor_and_lies_on_the_floor() -> None:
    bench = with_fault("falls-off")
    score = bench.run()
    assert (bench.row(4)["bin"], bench.row(4)["cause"]) == ("floor", causes.FELL_OFF)
    assert (bench.control.parts_seen, bench.control.rejects_seen) == (6, 0)
    assert (score["binned"], score["unaccounted"]) == (7, 0)
    assert table(score, "bins")["floor"] == 1


@pytest.mark.parametrize(("kind", "passed"), [("pass", 0), ("reject", 1)])
def test_an_extra_part_is_rejected_by_a_gate_that_passes_on_a_pulse_and_escapes_one_that_rejects_on_a_pulse(
    kind: str, passed: int
) -> None:
    bench = with_fault("extra-part", kind=kind)
    score = bench.run()
    assert table(score, "extra_parts") == {"passed": passed, "rejected": 1 - passed}
    assert (score["escapes_by_gate"], bench.control.parts_seen) == (passed, 8)
    assert bench.control.rejects_seen == 1 - passed
    assert table(score, "bins")[GOOD] == 7


@pytest.mark.parametrize(("fault", "bit"), [("air-low", LineBits.AIR_LOW), ("bin-full", LineBits.BIN_FULL)])
def test_a_switch_is_on_for_a_second(fault: LineFaultKind, bit: LineBits) -> None:
    bench = with_fault(fault)
    bench.until(lambda: bit in bench.control.line_bits)
    since_ns = bench.now_ns
    bench.until(lambda: bit not in bench.control.line_bits)
    assert 990 * MS <= bench.now_ns - since_ns <= 1010 * MS


def test_an_encoder_that_slips_brings_the_parts_later_than_their_pulses_and_none_passes_in_anothers() -> None:
    bench = with_fault("encoder-jump")
    score = bench.run()
    steps = [
        signed_difference(later.encoder_now, earlier.encoder_now)
        for (_, earlier), (_, later) in pairwise(bench.controls)
    ]
    assert max(steps) > 100_000
    assert min(steps) >= 0
    shut = [row["n"] for row in bench.rows if row["cause"] == causes.GATE_STAYED_SHUT]
    assert shut == [3]  # the second was past the gate
    assert bench.row(4)["cause"] == causes.BEHIND_GATE
    assert table(score, "bins") == {GOOD: 5, ONE: 0, REJECT: 2}


def test_an_encoder_that_runs_back_is_seen_to_and_comes_again() -> None:
    bench = with_fault("encoder-back")
    score = bench.run()
    steps = [
        signed_difference(later.encoder_now, earlier.encoder_now)
        for (_, earlier), (_, later) in pairwise(bench.controls)
    ]
    assert min(steps) <= -3000
    assert sum(step < 0 for step in steps) == 1
    assert (score["unaccounted"], score["gate_wrong"]) == (0, 0)


def test_a_silent_plc_goes_on_with_everything_but_its_heartbeat() -> None:
    bench = with_fault("plc-silent", parts=30)
    score = bench.run()
    beats = [(at_ns, block.heartbeat) for at_ns, block in bench.controls]
    moved_ns = [later[0] for earlier, later in pairwise(beats) if later[1] != earlier[1]]
    assert max(later - earlier for earlier, later in pairwise(moved_ns)) >= 1500 * MS
    assert table(score, "bins")[GOOD] == 30


def test_a_plc_that_stands_writes_nothing_and_its_gate_does_what_it_was_told_before() -> None:
    bench = with_fault("plc-stands")
    score = bench.run()
    written_ns = [at_ns for at_ns, _ in bench.controls]
    assert max(later - earlier for earlier, later in pairwise(written_ns)) >= 1400 * MS
    assert (score["unaccounted"], score["gate_wrong"]) == (0, 0)


def test_after_a_cut_link_the_counters_go_on() -> None:
    bench = with_fault("link-cut")
    bench.run()
    triggers = [block.plc_triggers for _, block in bench.controls]
    assert triggers == sorted(triggers)
    assert triggers[-1] == 7


@given(st.integers(1, 50), st.integers(1, 3000), st.booleans())
def test_only_every_so_manieth_part_is_hit_and_without_a_gate_only_by_what_needs_none(
    every: int, n: int, gate: bool
) -> None:
    fault = planned_line_fault(LineFaultPlan(every, LINE_FAULT_KINDS), n, gate=gate)
    assert (fault is not None) == ((n + every // 2) % every == 0)
    assert gate or fault not in NEED_A_GATE


def test_every_kind_has_its_turn_and_without_a_plan_nothing_is_hit() -> None:
    plan = LineFaultPlan(20, LINE_FAULT_KINDS)
    hit = [planned_line_fault(plan, n, gate=True) for n in range(1, 20 * len(LINE_FAULT_KINDS) + 1)]
    assert [kind for kind in hit if kind] == list(LINE_FAULT_KINDS)
    assert all(planned_line_fault(LineFaultPlan(0, LINE_FAULT_KINDS), n, gate=True) is None for n in range(1, 99))
    assert all(planned_line_fault(LineFaultPlan(1, ("air-low",)), n, gate=False) is None for n in range(1, 99))


class Saboteur:
    """Bends what the PLC sees of the station: lost, frozen, garbage, other parts' results, results held back."""

    def __init__(self, seed: int, badness: float) -> None:
        self._random = Random(seed)
        self._badness = badness
        self._mode, self._left = "honest", 0
        self._last: StatusBlock | None = None
        self.passes: dict[int, int] = {}
        """When the PLC could first read an intact PASS of a part."""

    def __call__(self, now_ns: int, status: StatusBlock) -> StatusBlock | None:
        if self._left == 0:
            modes = ["gone", "frozen", "garbage", "wrong seq", "quiet"]
            self._mode = self._random.choice(modes) if self._random.random() < self._badness else "honest"
            self._left = self._random.randint(1, 150)
        self._left -= 1
        bent = self._bent(status)
        self._last = bent or self._last
        if bent is not None and StatusBits.RESULTS_VALID in bent.bits and is_pass(bent.result, bent.result.part_seq):
            self.passes.setdefault(bent.result.part_seq, now_ns)
        return bent

    def _bent(self, status: StatusBlock) -> StatusBlock | None:
        random = self._random
        match self._mode:
            case "gone":
                return None
            case "frozen":
                return self._last
            case "garbage":
                return StatusBlock.decode([random.randrange(0x10000) for _ in status.encode()])
            case "wrong seq":
                return replace(
                    status,
                    bits=status.bits | StatusBits.RESULTS_VALID,
                    result=replace(status.result, part_seq=random.randint(1, 40)),
                )
            case "quiet":
                return replace(status, bits=status.bits & ~StatusBits.RESULTS_VALID)
            case _:
                return status


@patient
@given(
    seed=st.integers(0, 2**32),
    badness=st.floats(0, 0.8),
    every=st.sampled_from([0, 3]),
    kind=st.sampled_from(["pass", "reject"]),
    scan_ms=st.sampled_from([1, 2, 7]),
)
def test_whatever_happens_every_part_ends_once_and_goes_on_only_by_its_own_pass_or_by_the_gates_fault(
    seed: int, badness: float, every: int, kind: str, scan_ms: float
) -> None:
    random = Random(seed)

    def answer(seq: int, encoder: int) -> ResultBlock | None:
        verdict = random.choice([VerdictCode.PASS, VerdictCode.DEFECT, VerdictCode.CAMERA, None])
        return None if verdict is None else ResultBlock.sealed(part_seq=seq, verdict=verdict)

    station = SmallStation(answer=answer, exposure_ms=85, result_ms=random.choice([20, 90, 250]))
    saboteur = Saboteur(seed, badness)
    changes = {"parts": 25, "line_fault_every": every, "gate_kind": kind, "result_timeout_ms": 1500}
    bench = GateBench(changed(**changes), station=station, bend=saboteur, scan_ms=scan_ms)
    bench.until(lambda: (bench.world.done and bench.program.in_hand == 0) or bench.now_ns > 30_000 * MS)
    bench.bend = lambda _now_ns, status: status
    score = bench.run()
    assert score["unaccounted"] == 0
    assert sorted(int(str(row["n"])) for row in bench.rows) == list(range(1, 26))
    for row in bench.rows:
        if row["bin"] != GOOD or row["line_fault"] == "gate-stuck-open":
            continue
        if kind == "reject" and row["cause"] == causes.GATE_STAYED_OPEN:
            continue  # an encoder that slipped carried it past its reject pulse
        assert row["verdict_code"] == VerdictCode.PASS
        assert saboteur.passes[int(str(row["part_seq"]))] <= int(str(row["result_ns"]))
