"""The one step in which a recipe takes over: line, workers, alarms, records and the PLC's registers at once.

Everything happens within one call in the loop: no trigger, frame or answer comes in between, so that no part is ever
judged by a mixture. Must not know why a recipe was asked for, nor how it was proved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from drivers.plc.facts import RecipeAnswer
from drivers.plc.interface import PlcReports
from station.changeover.recipe_run import ActiveRecipe, RecipeRun
from station.core.line import Line
from station.core.standing import Standing
from station.inspection import Inspection
from station.workers.active_pool import ActivePool
from station.workers.pool import WorkerPool


class LineSide(Protocol):
    """The line as a changeover knows it. Each call returns at once."""

    def busy_with(self, run: RecipeRun) -> str | None:
        """Why this is no instant at which the recipe could take over; None: it is one."""
        ...

    def pause(self, *, on: bool) -> None:
        """Let no part come for a while; one that comes all the same is taken."""
        ...

    def switch(self, run: RecipeRun, pool: WorkerPool) -> WorkerPool:
        """The recipe takes over, with these workers; returns those of the one before. Only when `busy_with` is None."""
        ...

    def answer(self, request: int, *, taken: bool) -> None:
        """Tell the PLC what became of its request."""
        ...

    def raise_error(self, number: int) -> None:
        """Show the PLC a fault."""
        ...


class Takeover:
    """Implements `LineSide` over the station's own parts.

    `on_taken` hears of each recipe that took over, in the same step: records, page and metrics follow.
    """

    def __init__(
        self,
        active: ActiveRecipe,
        inspection: Inspection,
        line: Line,
        pool: ActivePool,
        standing: Standing,
        plc: PlcReports,
        on_taken: Callable[[RecipeRun], None],
    ) -> None:
        self._active, self._inspection, self._line, self._pool = active, inspection, line, pool
        self._standing, self._plc, self._on_taken = standing, plc, on_taken

    def busy_with(self, run: RecipeRun) -> str | None:
        """See LineSide. Where gate or belt change, the parts on their way must have come to its end."""
        busy = self._inspection.busy_with
        transport = self._line.transport
        if busy is None and transport is not None and run.way != self._active.run.way and transport.on_way:
            return f"{transport.on_way} parts are on their way, and recipe {run.recipe_id} has another gate"
        return busy

    def pause(self, *, on: bool) -> None:
        """See LineSide."""
        self._inspection.pause(on=on)

    def switch(self, run: RecipeRun, pool: WorkerPool) -> WorkerPool:
        """See LineSide."""
        same_way = run.way == self._active.run.way
        self._inspection.change_over(run.limits, self._line.transport if same_way else run.transport())
        before = self._pool.change_over(pool)
        self._standing.change_over(run.alarms, stop_on_alarm=run.stop_on_alarm)
        self._active.run = run
        self._on_taken(run)
        self._plc.set_state(recipe_id=run.recipe_id, model_digest=run.digest_bits)
        return before

    def answer(self, request: int, *, taken: bool) -> None:
        """See LineSide."""
        self._plc.set_state(recipe_answer=RecipeAnswer(request, taken))

    def raise_error(self, number: int) -> None:
        """See LineSide."""
        self._plc.raise_error(number)
