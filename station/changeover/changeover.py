"""Changes the recipe of a running station: one changeover at a time, its workers, its limits, its answers (promise P8).

Thin: what follows from what is `course`'s business. Whatever goes wrong in here the recipe in use stays, and the line
goes on. Must not know registers, nor what a recipe holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from drivers.plc.messages import RecipeRequested
from models.bundle_files import BundleError
from station.changeover.choice import Choice, ChoiceError
from station.changeover.course import Course, Discard, Done, Pause, Phase, Prepare, Refuse, Step, Switch, Wish
from station.changeover.recipe_run import ActiveRecipe, RecipeRun
from station.changeover.takeover import LineSide
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.workers.pool import WorkerError, WorkerPool

_log = logging.getLogger("station.changeover")

PLC = "the PLC"
LIMIT_NS = 10_000_000_000
"""How long an instant between two parts is waited for: longer than any deadline, with time to fetch the results."""
_TICK_S = 0.005


class RecipeRefusedError(RuntimeError):
    """The recipe does not take over; one sentence. `unknown`: there is none of this number. `busy`: ask later."""

    def __init__(self, sentence: str, *, unknown: bool, busy: bool) -> None:
        super().__init__(sentence)
        self.unknown, self.busy = unknown, busy


@dataclass(frozen=True, slots=True)
class ChangeoverState:
    """What page and API show. `recipe_id`: the one under way, None at rest; `sentence`: what is or was done last."""

    phase: Phase
    active_id: int
    recipe_id: int | None
    sentence: str


def _never() -> str | None:
    return None


class Changeover:
    """Over the recipes of one configuration. `blocked` says why no changeover may begin now; None: it may.

    `prepare` gives a recipe's started workers, proved; BundleError or WorkerError with a sentence. `choice`: where the
    choice is kept over a restart.
    """

    def __init__(
        self,
        runs: Mapping[int, RecipeRun],
        active: ActiveRecipe,
        side: LineSide,
        prepare: Callable[[RecipeRun], Awaitable[WorkerPool]],
        choice: Choice,
        faults: FaultBoard,
        *,
        blocked: Callable[[], str | None] = _never,
        limit_ns: int = LIMIT_NS,
    ) -> None:
        self._runs, self._active, self._side, self._prepare = runs, active, side, prepare
        self._choice, self._faults, self._blocked = choice, faults, blocked
        longest_ns = max(run.limits.deadline_ns + run.limits.frame_hold_ns for run in runs.values())
        self._course = Course(runs, active.run.recipe_id, max(limit_ns, 2 * longest_ns))
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready: WorkerPool | None = None
        self._leaving: WorkerPool | None = None
        self._sentence = ""

    def ask(self, recipe_id: int, who: str) -> ChangeoverState:
        """A person wants a recipe; returns at once. RecipeRefusedError where it cannot even be tried."""
        self._begin(Wish(recipe_id, who))
        return self.state()

    def requested(self, event: RecipeRequested) -> None:
        """The PLC wants a recipe; it is answered in its registers."""
        with contextlib.suppress(RecipeRefusedError):
            self._begin(Wish(event.recipe_id, PLC, event.request))

    def state(self) -> ChangeoverState:
        """Where it stands."""
        course = self._course
        return ChangeoverState(course.phase, course.active, course.wanted, self._sentence)

    async def stop(self) -> None:
        """The station stops: what is under way is given up, and its workers end."""
        if self._course.phase is not Phase.REST and self._task is not None:
            self._carry_out(self._course.refused("The station was stopped."))
            self._task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, wish: Wish) -> None:
        _log.info("recipe %d is asked for by %s", wish.recipe_id, wish.who)
        blocked = self._blocked()
        steps = self._course.ask(wish) if blocked is None else [Refuse(wish, f"Not now: {blocked}.", busy=True)]
        self._carry_out(steps)
        for step in steps:
            if isinstance(step, Refuse):
                raise RecipeRefusedError(step.sentence, unknown=step.unknown, busy=step.busy)

    def _carry_out(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Prepare(recipe_id):
                    self._say(f"Recipe {self._runs[recipe_id].title} is being prepared.")
                    self._task = asyncio.create_task(self._change(self._runs[recipe_id], self._task), name="changeover")
                    self._tasks.add(self._task)
                    self._task.add_done_callback(self._tasks.discard)
                case Pause(on):
                    self._side.pause(on=on)
                case Switch(recipe_id):
                    assert self._ready is not None, "only what was proved is switched to"
                    self._leaving, self._ready = self._side.switch(self._runs[recipe_id], self._ready), None
                case Discard():
                    self._leaving, self._ready = self._ready, None
                case Done(wish):
                    self._done(wish)
                case Refuse():
                    self._refuse(step)

    def _done(self, wish: Wish) -> None:
        self._say(f"Recipe {self._active.run.title} is in use, asked for by {wish.who}.")
        self._faults.clear(FaultCode.CHANGEOVER_REFUSED)
        if wish.request is not None:
            self._side.answer(wish.request, taken=True)

    def _refuse(self, refusal: Refuse) -> None:
        wish, active_id = refusal.wish, self._course.active
        code = FaultCode.UNKNOWN_RECIPE if refusal.unknown else FaultCode.CHANGEOVER_REFUSED
        words = f"Recipe {wish.recipe_id} was refused. {refusal.sentence}"
        _log.info("%s", words)
        if self._course.phase is Phase.REST:  # else the words on the one under way stay
            self._sentence = words
        if wish.request is not None or not refusal.busy:
            known = ", ".join(run.title for run in self._runs.values())
            self._faults.raise_(
                code, recipe_id=wish.recipe_id, who=wish.who, known=known, reason=refusal.sentence, active_id=active_id
            )
        if wish.request is not None:
            self._side.raise_error(code.number)
            self._side.answer(wish.request, taken=False)

    def _say(self, sentence: str) -> None:
        self._sentence = sentence
        _log.info("%s", sentence)

    async def _change(self, run: RecipeRun, previous: asyncio.Task[None] | None) -> None:
        """Prove it, keep the choice, wait for the instant; in the end nothing is left of what is not in use."""
        before, kept = self._course.active, False
        try:
            if previous is not None:
                await asyncio.wait((previous,))  # its workers may still be ending: never three sets of them
            try:
                self._ready = await self._prepare(run)
                await asyncio.to_thread(self._choice.keep, run.recipe_id, self._course.who or "")
                kept = True
            except (BundleError, WorkerError, ChoiceError) as error:
                self._carry_out(self._course.refused(f"{str(error).rstrip('.')}."))
                return
            except Exception as error:  # noqa: BLE001 - whatever it was: the recipe in use stays, and the line goes on
                _log.exception("recipe %d could not be prepared", run.recipe_id)
                sentence = f"It could not be prepared ({type(error).__name__}: {error}); the log has the cause."
                self._carry_out(self._course.refused(sentence))
                return
            self._carry_out(self._course.proved(time.monotonic_ns()))
            self._say(f"Recipe {run.title} is ready and takes over between two parts.")
            await self._between_parts(run)
        finally:
            for pool in (self._ready, self._leaving):
                if pool is not None:
                    await pool.stop()
            self._ready = self._leaving = None
            if kept and self._course.active != run.recipe_id:
                with contextlib.suppress(ChoiceError):
                    await asyncio.to_thread(self._choice.keep, before, "the station")

    async def _between_parts(self, run: RecipeRun) -> None:
        began_ns = time.monotonic_ns()
        while self._course.phase is Phase.WAITING:
            now_ns = time.monotonic_ns()
            self._carry_out(self._course.tick(now_ns, self._busy_with(run)))
            if self._course.phase is Phase.WAITING:
                await asyncio.sleep(_TICK_S)
        waited_ms = (time.monotonic_ns() - began_ns) // 1_000_000
        _log.info("TriggerReady was low for %d ms, recipe %s is in use", waited_ms, self._active.run.title)

    def _busy_with(self, run: RecipeRun) -> str | None:
        if self._ready is None or self._ready.alive < run.loaded.config.classifier.processes:
            return "a worker of the new recipe has died and is started anew"
        return self._blocked() or self._side.busy_with(run)
