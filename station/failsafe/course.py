"""The course of one fail-safe test: step after step, who may do what when, and what the whole has shown.

Pure: events, answers and times in; phase, sabotage and results out. Must not know the report or the station's devices.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.plc.messages import PartTriggered
from station.failsafe.seen import Seen
from station.failsafe.step import Plan, Step, StepVerdict, Where
from station.failsafe.watch import LabelOf, LineView, News, Patience, Phase, StepWatch
from station.sabotage import NO_SABOTAGE, Sabotage

_MOST_UNASKED = 100


class RefusedError(Exception):
    """What was asked for cannot be done now; one sentence."""


class Result(StrEnum):
    """What the whole test has shown."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended. Times are CLOCK_MONOTONIC ns, None where it was not begun."""

    step: Step
    verdict: StepVerdict
    why: str
    seen: Seen
    began_ns: int | None = None
    ended_ns: int | None = None


class Course:
    """One test by `operator`. `witness`: who looks says where each part went even where a sensor does."""

    def __init__(
        self, plan: Plan, patience: Patience, operator: str, *, witness: bool, label_of: LabelOf, now_ns: int
    ) -> None:
        self.plan, self.operator, self.witness = plan, operator, witness
        self._patience, self._label_of = patience, label_of
        self.results: list[StepResult] = []
        self.watch: StepWatch | None = None
        self.ended: str | None = None
        """Why it ended before its last step; None while it goes on, or went to its end."""
        self.unasked: list[int] = []
        """Parts that came while none was asked for."""
        self._touched_ns = now_ns

    @property
    def step(self) -> Step | None:
        """The step that is asked for or under way; None at the end."""
        return None if self.over else self.plan.steps[len(self.results)]

    @property
    def over(self) -> bool:
        """Whether nothing follows."""
        return self.ended is not None or len(self.results) == len(self.plan.steps)

    @property
    def phase(self) -> Phase | None:
        """What the step under way waits for; None while a person is asked to begin the next, and at the end."""
        return None if self.watch is None else self.watch.phase

    @property
    def result(self) -> Result:
        """What the steps so far have shown; what was not shown makes it incomplete."""
        verdicts = [result.verdict for result in self.results]
        if StepVerdict.FAILED in verdicts:
            return Result.FAILED
        whole = len(verdicts) == len(self.plan.steps) and all(one is StepVerdict.PASSED for one in verdicts)
        return Result.PASSED if whole else Result.INCOMPLETE

    def sabotage(self, now_ns: int) -> Sabotage:
        """What is to be broken at this moment."""
        return NO_SABOTAGE if self.over or self.watch is None else self.watch.sabotage(now_ns)

    def ready(self, line: LineView, now_ns: int) -> None:
        """The person is about to lay the part on. RefusedError while the line takes no part or has others on it."""
        step = self._next_step()
        if line.waits is not None:
            raise RefusedError(f"Not yet: {line.waits}.")
        if line.in_flight:
            raise RefusedError(f"Not yet: {line.in_flight} parts are under way; stop the infeed and let them go.")
        self.watch = StepWatch(
            step, self._patience, now_ns, confirms=self.plan.confirms, witness=self.witness,
            deadline_ms=self.plan.deadline_ms, label_of=self._label_of,
        )  # fmt: skip

    def answer(self, where: Where, now_ns: int) -> None:
        """Where the part went, by who looked."""
        if self.watch is None or self.watch.phase is not Phase.WHERE:
            raise RefusedError("Nobody is asked now where a part went.")
        self.watch.answer(where, now_ns)
        self._take_result(now_ns)

    def skip(self, reason: str, now_ns: int) -> None:
        """Leave out the step that is asked for, for a reason; the test is incomplete then."""
        step = self._next_step()
        if not reason.strip():
            raise RefusedError("A step is left out only for a reason: say which.")
        self.results.append(StepResult(step, StepVerdict.SKIPPED, reason.strip(), Seen(), now_ns, now_ns))
        self._touched_ns = now_ns

    def abort(self, reason: str, now_ns: int) -> None:
        """End here."""
        if self.over:
            return
        if self.watch is not None:
            self.watch.end(StepVerdict.NOT_DONE, reason, now_ns)
            self._take_result(now_ns)
        self.ended = self.ended or reason

    def heard(self, news: News, now_ns: int) -> None:
        """Something happened on the line."""
        if self.watch is not None:
            self.watch.heard(news, now_ns)
            self._take_result(now_ns)
        elif isinstance(news, PartTriggered) and not self.over and len(self.unasked) < _MOST_UNASKED:
            self.unasked.append(news.part_seq)

    def tick(self, now_ns: int, line: LineView) -> None:
        """Time has passed."""
        if self.over:
            return
        if self.watch is not None:
            self.watch.tick(now_ns, line)
            self._take_result(now_ns)
        elif now_ns - self._touched_ns >= self._patience.person_ms * 1_000_000:
            self.abort(f"nobody went on for {self._patience.person_ms // 1000} s", now_ns)

    def _next_step(self) -> Step:
        step = self.step
        if step is None:
            raise RefusedError("The test is over.")
        if self.watch is not None:
            raise RefusedError(f"The step '{step.title}' is under way.")
        return step

    def _take_result(self, now_ns: int) -> None:
        watch = self.watch
        if watch is None or watch.verdict is None:
            return
        verdict, why = watch.verdict
        self.watch, self._touched_ns = None, now_ns
        self.results.append(StepResult(watch.step, verdict, why, watch.seen, watch.began_ns, watch.ended_ns))
        if verdict is StepVerdict.FAILED:
            self.ended = f"the step '{watch.step.title}' failed"
        elif verdict is StepVerdict.NOT_DONE:
            self.ended = self.ended or why
