"""The cam switches at the count, moves with the speed, and is off wherever there is a doubt."""

from __future__ import annotations

import pytest

from drivers.gate.cam import MOST_PARTS, CamTurn, GateCam, Refusal, RefusedPulse
from drivers.gate.part import Window
from drivers.gate.position import LinePosition, PositionFault, PositionLimits

MS = 1_000_000
LIMITS = PositionLimits(
    max_counts_per_s=10_000, jump_tolerance_counts=5, reversal_tolerance_counts=20, silence_ns=50 * MS
)
PULSE, LEAD = 40, 20


class Rig:
    """A cam on a belt; times in ms, speeds in counts a ms."""

    def __init__(self, *, lead_ms: int = 0, tolerance: int = 10) -> None:
        self.position = LinePosition(LIMITS)
        self.cam = GateCam(self.position, lead_ns=lead_ms * MS, late_tolerance_counts=tolerance)
        self.ms, self.count = 0, 0.0
        self.cam.reading(0, 0)
        self.switched: list[tuple[int, frozenset[str]]] = []
        self.refused: list[RefusedPulse] = []
        self.past: list[int] = []
        self.faults: list[tuple[PositionFault, tuple[int, ...]]] = []
        self.on: frozenset[str] = frozenset()

    def part(self, seq: int, gate_at: int, *gates: str) -> None:
        assert self.cam.add(seq, {gate: Window(gate_at - LEAD, gate_at - LEAD + PULSE) for gate in gates or ("pass",)})

    def let_pass(self, seq: int, gate: str = "pass") -> Refusal | None:
        return self.cam.let_pass(seq, gate, self.ms * MS)

    def turn(self) -> CamTurn:
        turn = self.cam.turn(self.ms * MS)
        if turn.on != self.on:
            self.on = turn.on
            self.switched.append((round(self.count), turn.on))
        self.refused += turn.refused
        self.past += turn.past
        if turn.fault is not None:
            self.faults.append((turn.fault, turn.dropped))
        return turn

    def run(self, ms: int, speed: float = 1.0) -> None:
        for _ in range(ms):
            self.ms += 1
            self.count += speed
            self.cam.reading(int(self.count), self.ms * MS)
            self.turn()


def test_the_gate_is_open_from_opening_to_closing_and_the_part_is_past_then():
    rig = Rig()
    rig.part(1, 100)
    assert rig.let_pass(1) is None
    rig.run(200)
    assert rig.switched == [(80, frozenset({"pass"})), (120, frozenset())]
    assert (rig.past, rig.refused) == ([1], [])


def test_nothing_is_on_for_a_part_that_nobody_let_pass():
    rig = Rig()
    rig.part(1, 100)
    rig.run(200)
    assert (rig.switched, rig.past) == ([], [1])


def test_bus_and_actuator_time_move_the_switch_forward_in_counts_of_the_present_speed():
    rig = Rig(lead_ms=10)
    rig.part(1, 300)
    rig.let_pass(1)
    rig.run(100)
    rig.run(200, speed=2.0)
    assert [count for count, _ in rig.switched] == pytest.approx([280 - 20, 320 - 20], abs=2)


def test_due_is_the_time_of_the_next_switch_and_moves_with_the_speed():
    rig = Rig()
    rig.part(1, 300)
    rig.let_pass(1)
    rig.run(100)
    due_ns = rig.turn().due_ns
    assert due_ns is not None
    assert due_ns / MS == pytest.approx(280, abs=1)
    rig.run(70, speed=2.0)
    due_ns = rig.turn().due_ns
    assert due_ns is not None
    assert due_ns / MS == pytest.approx(170 + 20, abs=1)


def test_a_line_that_stands_has_nothing_due():
    rig = Rig()
    rig.part(1, 300)
    rig.let_pass(1)
    rig.run(100, speed=0)
    assert rig.turn().due_ns is None


def test_a_pass_after_the_opening_is_late_and_never_executed():
    rig = Rig()
    rig.part(1, 100)
    rig.run(82)
    assert rig.let_pass(1) is Refusal.LATE
    rig.run(100)
    assert rig.switched == []


def test_a_switch_that_nobody_carried_out_in_time_is_late_and_never_executed():
    rig = Rig(tolerance=10)
    rig.part(1, 100)
    rig.let_pass(1)
    for ms, count in ((20, 20), (40, 40), (60, 60), (75, 75), (95, 95)):
        rig.ms, rig.count = ms, count
        rig.cam.reading(count, ms * MS)
    rig.turn()
    assert rig.refused == [RefusedPulse(1, Refusal.LATE)]
    assert rig.switched == []


def test_pulses_of_two_parts_do_not_merge_across_one_that_must_be_rejected():
    rig = Rig()
    for seq, gate_at in ((1, 100), (2, 130), (3, 160)):
        rig.part(seq, gate_at)
    rig.let_pass(1)
    rig.let_pass(3)
    rig.run(300)
    assert rig.refused == [RefusedPulse(1, Refusal.TOO_CLOSE), RefusedPulse(3, Refusal.TOO_CLOSE)]
    assert rig.switched == []


def test_pulses_of_neighbours_that_both_pass_may_merge():
    rig = Rig()
    rig.part(1, 100)
    rig.part(2, 130)
    rig.let_pass(1)
    rig.let_pass(2)
    rig.run(300)
    assert rig.switched == [(80, frozenset({"pass"})), (150, frozenset())]


def test_a_pass_withdrawn_while_the_neighbour_is_open_ends_the_neighbours_pulse_at_its_window():
    rig = Rig()
    rig.part(1, 100)
    rig.part(2, 130)
    rig.let_pass(1)
    rig.let_pass(2)
    rig.run(90)
    assert rig.cam.withdraw(2)
    rig.run(100)
    assert rig.switched == [(80, frozenset({"pass"})), (110, frozenset())]


