"""The fail-safe test in the running station: one course at a time, its clock, its breaking and mending, its report.

Thin: what follows from what is `course`'s business. Whatever goes wrong in here, nothing stays broken and the station
goes on. Must not know HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from station.failsafe.archive import Archive
from station.failsafe.course import Course, RefusedError, Result
from station.failsafe.document import Clock, Identity, document_of, sentence_of
from station.failsafe.line_side import LineSide
from station.failsafe.seal import SealError
from station.failsafe.shown import nothing_shown, shown
from station.failsafe.state import FailsafeState
from station.failsafe.step import Plan, Where
from station.failsafe.watch import News, Patience, Phase
from station.sabotage import NO_SABOTAGE

_log = logging.getLogger("station.failsafe")

FOLDER = "failsafe"
PERSON = Patience(person_ms=600_000, machine_ms=60_000)
MACHINE = Patience(person_ms=60_000, machine_ms=30_000)
"""For a simulated cell, which does at once what it is asked."""
_TICK_S = 0.02
_LONGEST_NAME = 80


class FailsafeSession:
    """`on_running` hears when a test begins and when it is over, its report written (the PLC is told)."""

    def __init__(
        self,
        plan: Plan,
        side: LineSide,
        identity: Identity,
        folder: Path,
        patience: Patience = PERSON,
        on_running: Callable[[bool], None] = lambda running: None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._plan, self._side, self._identity, self._patience = plan, side, identity, patience
        self._archive, self._on_running, self._clock_ns = Archive(folder), on_running, clock_ns
        self._course: Course | None = None
        self._clock = Clock(datetime.now(UTC), clock_ns())
        self._running: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._written = False
        self._report: Path | None = None
        self._sentence = ""
        self._marked = 0

    def change_over(self, plan: Plan, recipe: str, model_digest: str) -> None:
        """Another recipe, while no test is running: its steps, and its name and models in the next report."""
        self._plan = plan
        self._identity = replace(self._identity, recipe=recipe, model_digest=model_digest)

    @property
    def running(self) -> bool:
        """Whether a test is under way, or its report is being written."""
        return self._running is not None and not self._running.done()

    def start(self, operator: str, *, witness: bool = False) -> None:
        """Begin a test. RefusedError while one is running or where nobody says who does it."""
        name = " ".join(operator.split())
        if not 0 < len(name) <= _LONGEST_NAME:
            raise RefusedError(f"Say who does the test: a name of 1 to {_LONGEST_NAME} characters.")
        if self.running:
            course = self._course
            raise RefusedError(f"A fail-safe test by {course.operator if course else 'somebody'} is running already.")
        now_ns = self._clock_ns()
        self._clock = Clock(datetime.now(UTC), now_ns)
        self._course = Course(
            self._plan, self._patience, name, witness=witness, label_of=self._side.label_of, now_ns=now_ns
        )
        self._written, self._report, self._sentence, self._marked = False, None, "", 0
        self._side.mark(None, f"begins, by {name}")
        self._side.listen(self._heard)
        self._on_running(True)
        self._running = asyncio.create_task(self._run(self._course), name="fail-safe test")

    def ready(self) -> None:
        """The person is about to lay the part on. RefusedError while the line is not ready for it."""
        course = self._at_work()
        course.ready(self._side.view(), self._clock_ns())
        self._break(course)

    def answer(self, where: Where) -> None:
        """Where the part went. RefusedError when nobody was asked."""
        self._at_work().answer(where, self._clock_ns())
        self._changed.set()

    def skip(self, reason: str) -> None:
        """Leave the step out, for a reason; the test is incomplete then."""
        self._at_work().skip(reason, self._clock_ns())
        self._changed.set()

    def abort(self) -> None:
        """End the test here; the report says so."""
        self._at_work().abort("aborted by the operator", self._clock_ns())
        self._changed.set()

    async def stop(self) -> None:
        """The station stops: end the test and wait for its report."""
        if self._course is not None and self.running:
            self._course.abort("the station was stopped", self._clock_ns())
            self._changed.set()
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)

    def state(self) -> FailsafeState:
        """What page and terminal show."""
        if self._course is None:
            return nothing_shown(self._plan, self._side.view(), self._side.simulated())
        return shown(
            self._course, self._side.view(), self._side.simulated(),
            written=self._written, report=None if self._report is None else str(self._report), sentence=self._sentence,
        )  # fmt: skip

    def _at_work(self) -> Course:
        if self._course is None or not self.running or self._course.over:
            raise RefusedError("No fail-safe test is running.")
        return self._course

    def _heard(self, news: News) -> None:
        course = self._course
        if course is None:
            return
        try:
            course.heard(news, self._clock_ns())
            self._mark_part(course)
            self._break(course)
        except Exception:  # noqa: BLE001 - the inspection calls this: a test must not end it
            _log.exception("the fail-safe test could not follow %s", type(news).__name__)
            course.abort("the test itself failed; the station's log has the cause", self._clock_ns())
        self._changed.set()

    def _mark_part(self, course: Course) -> None:
        """The step's part is marked once it is decided."""
        watch = course.watch
        seen = watch.seen if watch is not None else course.results[-1].seen if course.results else None
        if seen is not None and seen.part_uid is not None and seen.part_uid != self._marked:
            step = watch.step if watch is not None else course.results[-1].step
            self._marked = seen.part_uid
            self._side.mark(seen.part_seq, f"step {step.key}", seen.part_uid)

    def _break(self, course: Course) -> None:
        self._side.break_(course.sabotage(self._clock_ns()))

    async def _run(self, course: Course) -> None:
        try:
            while not course.over:
                self._changed.clear()
                try:
                    async with asyncio.timeout(_TICK_S if course.phase not in (None, Phase.OVER) else 5 * _TICK_S):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                course.tick(self._clock_ns(), self._side.view())
                self._break(course)
        except Exception:  # noqa: BLE001 - nothing stays broken, and there is a report
            _log.exception("the fail-safe test ended by its own failure")
            course.abort("the test itself failed; the station's log has the cause", self._clock_ns())
        finally:
            self._side.break_(NO_SABOTAGE)
            self._side.listen(None)
        try:
            await self._conclude(course)
        finally:
            self._written = True
            self._on_running(False)

    async def _conclude(self, course: Course) -> None:
        """The line stands where a step failed; then the report."""
        ended_ns, simulated = self._clock_ns(), self._side.simulated()
        if course.result is Result.FAILED:
            failed = course.results[-1]
            self._side.fail(failed.step.title, failed.why)
        sentence = sentence_of(
            course.result, steps=len(self._plan.steps), ended=course.ended, simulated=simulated
        )  # fmt: skip
        content = document_of(course, self._identity, self._clock, ended_ns, simulated)
        try:
            self._report, digest = await asyncio.to_thread(self._archive.write, content, datetime.now(UTC))
        except (OSError, SealError) as error:
            _log.error("the report of the fail-safe test could not be written: %s", error)
            self._sentence = f"NO REPORT, so nothing is shown: it could not be written ({error}). {sentence}"
            self._side.mark(None, f"ends without a report: {course.result.value}")
            return
        self._sentence = sentence
        _log.info("fail-safe test: %s Report: %s", sentence, self._report)
        self._side.mark(None, f"ends: {course.result.value}; report {self._report.name}, digest {digest}")
