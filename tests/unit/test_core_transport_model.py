"""Transport against a true line: no false finding whatever the line does, and no true fault that is not found (P3)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.encoder.counts import wrapped
from station.core.belt import BeltLimits
from station.core.route import Finding, FindingKind, RouteLimits
from station.core.transport import Transport
from tests.core_track import a_reading
from tests.core_values import MS

BELT = BeltLimits(max_counts_per_s=100_000, jump_tolerance_counts=20, reversal_tolerance_counts=50, silence_ns=500 * MS)
PART_SENSOR, GATE, CHUTE, TOLERANCE, PITCH = 4500, 5000, 5500, 100, 600
ROUTE = RouteLimits(
    gate_counts=GATE,
    lead_counts=200,
    pulse_counts=400,
    min_pitch_counts=PITCH,
    margin_ns=30 * MS,
    part_sensor_counts=PART_SENSOR,
    confirm_counts=CHUTE,
    tolerance_counts=TOLERANCE,
    pick_up_counts=None,
    capacity=64,
)
MOST_A_STEP = 300
APART = 2 * TOLERANCE + MOST_A_STEP + 2 * BELT.reversal_tolerance_counts
"""Parts so far apart are never taken for each other at a sensor, whatever became of them."""
assert APART <= PITCH


@dataclass(frozen=True)
class TruePart:
    """A part as it truly is. `fate`: the one thing that goes wrong with it, or nothing."""

    place: int
    early_or_late: tuple[int, int]
    """Counts, at the sensor before the gate and in the chute."""
    sound: bool
    judged_at: int
    """Counts after its trigger; too late is a reject."""
    fate: str = "nothing"


@dataclass
class TrueLine:
    """The line, what its sensors truly see, and a PLC that announces each part. The transport is told of it."""

    transport: Transport
    start: int
    first_edges: int
    parts: list[TruePart]
    steps: list[int]
    position: int = 0
    highest: int = 0
    now_ns: int = 0
    seen_at: list[int] = field(default_factory=list)
    fell_at: list[int] = field(default_factory=list)
    found: list[tuple[Finding, int]] = field(default_factory=list)

    def strangers(self, places: list[int]) -> None:
        """Parts that nobody announced; no gate opens for them."""
        self.seen_at += [place + PART_SENSOR for place in places]
        self.fell_at += [place + CHUTE for place in places]

    def run(self) -> None:
        """All parts along their whole way."""
        for part in self.parts:
            if part.fate != "falls off":
                self.seen_at.append(part.place + PART_SENSOR + part.early_or_late[0])
        self.strangers_among_parts()
        to_come = [(uid, part) for uid, part in enumerate(self.parts, start=1) if part.fate != "is not announced"]
        judging: list[tuple[int, TruePart, int]] = []
        self.look()
        end = (self.parts[-1].place if self.parts else 0) + ROUTE.end_counts + MOST_A_STEP
        moves = 0
        while self.position <= end:
            self.move(self.steps[moves % len(self.steps)] if moves < 300 else 150)
            moves += 1
            self.look()
            while to_come and to_come[0][1].place <= self.position:
                uid, part = to_come.pop(0)
                due, event = self.transport.enter(uid, uid, wrapped(self.start + part.place), self.now_ns)
                assert event is None
                assert due is not None
                judging.append((uid, part, due))
            judging = [waiting for waiting in judging if not self.judge(*waiting)]

    def strangers_among_parts(self) -> None:
        for part in self.parts:
            if part.fate == "is not announced":
                self.fell_at.append(part.place + CHUTE + part.early_or_late[1])

    def judge(self, uid: int, part: TruePart, due: int) -> bool:
        """Whether the part has its verdict now."""
        late = self.transport.slack_counts(due, self.now_ns) <= 0
        if not late and self.position < part.place + part.judged_at:
            return False
        passes = part.sound and not late
        assert not passes or self.highest < part.place + GATE - ROUTE.lead_counts, "passed when it was at the gate"
        self.transport.decide(uid, passes=passes)
        falls = {"falls off": False, "slips through": False, "is blown out": True}.get(part.fate, not passes)
        if falls:
            self.fell_at.append(part.place + CHUTE + part.early_or_late[1])
        return True

    def move(self, step: int) -> None:
        """Within 20 ms; never further back than the tolerance."""
        self.position = max(self.position + step, self.highest - BELT.reversal_tolerance_counts)
        self.highest = max(self.highest, self.position)
        self.now_ns += 20 * MS

    def look(self) -> None:
        """The station reads encoder and sensors."""
        fallen, seen = (sum(at <= self.highest for at in edges) for edges in (self.fell_at, self.seen_at))
        count, before = wrapped(self.start + self.position), self.first_edges
        signals = a_reading(self.now_ns, count, wrapped(before + fallen, 16), wrapped(before + seen, 16))
        for event in self.transport.signals(signals):
            assert isinstance(event, Finding), event
            self.found.append((event, self.position))


JITTER = st.integers(-TOLERANCE, TOLERANCE)
STEPS = st.lists(st.integers(-30, MOST_A_STEP), min_size=1, max_size=40)


@st.composite
def lines(draw: st.DrawFn, pitch: int = PITCH, fewest: int = 0, fates: tuple[str, ...] = ("nothing",)) -> TrueLine:
    """A line with up to ten parts; one of them, and only one, has a fate of these."""
    place, parts = draw(st.integers(0, 3 * pitch)), list[TruePart]()
    number = draw(st.integers(fewest, 10))
    unlucky = draw(st.integers(0, max(0, number - 1)))
    fate = draw(st.sampled_from(fates))
    for index in range(number):
        mine = fate if index == unlucky else "nothing"
        sound = {"slips through": False, "is blown out": True}.get(mine, draw(st.booleans()))
        judged_at = 900 if mine == "is blown out" else draw(st.sampled_from([0, 900, 4600, 9999]))
        parts.append(TruePart(place, (draw(JITTER), draw(JITTER)), sound, judged_at, mine))
        place += pitch + draw(st.integers(0, 2 * pitch))
    transport = Transport(BELT, ROUTE)
    start, edges = draw(st.integers(0, 2**32 - 1)), draw(st.integers(0, 65535))
    return TrueLine(transport, start, edges, parts, draw(STEPS))


@settings(max_examples=60, deadline=None)
@given(line=lines())
def test_on_a_line_where_all_is_well_nothing_is_ever_found(line: TrueLine) -> None:
    line.run()
    assert line.found == []
    assert line.transport.on_way == 0


@settings(max_examples=40, deadline=None)
@given(line=lines(), places=st.sets(st.integers(1, 5600 // PITCH), max_size=8))
def test_parts_that_were_on_the_line_before_the_start_are_nobodys_fault(line: TrueLine, places: set[int]) -> None:
    line.strangers([-PITCH * place for place in places])
    line.run()
    assert line.found == []


EXPECTED = {
    "falls off": FindingKind.PART_MISSING,
    "slips through": FindingKind.REJECT_NOT_CONFIRMED,
    "is blown out": FindingKind.REJECT_UNEXPECTED,
    "is not announced": FindingKind.PART_UNEXPECTED,
}


@pytest.mark.parametrize("fate", EXPECTED)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_each_thing_that_goes_wrong_is_found_before_its_part_has_left(fate: str, data: st.DataObject) -> None:
    line = data.draw(lines(fewest=1, fates=(fate,)))
    shift = ROUTE.end_counts + 1  # the parts from before the start have left by then
    line.parts = [_further(part, shift) for part in line.parts]
    line.run()
    (uid, part) = next((uid, part) for uid, part in enumerate(line.parts, start=1) if part.fate == fate)
    kinds = {finding.kind for finding, _ in line.found}
    if fate == "is not announced":  # and the chute sees it as well
        assert kinds == {FindingKind.PART_UNEXPECTED, FindingKind.REJECT_UNEXPECTED}
    else:  # of a part that fell off and was to be rejected the chute's sensor is asked, too
        unsure = {FindingKind.REJECT_NOT_CONFIRMED} if fate == "falls off" else set()
        assert kinds - unsure == {EXPECTED[fate]}
        assert {finding.part_uids for finding, _ in line.found} == {(uid,)}
    finding, position = line.found[0]
    assert finding.kind is EXPECTED[fate]
    assert position <= part.place + ROUTE.end_counts + MOST_A_STEP


def _further(part: TruePart, shift: int) -> TruePart:
    return TruePart(part.place + shift, part.early_or_late, part.sound, part.judged_at, part.fate)
