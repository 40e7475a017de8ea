"""The changeover's shell: whatever preparing, disk, line or PLC do, one recipe is whole and in use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from drivers.plc.messages import RecipeRequested
from models.bundle_files import BundleError
from station.changeover.changeover import Changeover, RecipeRefusedError
from station.changeover.choice import FILE, Choice
from station.changeover.course import Phase
from station.changeover.recipe_run import ActiveRecipe, RecipeRun, recipe_runs
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from tests.unit.test_changeover_config import with_second
from tests.unit.test_config_agreement import loaded

LIMIT_S = 20


@dataclass
class Workers:
    """In the place of a pool: `alive` workers, and whether they were ended."""

    recipe_id: int
    alive: int = 2
    ended: bool = False

    async def stop(self) -> None:
        await asyncio.sleep(0)
        self.ended = True


@dataclass
class Desk:
    """The line's side, and everything that was done to it."""

    active: ActiveRecipe
    workers: Workers
    busy: str | None = None
    done: list[tuple[Any, ...]] = field(default_factory=list)

    def busy_with(self, run: RecipeRun) -> str | None:
        del run
        return self.busy

    def pause(self, *, on: bool) -> None:
        self.done.append(("pause", on))

    def switch(self, run: RecipeRun, pool: Any) -> Any:
        assert self.busy is None
        self.done.append(("switch", run.recipe_id))
        before, self.workers, self.active.run = self.workers, pool, run
        return before

    def answer(self, request: int, *, taken: bool) -> None:
        self.done.append(("answer", request, taken))

    def raise_error(self, number: int) -> None:
        self.done.append(("error", number))