def test_a_pulse_refused_at_its_opening_ends_the_one_that_reaches_into_its_window():
    rig = Rig()
    for seq, gate_at in ((1, 100), (2, 130), (3, 165)):
        rig.part(seq, gate_at)
    rig.let_pass(1)
    rig.let_pass(2)
    rig.run(300)
    assert rig.refused == [RefusedPulse(2, Refusal.TOO_CLOSE)]
    assert rig.switched == [(80, frozenset({"pass"})), (110, frozenset())]


def test_a_pulse_that_has_begun_cannot_be_withdrawn():
    rig = Rig()
    rig.part(1, 100)
    assert not rig.cam.withdraw(1)
    rig.let_pass(1)
    rig.run(85)
    assert not rig.cam.withdraw(1)
    assert not rig.cam.withdraw(2)


def test_each_gate_opens_for_its_own_parts():
    rig = Rig()
    rig.part(1, 100, "pass", "sort")
    rig.part(2, 200, "pass", "sort")
    rig.let_pass(1, "sort")
    rig.let_pass(2, "pass")
    rig.run(300)
    assert [(count, set(on)) for count, on in rig.switched] == [
        (80, {"sort"}),
        (120, set()),
        (180, {"pass"}),
        (220, set()),
    ]


@pytest.mark.parametrize(
    ("count", "later_ms", "fault"),
    [(500, 1, PositionFault.JUMP), (60, 1, PositionFault.REVERSAL), (91, 51, PositionFault.SILENT)],
)
def test_a_doubt_about_the_position_puts_everything_off_drops_all_pulses_and_says_whose(
    count: int, later_ms: int, fault: PositionFault
):
    limits = PositionLimits(100_000, 5, 20, 50 * MS)
    rig = Rig()
    rig.position._limits = limits
    rig.part(1, 100)
    rig.part(2, 200)
    rig.part(3, 300)
    rig.let_pass(1)
    rig.let_pass(3)
    rig.run(90)
    assert rig.on
    rig.ms, rig.count = rig.ms + later_ms, count
    rig.cam.reading(count, rig.ms * MS)
    rig.turn()
    assert rig.faults == [(fault, (1, 3))]
    rig.run(400)
    assert rig.on == frozenset()
    assert len(rig.switched) == 2
    assert rig.let_pass(3) is Refusal.UNKNOWN


def test_silence_is_noticed_without_a_reading_and_nothing_can_be_let_pass_then():
    rig = Rig()
    rig.part(1, 100)
    rig.let_pass(1)
    rig.run(90)
    rig.ms += 51
    assert rig.let_pass(1) is Refusal.UNKNOWN
    rig.part(2, 200)
    assert rig.let_pass(2) is Refusal.NO_POSITION
    assert rig.turn().on == frozenset()
    assert rig.faults == [(PositionFault.SILENT, (1,))]


def test_a_small_backtrack_neither_closes_nor_reopens():
    rig = Rig()
    rig.part(1, 100)
    rig.let_pass(1)
    rig.run(122)
    assert [count for count, _ in rig.switched] == [80, 120]
    rig.run(15, speed=-1.0)
    rig.run(60)
    assert len(rig.switched) == 2
    assert rig.faults == []


def test_parts_beyond_the_limit_and_numbers_under_way_are_refused():
    rig = Rig()
    rig.part(1, 100)
    assert not rig.cam.add(1, {"pass": Window(1, 2)})
    for seq in range(2, MOST_PARTS + 1):
        rig.part(seq, 100 * seq)
    assert not rig.cam.add(MOST_PARTS + 1, {"pass": Window(1, 2)})


def test_a_window_that_is_none_is_refused():
    with pytest.raises(ValueError, match="close_at must be after open_at"):
        Window(5, 5)


def test_a_part_that_met_a_gate_left_open_for_another_one_has_slipped_and_is_told_once():
    rig = Rig()
    rig.part(1, 100)
    rig.part(2, 200)
    rig.let_pass(1)
    rig.run(100)
    rig.cam.energised(frozenset({"pass"}), rig.ms * MS)
    rig.run(40)  # the gate should have closed at 120, and nobody wrote it
    assert rig.turn().slipped == ()
    rig.run(39)
    assert rig.turn().slipped == ()
    rig.ms, rig.count = 181, 181.0
    rig.cam.reading(181, rig.ms * MS)
    assert rig.turn().slipped == (2,)
    rig.run(100)
    assert rig.turn().slipped == ()


def test_a_part_that_meets_the_gate_after_it_closed_has_not_slipped():
    rig = Rig()
    rig.part(1, 100)
    rig.part(2, 200)
    rig.let_pass(1)
    rig.run(100)
    rig.cam.energised(frozenset({"pass"}), rig.ms * MS)
    rig.run(70)
    rig.cam.energised(frozenset(), rig.ms * MS)
    for _ in range(100):
        rig.run(1)
        assert rig.turn().slipped == ()


def test_where_the_line_is_not_known_to_the_moment_a_part_that_may_have_slipped_is_told():
    for uncertain_ms, slipped in ((0, ()), (5, (2,))):
        rig = Rig()
        rig.part(1, 100)
        rig.part(2, 200)
        rig.let_pass(1)
        rig.run(176)
        rig.cam.energised(frozenset({"pass"}), rig.ms * MS)
        rig.cam.reading(176, rig.ms * MS, uncertain_ms * MS)
        rig.cam.energised(frozenset(), rig.ms * MS)
        assert rig.turn().slipped == slipped
