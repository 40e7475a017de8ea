"""A course as the document that page and terminal show. Pure."""

from __future__ import annotations

from station.failsafe.course import Course, Result, StepResult
from station.failsafe.seen import Seen
from station.failsafe.state import FailsafeState, PhaseName, StepState
from station.failsafe.step import Plan, Step
from station.failsafe.watch import LineView, Phase

_WAITING: dict[Phase, str] = {
    Phase.PART: "Lay the part on now: the station waits for it.",
    Phase.VERDICT: "The part is there; the station waits for the verdict.",
    Phase.SILENCE: "Put the PLC into STOP now: the station waits for its silence.",
    Phase.BACK: "The station has noticed. Put the PLC back into RUN now.",
    Phase.WAY: "The part is on its way; the station waits until it has gone by the sensors.",
    Phase.WHERE: "Look where the part went: to the good side, or into the reject chute?",
    Phase.CLEAR: "The line stands, as it should. Take the part out, then clear the error at the PLC.",
    Phase.OVER: "",
}


def nothing_shown(plan: Plan, line: LineView, simulated: list[str]) -> FailsafeState:
    """Before the first test of this run."""
    return FailsafeState(
        running=False, phase="idle", operator="", simulated=simulated, step=None,
        steps=[_waiting_step(step) for step in plan.steps], omitted=_omitted(plan), instruction="", waiting="",
        line_waits=line.waits, result=None, sentence="", report=None,
    )  # fmt: skip


def shown(
    course: Course, line: LineView, simulated: list[str], *, written: bool, report: str | None, sentence: str
) -> FailsafeState:
    """A test under way, being written down, or over."""
    step, watch = course.step, course.watch
    steps = [_ended_step(result) for result in course.results]
    if step is not None and watch is not None:
        steps.append(_step(step, None, "", watch.seen))
    steps += [_waiting_step(step) for step in course.plan.steps[len(steps) :]]
    phase: PhaseName = "instruct" if watch is None else watch.phase.value
    waiting = "" if watch is None else _WAITING[watch.phase]
    if course.over:
        phase = "over" if written else "writing"
    elif watch is None and line.waits is not None:
        waiting = f"Not yet: {line.waits}."
    return FailsafeState(
        running=not (course.over and written),
        phase=phase,
        operator=course.operator,
        simulated=simulated,
        step=None if step is None else len(course.results),
        steps=steps,
        omitted=_omitted(course.plan),
        instruction="" if step is None else step.instruction,
        waiting=waiting,
        line_waits=line.waits,
        result=_result(course, written=written, report=report),
        sentence=sentence,
        report=report,
    )


def _result(course: Course, *, written: bool, report: str | None) -> str | None:
    """A test without a report has shown nothing, but may have failed."""
    if not course.over:
        return None
    unproved = written and report is None and course.result is Result.PASSED
    return (Result.INCOMPLETE if unproved else course.result).value


def _omitted(plan: Plan) -> list[dict[str, str]]:
    return [{"title": one.title, "reason": one.reason} for one in plan.omitted]


def _waiting_step(step: Step) -> StepState:
    return StepState(key=step.key, title=step.title, verdict=None, why="", part_seq=None, said=None, where=None)


def _ended_step(result: StepResult) -> StepState:
    return _step(result.step, result.verdict.value, result.why, result.seen)


def _step(step: Step, verdict: str | None, why: str, seen: Seen) -> StepState:
    return StepState(
        key=step.key,
        title=step.title,
        verdict=verdict,
        why=why,
        part_seq=seen.part_seq,
        said=None if seen.reason is None else seen.said,
        where=None if seen.where is None else seen.where.value,
    )