class Bench:
    """A changeover from recipe 1 to recipe 2, whose preparing the test lets go on."""

    def __init__(self, folder: Path, *, limit_ns: int = 10**10) -> None:
        self.runs = recipe_runs(loaded(folder, with_second()), "run")
        self.active = ActiveRecipe(self.runs[1])
        self.first = Workers(1)
        self.desk = Desk(self.active, self.first)
        self.go, self.prepared = asyncio.Event(), list[Workers]()
        self.wrong: Exception | None = None
        self.board, self.blocked = FaultBoard(), list[str]()
        self.choice = Choice(folder / "records")
        self.changeover = Changeover(
            self.runs, self.active, self.desk, self._prepare, self.choice, self.board,  # type: ignore[arg-type]
            blocked=lambda: self.blocked[0] if self.blocked else None, limit_ns=limit_ns,
        )  # fmt: skip

    async def _prepare(self, run: RecipeRun) -> Any:
        await self.go.wait()
        if self.wrong is not None:
            raise self.wrong
        self.prepared.append(Workers(run.recipe_id))
        return self.prepared[-1]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not holds():  # noqa: ASYNC110  # several things are waited for
                await asyncio.sleep(0.001)

    def at_rest(self) -> bool:
        return self.changeover.state().phase is Phase.REST

    @property
    def faults(self) -> dict[FaultCode, str]:
        return {fault.code: fault.sentence for fault in self.board.active()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_call_prepares_beside_the_old_one_and_switches_between_two_parts(bench: Bench) -> None:
    bench.desk.busy = "1 parts are not decided"
    assert bench.changeover.ask(2, "anna").phase is Phase.PREPARING
    assert bench.active.run.recipe_id == 1
    bench.go.set()
    await bench.until(lambda: bench.changeover.state().phase is Phase.WAITING)
    assert bench.desk.done == [("pause", True)]
    assert not bench.first.ended, "the old workers go on"
    bench.desk.busy = None
    await bench.until(bench.at_rest)
    assert bench.desk.done == [("pause", True), ("switch", 2), ("pause", False)]
    await bench.changeover.stop()
    assert (bench.first.ended, bench.prepared[0].ended, bench.desk.workers) == (True, False, bench.prepared[0])
    assert (bench.choice.read(), bench.changeover.state().active_id, bench.faults) == (2, 2, {})
    assert "anna" in bench.changeover.state().sentence


async def test_the_plc_is_answered_when_its_recipe_has_taken_over(bench: Bench) -> None:
    bench.go.set()
    bench.changeover.requested(RecipeRequested(2, 5, 0))
    assert ("answer", 5, True) not in bench.desk.done
    await bench.until(bench.at_rest)
    assert bench.desk.done[-1] == ("answer", 5, True)
    bench.changeover.requested(RecipeRequested(2, 6, 0))
    assert bench.desk.done[-1] == ("answer", 6, True), "the recipe in use is acknowledged at once"
    await bench.changeover.stop()


async def test_an_unknown_recipe_is_e308_and_an_error_for_the_plc_and_changes_nothing(bench: Bench) -> None:
    bench.changeover.requested(RecipeRequested(9, 5, 0))
    assert bench.desk.done == [("error", 308), ("answer", 5, False)]
    assert (
        "Recipe 9 was asked for by the PLC; this station has 1 screw, 2 bolt." in bench.faults[FaultCode.UNKNOWN_RECIPE]
    )
    with pytest.raises(RecipeRefusedError, match="There is no recipe 9, only 1, 2") as refused:
        bench.changeover.ask(9, "anna")
    assert refused.value.unknown


async def test_what_does_not_prove_itself_is_e307_and_the_old_one_stays_and_a_good_changeover_ends_it(
    bench: Bench,
) -> None:
    bench.wrong = BundleError("network.tflite does not match its golden set")
    bench.go.set()
    bench.changeover.requested(RecipeRequested(2, 5, 0))
    await bench.until(bench.at_rest)
    assert bench.desk.done == [("error", 307), ("answer", 5, False)], "TriggerReady never fell"
    assert bench.faults[FaultCode.CHANGEOVER_REFUSED] == (
        "Recipe 2 did not take over: network.tflite does not match its golden set. Recipe 1 stays in use."
    )
    assert (bench.active.run.recipe_id, bench.choice.read()) == (1, None)
    bench.wrong = None
    bench.changeover.ask(2, "anna")
    await bench.until(bench.at_rest)
    assert bench.faults == {}
    await bench.changeover.stop()


async def test_a_failure_that_nobody_foresaw_is_a_refusal_too(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.wrong = OSError("no more processes")
    bench.go.set()
    bench.changeover.ask(2, "anna")
    await bench.until(bench.at_rest)
    assert "no more processes" in bench.faults[FaultCode.CHANGEOVER_REFUSED]
    assert "could not be prepared" in caplog.text


async def test_without_a_moment_between_two_parts_the_new_workers_go_and_the_old_choice_comes_back(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, limit_ns=0)
    bench.changeover._course._limit_ns = 50_000_000  # the real one is longer than any deadline
    bench.choice.keep(1, "before")
    bench.desk.busy = "2 results wait for the PLC to fetch them"
    bench.go.set()
    bench.changeover.ask(2, "anna")
    await bench.until(bench.at_rest)
    await bench.changeover.stop()
    assert bench.desk.done == [("pause", True), ("pause", False)]
    assert "2 results wait for the PLC to fetch them" in bench.faults[FaultCode.CHANGEOVER_REFUSED]
    assert (bench.prepared[0].ended, bench.first.ended, bench.choice.read()) == (True, False, 1)


async def test_a_new_worker_that_dies_before_the_switch_is_waited_for(bench: Bench) -> None:
    bench.desk.busy = "1 parts are not decided"
    bench.go.set()
    bench.changeover.ask(2, "anna")
    await bench.until(lambda: bench.changeover.state().phase is Phase.WAITING)
    bench.prepared[0].alive = 1
    bench.desk.busy = None
    for _ in range(5):
        await asyncio.sleep(0.005)
    assert bench.active.run.recipe_id == 1
    bench.prepared[0].alive = 2
    await bench.until(bench.at_rest)
    assert bench.active.run.recipe_id == 2
    await bench.changeover.stop()


@pytest.mark.parametrize("prepared", [False, True])
async def test_a_station_that_stops_gives_it_up_and_leaves_nothing(bench: Bench, prepared: bool) -> None:
    bench.desk.busy = "1 parts are not decided"
    bench.changeover.requested(RecipeRequested(2, 5, 0))
    if prepared:
        bench.go.set()
        await bench.until(lambda: bench.changeover.state().phase is Phase.WAITING)
    await bench.changeover.stop()
    assert ("answer", 5, False) in bench.desk.done
    assert all(workers.ended for workers in bench.prepared)
    assert (bench.active.run.recipe_id, bench.first.ended, bench.choice.read() in (None, 1)) == (1, False, True)


async def test_a_choice_that_the_disk_does_not_take_is_no_changeover(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "records" / FILE).with_suffix(".new").mkdir(parents=True)
    bench.go.set()
    bench.changeover.ask(2, "anna")
    await bench.until(bench.at_rest)
    await bench.changeover.stop()
    assert "cannot be kept" in bench.faults[FaultCode.CHANGEOVER_REFUSED]
    assert bench.prepared[0].ended


async def test_what_speaks_against_it_now_is_said_and_is_no_fault_where_a_person_asked(bench: Bench) -> None:
    bench.blocked.append("a fail-safe test is running")
    with pytest.raises(RecipeRefusedError, match="Not now: a fail-safe test is running") as refused:
        bench.changeover.ask(2, "anna")
    assert refused.value.busy
    assert bench.faults == {}
    bench.changeover.requested(RecipeRequested(2, 5, 0))
    assert bench.desk.done == [("error", 307), ("answer", 5, False)]


async def test_there_and_back_leaves_one_set_of_workers(bench: Bench) -> None:
    bench.go.set()
    for recipe_id in (2, 1, 2):
        bench.changeover.ask(recipe_id, "anna")
        await bench.until(bench.at_rest)
    await bench.changeover.stop()
    assert [workers.ended for workers in (bench.first, *bench.prepared)] == [True, True, True, False]
