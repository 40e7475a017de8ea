"""What must be over before a recipe takes over, on the PLC's side and on the way to the gate, and what changes then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from station.changeover.recipe_run import ActiveRecipe, RecipeRun, recipe_runs
from station.changeover.takeover import Takeover
from station.core.reasons import Reason
from tests.core_track import BELT, ROUTE, DrivenLine
from tests.core_values import facts_of
from tests.unit.test_changeover_config import with_second
from tests.unit.test_config_agreement import loaded
from tests.unit.test_core_hand_off import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.journal.close()


def test_a_trigger_that_the_line_has_not_heard_of_is_waited_for(desk: Desk) -> None:
    assert desk.hand_off.busy_with is None
    desk.journal.triggered(1)  # as the link does, before the PLC can read that the part was taken
    assert desk.hand_off.busy_with == "a trigger of the PLC is on its way"


def test_a_result_that_the_plc_has_not_fetched_is_waited_for(desk: Desk) -> None:
    for seq in (1, 2):
        desk.trigger(seq)
    desk.carry_out(list(desk.line.reject_all(Reason.DARK, desk.now_ns)))
    assert desk.hand_off.busy_with == "2 results wait for the PLC to fetch them"
    desk.hand_off.taken(1)
    assert desk.hand_off.busy_with == "1 results wait for the PLC to fetch them"
    desk.hand_off.taken(2)
    assert desk.hand_off.busy_with is None


def test_a_result_that_nobody_can_fetch_is_not_waited_for(desk: Desk) -> None:
    for seq in range(1, 10):  # the PLC's buffer holds eight
        desk.trigger(seq)
        desk.carry_out(list(desk.line.reject_all(Reason.DARK, desk.now_ns)))
    assert [delivered for _, delivered in desk.reporter.decisions].count(False) >= 1
    for seq in range(1, 9):
        desk.hand_off.taken(seq)
    assert desk.hand_off.busy_with is None


class Bench:
    """A takeover over a driven line; what is not asked about is not there."""

    def __init__(self, folder: Path) -> None:
        self.driven, self.told = DrivenLine(), list[Any]()
        base = recipe_runs(loaded(folder, with_second()), "run")
        self.first: RecipeRun = replace(base[1], way=(BELT, ROUTE), limits=self.driven.line._limits)
        self.second: RecipeRun = replace(base[2], way=(BELT, ROUTE))
        self.active = ActiveRecipe(self.first)
        line = self.driven.line
        inspection = SimpleNamespace(
            busy_with=None, change_over=lambda limits, way: self.told.append(line.change_over(limits, way))
        )
        pool = SimpleNamespace(change_over=lambda pool: "the old workers")
        standing = SimpleNamespace(change_over=lambda alarms, stop_on_alarm: None)
        self.states: list[dict[str, Any]] = []
        plc = SimpleNamespace(set_state=lambda **change: self.states.append(change), raise_error=self.told.append)
        self.taken: list[RecipeRun] = []
        self.takeover = Takeover(
            self.active, inspection, line, pool, standing, plc, self.taken.append  # type: ignore[arg-type]
        )  # fmt: skip

    def a_part_on_its_way(self) -> None:
        self.driven.trigger(1)
        self.driven.picture()
        self.driven.line.inspected(facts_of(1, defective=True), self.driven.now_ns)


def test_with_the_same_gate_parts_on_their_way_are_no_hindrance_and_are_followed_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.a_part_on_its_way()
    way = bench.driven.line.transport
    assert bench.takeover.busy_with(bench.second) is None
    assert bench.takeover.switch(bench.second, "the new workers") == "the old workers"  # type: ignore[arg-type, comparison-overlap]
    assert bench.driven.line.transport is way
    assert bench.taken == [bench.second]
    assert bench.active.loaded.config.recipe.id == 2
    assert bench.states == [{"recipe_id": 2, "model_digest": bench.second.digest_bits}]


def test_with_another_gate_the_line_must_have_run_empty(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.a_part_on_its_way()
    other = replace(bench.second, way=(BELT, replace(ROUTE, pulse_counts=300)))
    assert bench.takeover.busy_with(other) == "1 parts are on their way, and recipe 2 has another gate"
    bench.driven.go(ROUTE.gate_counts, 300)
    bench.driven.rejects_seen += 1
    bench.driven.go(1000, 100)
    assert bench.takeover.busy_with(other) is None
    way = bench.driven.line.transport
    bench.takeover.switch(other, "the new workers")  # type: ignore[arg-type]
    assert bench.driven.line.transport not in (None, way)
