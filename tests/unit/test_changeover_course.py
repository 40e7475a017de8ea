"""The course of a changeover: each wish is answered once, and a recipe takes over only proved and between two parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from station.changeover.course import Course, Discard, Done, Pause, Phase, Prepare, Refuse, Step, Switch, Wish
from tests.unit.models_bundle import CALM

RECIPES, UNKNOWN = (1, 2, 3), 9
LIMIT_NS = 1000


def a_course() -> Course:
    return Course(RECIPES, 1, LIMIT_NS)


def test_a_recipe_is_prepared_then_waited_for_then_taken() -> None:
    course, wish = a_course(), Wish(2, "somebody")
    assert course.ask(wish) == [Prepare(2)]
    assert course.tick(5, None) == [], "what is not proved never takes over"
    assert course.proved(10) == [Pause(on=True)]
    assert course.tick(11, "a part is in flight") == []
    assert course.tick(12, None) == [Switch(2), Pause(on=False), Done(wish)]
    assert (course.active, course.phase, course.wanted) == (2, Phase.REST, None)


def test_the_recipe_in_use_is_had_at_once() -> None:
    wish = Wish(1, "the PLC", 7)
    assert a_course().ask(wish) == [Done(wish)]


def test_an_unknown_recipe_is_refused_with_those_that_there_are() -> None:
    (refused,) = a_course().ask(Wish(UNKNOWN, "the PLC", 1))
    assert refused == Refuse(Wish(UNKNOWN, "the PLC", 1), "There is no recipe 9, only 1, 2, 3.", unknown=True)


def test_while_one_is_under_way_the_same_is_joined_and_another_is_refused() -> None:
    course, first, same = a_course(), Wish(2, "somebody"), Wish(2, "the PLC", 4)
    course.ask(first)
    assert course.ask(same) == []
    (refused,) = course.ask(Wish(3, "somebody else"))
    assert isinstance(refused, Refuse)
    assert refused.busy
    (back,) = course.ask(Wish(1, "the PLC", 5))
    assert isinstance(back, Refuse), "the recipe in use is about to leave it: it cannot be promised"
    course.proved(0)
    assert course.tick(1, None)[-2:] == [Done(first), Done(same)]


def test_what_is_refused_leaves_the_old_one_and_nothing_behind() -> None:
    course, wish = a_course(), Wish(2, "somebody")
    course.ask(wish)
    assert course.refused("Its golden set.") == [Discard(2), Refuse(wish, "Its golden set.")]
    assert (course.active, course.phase) == (1, Phase.REST)
    assert course.refused("again") == []


def test_without_an_instant_between_two_parts_it_is_given_up_at_the_limit() -> None:
    course, wish = a_course(), Wish(2, "somebody")
    course.ask(wish)
    course.proved(0)
    assert course.tick(LIMIT_NS - 1, "1 parts are not decided") == []
    pause, discard, refused = course.tick(LIMIT_NS, "1 parts are not decided")
    assert (pause, discard) == (Pause(on=False), Discard(2))
    assert isinstance(refused, Refuse)
    assert "1 parts are not decided" in refused.sentence


@CALM
@given(st.integers())
def test_a_recipe_that_is_none_cannot_be_the_first(active: int) -> None:
    if active in RECIPES:
        return
    with pytest.raises(ValueError, match="is none of"):
        Course(RECIPES, active, LIMIT_NS)


class AnyCourse(RuleBasedStateMachine):
    """Whatever is asked, proved, refused and waited for, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.course, self.now_ns, self.number = a_course(), 0, 0
        self.open: list[Wish] = []
        self.prepared: int | None = None
        self.paused, self.busy = False, True

    def take(self, steps: list[Step]) -> None:
        """Carry the steps out, and check each."""
        for step in steps:
            match step:
                case Prepare(recipe_id):
                    assert self.prepared is None, "one changeover at a time"
                    self.prepared = recipe_id
                case Pause(on):
                    assert on is not self.paused
                    self.paused = on
                case Switch(recipe_id):
                    assert recipe_id == self.prepared
                    assert self.paused
                    assert not self.busy, "never while a part is under way"
                    self.prepared = None
                case Discard(recipe_id):
                    assert recipe_id == self.prepared
                    self.prepared = None
                case Done(wish):
                    self.open.remove(wish)
                    assert self.course.active == wish.recipe_id
                case Refuse(wish):
                    self.open.remove(wish)

    @rule(recipe_id=st.sampled_from((*RECIPES, UNKNOWN)), plc=st.booleans())
    def ask(self, recipe_id: int, plc: bool) -> None:
        self.number += 1
        wish = Wish(recipe_id, f"asker {self.number}", self.number if plc else None)
        self.open.append(wish)
        self.take(self.course.ask(wish))

    @precondition(lambda self: self.course.phase is Phase.PREPARING)
    @rule()
    def prove(self) -> None:
        self.take(self.course.proved(self.now_ns))

    @rule()
    def refuse(self) -> None:
        self.take(self.course.refused("because"))

    @rule(busy=st.booleans(), later_ns=st.integers(0, LIMIT_NS))
    def tick(self, busy: bool, later_ns: int) -> None:
        self.now_ns, self.busy = self.now_ns + later_ns, busy
        self.take(self.course.tick(self.now_ns, "busy" if busy else None))

    @invariant()
    def consistent(self) -> None:
        assert self.course.active in RECIPES
        assert self.paused == (self.course.phase is Phase.WAITING)
        assert (self.prepared is None) == (self.course.phase is Phase.REST)
        assert self.course.wanted == self.prepared
        assert bool(self.open) == (self.course.phase is not Phase.REST), "each wish is answered, and once"


TestAnyCourse = AnyCourse.TestCase
TestAnyCourse.settings = CALM
