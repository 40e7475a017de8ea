"""The PLC's counters against the station's: an honest PLC is never accused, a wrongly passed part never overlooked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.plc.counter_compare import CounterCompare, OwnCounters
from drivers.plc.registers import ControlBlock, LineBits

U32 = 1 << 32


class Bench:
    """A PLC and a station that count; one part after the other, or several in hand."""

    def __init__(self, triggers: int = 0, passed: int = 0, rejected: int = 0) -> None:
        self.compare = CounterCompare()
        self.plc = [triggers, passed, rejected]
        self.edges = self.shown = self.open = 0
        self.pass_waits = False

    def look(self, *, settled: bool = True, bits: LineBits = LineBits.COUNTERS_VALID) -> str | None:
        triggers, passed, rejected = (count % U32 for count in self.plc)
        block = ControlBlock(line_bits=bits, plc_triggers=triggers, plc_passed=passed, plc_rejected=rejected)
        own = OwnCounters(self.edges, self.shown, self.open, self.pass_waits)
        return self.compare.step(block, own, settled=settled)

    def trigger(self) -> str | None:
        self.plc[0] += 1
        self.edges += 1
        self.open += 1
        return self.look()

    def show(self, *, good: bool) -> None:
        self.shown += good
        self.pass_waits = good

    def acknowledge(self, *, passes: bool | None) -> str | None:
        """The PLC counts the part (None: not at all) and acknowledges."""
        if passes is not None:
            self.plc[1 if passes else 2] += 1
        self.pass_waits = False
        self.open -= 1
        return self.look()

    def part(self, *, good: bool, passes: bool | None) -> str | None:
        said = self.trigger()
        self.show(good=good)
        return said or self.acknowledge(passes=passes)


@pytest.mark.parametrize("start", [0, 5, U32 - 3])
def test_a_plc_that_follows_the_verdicts_is_never_accused_also_across_the_wrap_around(start: int):
    bench = Bench(start, start, 0)
    assert bench.look() is None
    for n in range(10):
        assert bench.part(good=n % 3 > 0, passes=n % 3 > 0) is None
    assert bench.compare.withheld_passes == 0


def test_a_part_that_passes_without_a_pass_is_said_with_both_figures_and_once():
    bench = Bench()
    bench.look()
    bench.part(good=True, passes=True)
    said = bench.part(good=False, passes=True)
    assert said is not None
    assert said.startswith("The PLC counts 2 passed parts where the station has shown it 1 PASS results")
    assert bench.look() is None
    assert bench.part(good=True, passes=True) is None


def test_a_pass_that_the_plc_turned_into_a_reject_is_allowed_counted_and_hides_no_later_escape():
    bench = Bench()
    bench.look()
    assert bench.part(good=True, passes=False) is None
    assert bench.compare.withheld_passes == 1
    assert bench.part(good=False, passes=True) is not None


def test_an_escape_is_seen_with_several_parts_in_hand_too():
    bench = Bench()
    bench.look()
    for _ in range(3):
        assert bench.trigger() is None
    bench.show(good=True)
    assert bench.acknowledge(passes=False) is None
    assert bench.compare.withheld_passes == 1
    bench.show(good=False)
    said = bench.acknowledge(passes=True)
    assert said is not None
    assert "counts 1 passed parts" in said


def test_a_plc_may_count_a_pass_before_it_acknowledges_and_trigger_in_between():
    bench = Bench()
    bench.look()
    bench.trigger()
    bench.show(good=True)
    bench.plc[1] += 1
    assert bench.trigger() is None
    bench.pass_waits, bench.open = False, bench.open - 1
    assert bench.look() is None


@pytest.mark.parametrize(("plc", "seen"), [(1, 0), (0, 1)], ids=["the station missed an edge", "the PLC did not count"])
def test_triggers_that_only_one_side_saw_are_said_with_both_figures(plc: int, seen: int):
    bench = Bench(7, 7)
    bench.look()
    bench.part(good=True, passes=True)
    bench.plc[0] += plc
    bench.edges += seen
    said = bench.look()
    assert said is not None
    assert f"The PLC counts {1 + plc} triggered parts where the station saw {1 + seen} triggers" in said
    assert bench.look() is None


def test_more_parts_sorted_than_triggered_are_said():
    bench = Bench()
    bench.look()
    bench.part(good=True, passes=True)
    bench.plc[2] += 1
    said = bench.look()
    assert said is not None
    assert "1 passed and 1 rejected parts, more than the 1 that it triggered and the 0 that it held" in said


def test_parts_that_the_plc_held_when_it_came_may_be_rejected_afterwards():
    bench = Bench(triggers=100, passed=60, rejected=37)
    bench.look()
    bench.plc[2] += 3
    assert bench.look() is None
    bench.plc[2] += 1
    assert bench.look() is not None


def test_counters_that_ran_back_are_said():
    bench = Bench(50, 40, 10)
    bench.look()
    bench.plc[:] = [0, 0, 0]
    said = bench.look()
    assert said is not None
    assert "-40 passed" in said


def test_nothing_is_compared_between_the_edges_or_without_the_valid_bit():
    bench = Bench()
    bench.look()
    bench.plc[1] += 5
    assert bench.look(settled=False) is None
    assert bench.look(bits=LineBits(0)) is None
    assert bench.look() is None, "the bit came back: a new baseline"


def test_when_the_plc_comes_again_its_counters_begin_anew():
    bench = Bench()
    bench.look()
    bench.plc[:] = [9, 9, 0]
    bench.compare.begin_anew()
    assert bench.look() is None
    assert bench.part(good=True, passes=True) is None


PARTS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["follows", "follows", "rejects", "forgets"]), st.booleans()), max_size=30
)


@settings(max_examples=300)
@given(PARTS, st.integers(0, U32 - 1))
def test_a_plc_that_errs_only_to_reject_is_never_accused(parts: list[tuple[bool, str, bool]], start: int):
    bench = Bench(start, start, 0)
    assert bench.look() is None
    withheld = 0
    for good, what, look_between in parts:
        passes = {"follows": good, "rejects": False, "forgets": None}[what]
        assert bench.part(good=good, passes=passes) is None
        withheld += good and what != "follows"
        if look_between:
            assert bench.look(settled=False) is None
    assert bench.compare.withheld_passes <= withheld


@settings(max_examples=300)
@given(st.lists(st.booleans(), max_size=20), st.lists(st.booleans(), max_size=20), st.integers(0, U32 - 1))
def test_an_escape_is_said_at_its_own_acknowledgement_whatever_came_before(
    goods: list[bool], rejects: list[bool], start: int
):
    bench = Bench(start, start, 0)
    bench.look()
    for good, rejected in zip(goods, rejects, strict=False):
        assert bench.part(good=good, passes=good and not rejected) is None
    assert bench.part(good=False, passes=True) is not None
