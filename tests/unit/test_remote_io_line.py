"""The line behind bare I/O does what a PLC would: numbers parts, opens for an intact PASS alone, rejects by default."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.gate.cam import MOST_PARTS
from drivers.plc.facts import StationFacts
from drivers.plc.messages import (
    CountersDiffer,
    ErrorCleared,
    HandshakeFault,
    PartTriggered,
    PlcBack,
    PlcConnected,
    PlcDisconnected,
    PlcEvent,
    PlcSilent,
    ResultTaken,
)
from drivers.plc.registers import ResultBlock, State, VerdictCode
from drivers.remote_io.line import RemoteLine
from drivers.remote_io.reading import Reading
from tests.remote_io_peers import ENCODER_LIMITS, GATE, SORT_CLASS, settings

MS = 1_000_000
READY = StationFacts(ready=True, online=True, state=State.READY)
OPENS, CLOSES = GATE.offset_counts - GATE.lead_counts, GATE.offset_counts - GATE.lead_counts + GATE.pulse_counts


class Rig:
    """A line at one count a millisecond, read each millisecond; a part is a count at which the latch changes."""

    def __init__(self, *, first: int = 1, start: int = 1000, connected: bool = True, **more: object) -> None:
        self.ms, self.start, self.latch, self.beats = 0, start, 0, True
        self.line = RemoteLine(settings(502, **more), GATE, ENCODER_LIMITS, first, 0)
        self.line.permission.facts = READY
        self.events: list[PlcEvent] = []
        self.switched: list[tuple[int, set[str]]] = []
        self.on = frozenset[str]()
        self.changes: dict[str, object] = {}
        if connected:
            self.line.permission.beat(0)
            self.line.connected("coupler:502")
            self.run(100)

    @property
    def count(self) -> int:
        return (self.start + self.ms) % 2**32

    @property
    def now_ns(self) -> int:
        return self.ms * MS

    def run(self, ms: int, *, part_at: int | None = None, reads: bool = True) -> None:
        """Let `ms` pass; `part_at`: milliseconds from now at which a part comes."""
        for step in range(ms):
            self.ms += 1
            part = step == part_at
            self.latch = self.count if part else self.latch
            if self.beats:
                self.line.permission.beat(self.now_ns)
            if reads:
                reading = Reading(self.now_ns, MS // 10, self.count, part, self.latch)
                self.line.reading(replace(reading, **self.changes), self.now_ns)  # pyright: ignore[reportArgumentType]
            self.turn()

    def turn(self) -> None:
        on = self.line.turn(self.now_ns).on
        if on != self.on:
            self.on = on
            self.switched.append((self.count, set(on)))
        self.events += self.line.drain()

    def part(self) -> PartTriggered:
        """The next part comes."""
        self.run(1, part_at=0)
        return self.of(PartTriggered)[-1]

    def publish(self, part: PartTriggered, verdict: VerdictCode = VerdictCode.PASS, **more: int) -> bool:
        assert part.encoder_count is not None
        fields = {
            "part_seq": part.part_seq,
            "trigger_encoder": part.encoder_count,
            "gate_encoder": (part.encoder_count + GATE.offset_counts) % 2**32,
        }
        return self.give(ResultBlock.sealed(verdict=verdict, **(fields | more)))

    def give(self, result: ResultBlock) -> bool:
        stands = self.line.publish(result, self.now_ns)
        self.turn()
        return stands

    def of(self, kind: type) -> list:  # pyright: ignore
        return [event for event in self.events if isinstance(event, kind)]

    def faults(self) -> list[tuple[str, str]]:
        return [(event.code, event.sentence) for event in self.of(HandshakeFault)]


@pytest.mark.parametrize("start", [1000, 2**32 - 300], ids=["", "over the wrap-around"])
def test_a_part_that_passes_finds_the_gate_open_at_its_place_and_is_taken_when_it_is_past(start: int):
    rig = Rig(start=start)
    part = rig.part()
    assert (part.part_seq, part.encoder_count, part.missed) == (1, rig.count, False)
    assert rig.publish(part)
    rig.run(OPENS)
    assert rig.of(ResultTaken) == []
    rig.run(100)
    trigger = part.encoder_count or 0
    assert [count for count, _ in rig.switched] == pytest.approx(
        [(trigger + OPENS) % 2**32, (trigger + CLOSES) % 2**32], abs=1
    )
    assert [taken.part_seq for taken in rig.of(ResultTaken)] == [1]
    assert rig.faults() == []


def test_parts_are_numbered_from_the_first_and_wrap_to_1():
    rig = Rig(first=65534)
    assert [rig.part().part_seq for _ in range(3)] == [65534, 65535, 1]


def test_a_defect_opens_the_gate_of_its_class_and_no_other():
    rig = Rig()
    sorted_out = rig.part()
    rig.run(100)
    rejected = rig.part()
    assert rig.publish(sorted_out, VerdictCode.DEFECT, defect_class=SORT_CLASS)
    assert rig.publish(rejected, VerdictCode.DEFECT, defect_class=SORT_CLASS + 1)
    rig.run(600)
    assert [on for _, on in rig.switched] == [{"sort"}, set()]
    assert len(rig.of(ResultTaken)) == 2


@pytest.mark.parametrize(
    "verdict", [code for code in VerdictCode if code not in (VerdictCode.PASS, VerdictCode.DEFECT)]
)
def test_every_other_verdict_opens_nothing(verdict: VerdictCode):
    rig = Rig()
    assert rig.publish(rig.part(), verdict, defect_class=SORT_CLASS)
    rig.run(600)
    assert rig.switched == []


@pytest.mark.parametrize("field", ["not_verdict", "crc", "score_1e4", "defect_class"])
@pytest.mark.parametrize("verdict", [VerdictCode.PASS, VerdictCode.DEFECT])
def test_a_damaged_result_opens_nothing(field: str, verdict: VerdictCode):
    rig = Rig()
    part = rig.part()
    sealed = ResultBlock.sealed(part_seq=part.part_seq, verdict=verdict, defect_class=SORT_CLASS)
    rig.give(replace(sealed, **{field: getattr(sealed, field) ^ 1}))
    rig.run(600)
    assert rig.switched == []


def test_a_result_of_another_trigger_or_of_no_part_is_refused_and_said():
    rig = Rig()
    part = rig.part()
    assert not rig.publish(part, trigger_encoder=(part.encoder_count or 0) + 1)
    assert not rig.publish(part)
    assert not rig.give(ResultBlock.sealed(part_seq=77, verdict=VerdictCode.PASS))
    rig.run(600)
    assert [code for code, _ in rig.faults()] == ["PLC-276", "PLC-257", "PLC-257"]
    assert rig.switched == []


def test_a_pass_that_comes_after_the_opening_is_refused_and_said():
    rig = Rig()
    part = rig.part()
    rig.run(OPENS + 2)
    assert not rig.publish(part)
    rig.run(200)
    assert rig.switched == []
    ((code, sentence),) = rig.faults()
    assert code == "PLC-271"
    assert "part 1: the opening of its pulse was past already" in sentence
    assert len(rig.of(ResultTaken)) == 1


def test_a_part_that_comes_while_not_ready_is_missed_and_a_pass_of_it_opens_nothing():
    rig = Rig()
    rig.line.permission.facts = replace(READY, ready=False)
    part = rig.part()
    assert part.missed
    rig.line.permission.facts = READY
    assert not rig.publish(part)
    rig.run(600)
    assert rig.switched == []
    assert "parts that were to pass are rejected: 1." in rig.faults()[0][1]


def test_not_ready_alone_closes_no_gate():
    rig = Rig()
    rig.publish(rig.part())
    rig.line.permission.facts = replace(READY, ready=False)
    rig.run(600)
    assert [on for _, on in rig.switched] == [{"pass"}, set()]


@pytest.mark.parametrize(
    "facts",
    [
        replace(READY, online=False),
        replace(READY, forcing_rejects=True),
        replace(READY, state=State.HALTED),
        replace(READY, state=State.ERROR),
        replace(READY, state=State.PREOPERATIONAL),
    ],
    ids=["offline", "forcing rejects", "halted", "error", "preoperational"],
)
def test_a_station_that_is_not_in_order_closes_everything_at_once_for_good(facts: StationFacts):
    rig = Rig()
    rig.publish(rig.part())
    rig.run(70)
    second = rig.part()
    rig.run(OPENS - 60)
    assert rig.on
    rig.publish(second)
    rig.line.permission.facts = facts
    rig.turn()
    assert not rig.on
    rig.line.permission.facts = READY
    rig.run(600)
    assert len(rig.switched) == 2
    assert "parts that were to pass are rejected: 1, 2." in rig.faults()[-1][1]
    assert len(rig.of(ResultTaken)) == 2


def test_an_inspection_without_progress_for_three_periods_closes_everything():
    rig = Rig()
    rig.publish(rig.part())
    rig.run(1)
    rig.beats = False
    rig.run(299)
    assert rig.on
    rig.run(2)
    assert not rig.on
    assert "made no progress for 300 ms" in rig.faults()[0][1]


def test_a_lost_link_drops_everything_and_nothing_of_before_is_executed_afterwards():
    rig = Rig()
    rig.publish(rig.part())
    rig.run(70)
    undecided = rig.part()
    rig.run(OPENS - 60)
    assert rig.on
    rig.line.lost(rig.now_ns)
    assert rig.line.signals is None
    rig.turn()
    assert not rig.on
    assert rig.of(PlcDisconnected) == [PlcDisconnected("coupler:502")]
    assert [taken.part_seq for taken in rig.of(ResultTaken)] == [1]
    rig.line.connected("coupler:502")
    rig.run(5)
    assert not rig.publish(undecided)
    rig.run(600)
    assert len(rig.switched) == 2
    assert rig.of(PlcConnected) == [PlcConnected("coupler:502")] * 2


def test_the_coupler_is_silent_after_its_limit_and_back_with_its_next_answer():
    rig = Rig()
    rig.run(1002, reads=False)
    assert [event.for_ms for event in rig.of(PlcSilent)] == [1001]
    rig.run(1)
    assert len(rig.of(PlcBack)) == 2


def test_a_part_right_after_the_start_may_hide_one_from_before_and_is_rejected():
    rig = Rig(connected=False)
    rig.line.connected("coupler:502")
    rig.run(5)
    early = rig.part()
    assert rig.publish(early)
    rig.run(GATE.pulse_counts)
    later = rig.part()
    rig.publish(later)
    rig.run(600)
    assert [on for _, on in rig.switched] == [{"pass"}, set()]
    assert [code for code, _ in rig.faults()] == ["PLC-272"]


def test_a_pass_taken_back_before_its_pulse_opens_nothing():
    rig = Rig()
    part = rig.part()
    rig.publish(part)
    assert rig.line.withdraw(part.part_seq)
    assert not rig.line.withdraw(part.part_seq)
    rig.run(600)
    assert rig.switched == []
    assert len(rig.of(ResultTaken)) == 1


def test_an_encoder_that_jumps_drops_all_pulses_says_so_once_and_gives_back_all_parts():
    rig = Rig()
    for _ in range(2):
        rig.publish(rig.part())
        rig.run(70)
    rig.start += 50_000
    rig.run(600)
    assert rig.switched == []
    ((code, sentence),) = rig.faults()
    assert code == "PLC-273"
    assert sentence.startswith("All gates are closed: the encoder count jumped")
    assert "rejected: 1, 2." in sentence
    assert len(rig.of(ResultTaken)) == 2


def test_a_latch_that_jumps_with_the_counter_is_no_part_that_could_pass_in_the_place_of_another():
    rig = Rig()
    rig.part()
    rig.run(OPENS // 2)
    rig.start += 100_000
    rig.latch += 100_000
    rig.run(1)
    phantom = rig.of(PartTriggered)[-1]
    assert (phantom.part_seq, phantom.missed) == (2, True)
    assert not rig.publish(phantom)
    rig.run(OPENS + 100)
    assert rig.switched == []
    assert "the encoder count jumped in the same reading" in rig.faults()[1][1]


def test_a_reading_that_took_long_moves_no_gate_and_silence_of_the_counter_closes_all():
    rig = Rig(timeout_ms=100)
    rig.publish(rig.part())
    rig.run(1)
    rig.changes = {"took_ns": 21 * MS}
    rig.run(600)
    assert rig.switched == []
    assert "the encoder count was not read in time" in rig.faults()[0][1]


def test_without_an_armed_watchdog_nothing_passes():
    rig = Rig()
    rig.line.permission.armed = False
    assert rig.part().missed
    assert not rig.publish(rig.of(PartTriggered)[-1])
    assert "watchdog is not armed" in rig.faults()[0][1]


def test_a_stuck_latch_makes_the_part_missed():
    rig = Rig()
    rig.changes = {"part": True}
    rig.run(2)
    (part,) = rig.of(PartTriggered)
    assert part.missed
    assert "the sensor rose and the latch did not follow" in rig.faults()[0][1]


def test_parts_beyond_what_is_kept_are_an_overflow_that_rejects_all():
    rig = Rig()
    rig.publish(rig.part())
    for count in range(MOST_PARTS):
        rig.latch += 1 + count % 2
        rig.line.reading(Reading(rig.now_ns, 0, rig.count, True, rig.latch), rig.now_ns)
        rig.latch = rig.count - count % 2
    rig.events += rig.line.drain()
    assert "PLC-275" in [code for code, _ in rig.faults()]
    rig.run(600)
    assert rig.switched == []


def test_sensors_are_told_as_they_are_or_counted_here():
    rig = Rig(gate_sensor={"input": 9})
    rig.changes = {"rejects": 41, "parts": False, "air_low": True}
    rig.run(1)
    rig.changes |= {"parts": True, "bin_full": True, "clear_error": True}
    rig.run(1)
    signals = rig.line.signals
    assert signals is not None
    assert (signals.rejects_seen, signals.parts_seen, signals.air_low, signals.bin_full) == (41, 1, True, True)
    assert signals.encoder_count == rig.count
    assert len(rig.of(ErrorCleared)) == 1


def test_a_part_that_only_the_coupler_counted_is_announced_as_missed():
    rig = Rig()
    rig.changes = {"part_number": 5}
    rig.run(3)
    rig.changes = {"part_number": 7}
    first = rig.part()
    rig.run(3)
    parts = rig.of(PartTriggered)
    assert [part.missed for part in parts] == [False, True]
    assert first.part_seq == 1
    assert "it came and went between two readings" in rig.faults()[0][1]


def test_a_gate_that_closed_too_late_stops_the_line_and_names_the_part_that_may_have_passed():
    rig = Rig()
    rig.publish(rig.part())
    rig.run(99)
    rig.part()
    rig.run(OPENS - 95)
    rig.line.written(rig.on, rig.now_ns)
    rig.run(200)
    assert [on for _, on in rig.switched] == [{"pass"}, set()]
    (differ,) = rig.of(CountersDiffer)
    assert "was open when part 2 met it" in differ.sentence
    assert [code for code, _ in rig.faults()] == ["PLC-280"]


def test_a_link_lost_with_an_open_gate_is_said_because_only_the_coupler_can_close_it_now():
    rig = Rig()
    rig.publish(rig.part())
    rig.run(OPENS + 5)
    rig.line.written(rig.on, rig.now_ns)
    rig.line.lost(rig.now_ns)
    rig.turn()
    assert [code for code, _ in rig.faults()] == ["PLC-274", "PLC-281"]
    assert rig.faults()[1][1].startswith("A gate (pass) was open when the link to the coupler was lost")
    assert len(rig.of(CountersDiffer)) == 1


def test_a_station_that_stood_still_with_an_open_gate_says_that_parts_may_have_passed():
    rig = Rig()
    rig.publish(rig.part())
    rig.run(OPENS + 5)
    rig.line.written(rig.on, rig.now_ns)
    rig.ms += 600
    rig.turn()
    assert not rig.on
    assert [code for code, _ in rig.faults()] == ["PLC-274", "PLC-273", "PLC-281"]
    assert len(rig.of(CountersDiffer)) == 1
