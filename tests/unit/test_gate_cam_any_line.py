"""Whatever the line does and whoever decides: on only inside the pulse of a passed part, and never after a fault."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.gate.cam import GateCam
from drivers.gate.part import Window
from drivers.gate.position import LinePosition, PositionFault, PositionLimits

MS = 1_000_000
LIMITS = PositionLimits(
    max_counts_per_s=4_000, jump_tolerance_counts=3, reversal_tolerance_counts=15, silence_ns=40 * MS
)
READ_MS, LEAD_MS, TOLERANCE = 5, 3, 6
BOUND = 1 + LIMITS.max_counts_per_s * (READ_MS + LEAD_MS) / 1000 + LIMITS.reversal_tolerance_counts
"""Stated prediction error: one count of rounding, the way since the newest reading and to the moved gate, reversal."""
GATES = ("pass", "sort")


@dataclass
class Leg:
    """A stretch of the line: for so long at such a speed; then perhaps a jump or no readings for a while."""

    ms: int
    speed: float
    jump: int = 0
    unread_ms: int = 0


@dataclass
class Plan:
    """A part: trigger this far after the one before, gate this far after its trigger, and what is decided when."""

    pitch: int
    to_gate: int
    gate: str | None
    decided_after: int
    withdrawn: bool


legs = st.lists(
    st.builds(
        Leg,
        st.integers(5, 120),
        st.one_of(st.floats(-200, 4000), st.floats(800, 1200), st.just(0.0)),
        st.sampled_from([0] * 12 + [-300, 40, 5000]),
        st.sampled_from([0] * 12 + [60]),
    ),
    min_size=1,
    max_size=15,
)
plans = st.lists(
    st.builds(
        Plan,
        st.integers(1, 80),
        st.integers(40, 120),
        st.sampled_from((*GATES, "pass", None)),
        st.integers(0, 130),
        st.booleans(),
    ),
    max_size=25,
)


@dataclass
class World:
    """The true line beside what the cam is told of it."""

    cam: GateCam
    true: float = 1000.0
    count: int = 1000
    now_ns: int = 0
    allowed: dict[int, tuple[str, Window]] = field(default_factory=dict)
    forbidden: dict[int, Window] = field(default_factory=dict)
    faulty: bool = False

    def look(self, *, told: bool) -> PositionFault | None:
        turn = self.cam.turn(self.now_ns)
        if turn.fault is not None:
            self.allowed.clear()
            self.forbidden.clear()
            assert turn.on == frozenset()
        for refused in turn.refused:
            self.forbidden[refused.part_seq] = self.allowed.pop(refused.part_seq)[1]
        for gate in turn.on if told else ():
            inside = [
                window
                for of, window in self.allowed.values()
                if of == gate and window.open_at - BOUND <= self.true < window.close_at + BOUND
            ]
            assert inside, (gate, self.true, self.allowed)
            assert not any(
                window.open_at + BOUND <= self.true < window.close_at - BOUND for window in self.forbidden.values()
            )
        return turn.fault


@settings(max_examples=300, deadline=None)
@given(legs, plans, st.integers(5, 60))
def test_an_output_is_on_only_inside_the_pulse_of_a_passed_part(legs: list[Leg], plans: list[Plan], pulse: int):
    world = World(GateCam(LinePosition(LIMITS), lead_ns=LEAD_MS * MS, late_tolerance_counts=TOLERANCE))
    world.cam.reading(1000, 0)
    trigger_at, waiting = 1000.0, list(enumerate(plans, 1))
    decide: list[tuple[float, int, str | None, bool]] = []
    for leg in legs:
        for ms in range(leg.ms):
            world.now_ns += MS
            world.true += leg.speed / 1000
            told = ms >= leg.unread_ms
            if told and world.now_ns // MS % READ_MS == 0:
                world.count = int(world.true)
                world.cam.reading(world.count % 2**32, world.now_ns)
            while waiting and world.true >= trigger_at + waiting[0][1].pitch:
                seq, plan = waiting.pop(0)
                trigger_at = world.true
                window = Window(int(trigger_at) + plan.to_gate, int(trigger_at) + plan.to_gate + pulse)
                if world.cam.add(seq, dict.fromkeys(GATES, window)):
                    world.forbidden[seq] = window
                    decide.append((trigger_at + plan.decided_after, seq, plan.gate, plan.withdrawn))
            for one in [one for one in decide if one[0] <= world.true]:
                decide.remove(one)
                _, seq, gate, withdrawn = one
                if gate is not None and world.cam.let_pass(seq, gate, world.now_ns) is None:
                    world.allowed[seq] = (gate, world.forbidden.pop(seq))
                    if withdrawn and world.cam.withdraw(seq):
                        world.forbidden[seq] = world.allowed.pop(seq)[1]
            world.look(told=leg.unread_ms == 0)
        world.true += leg.jump
        if leg.jump or leg.unread_ms:
            # Until the next reading nobody can know; from it on nothing of before may be on.
            world.now_ns += MS
            world.cam.reading(int(world.true) % 2**32, world.now_ns)
            fault = world.look(told=False)
            assert fault is not None or abs(leg.jump) < 300 or world.cam.pulses == 0
    world.now_ns += LIMITS.silence_ns + 1
    assert world.cam.turn(world.now_ns).on == frozenset()
