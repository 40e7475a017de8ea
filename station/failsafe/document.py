"""What a report says: a plain document of text and whole numbers, made from a course that is over.

Pure. Must not know files, keys or how a report is sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from station.config.load import Loaded
from station.failsafe.course import Course, Result, StepResult
from station.failsafe.step import Step

Document = dict[str, Any]

FORMAT = 1
_NOTHING_PROVED = (
    "SIMULATED: {devices}. This report shows that the station's own part works; it proves nothing about a real line."
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which station, with what, was tested."""

    station: str
    version: str
    recipe: str
    model_digest: str
    configuration_digest: str
    """SHA-256 of the configuration file."""
    run_id: str


def identity_of(loaded: Loaded, version: str, run_id: str) -> Identity:
    """The identity of a station that runs with this configuration; reads the file once more."""
    recipe = loaded.config.recipe
    return Identity(
        station=loaded.config.name,
        version=version,
        recipe=f"{recipe.id} {recipe.name}",
        model_digest=loaded.model_digest,
        configuration_digest=hashlib.sha256(loaded.path.read_bytes()).hexdigest(),
        run_id=run_id,
    )


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns CLOCK_MONOTONIC ns into UTC, by one pair of both."""

    began: datetime
    began_ns: int

    def utc(self, at_ns: int | None) -> str | None:
        """ISO 8601 to the millisecond."""
        if at_ns is None:
            return None
        at = self.began + timedelta(microseconds=(at_ns - self.began_ns) / 1000)
        return at.isoformat(timespec="milliseconds")


def document_of(course: Course, identity: Identity, clock: Clock, ended_ns: int, simulated: Sequence[str]) -> Document:
    """The content of a report, all but its place in the chain."""
    steps = [_step(result, clock) for result in course.results]
    steps += [_not_begun(step) for step in course.plan.steps[len(course.results) :]]
    return {
        "format": FORMAT,
        "kind": "fail-safe test",
        "station": identity.station,
        "version": identity.version,
        "recipe": identity.recipe,
        "model_digest": identity.model_digest,
        "configuration_digest": identity.configuration_digest,
        "run_id": identity.run_id,
        "operator": course.operator,
        "begin": clock.utc(clock.began_ns),
        "end": clock.utc(ended_ns),
        "simulated": list(simulated),
        "proves": _NOTHING_PROVED.format(devices=" and ".join(simulated)) if simulated else "",
        "result": course.result.value,
        "ended_early": course.ended,
        "where_known_by": _where_known(course),
        "steps": steps,
        "cannot_be_tried": [{"title": one.title, "reason": one.reason} for one in course.plan.omitted],
        "unasked_parts": list(course.unasked),
    }


def sentence_of(result: Result, *, steps: int, ended: str | None, simulated: Sequence[str]) -> str:
    """The whole test in a sentence, for page and terminal."""
    simulation = f" With simulated {' and '.join(simulated)}: nothing is shown about a real line." if simulated else ""
    match result:
        case Result.PASSED:
            return f"PASSED: all {steps} steps were as they must be.{simulation}"
        case Result.FAILED:
            return f"FAILED: {ended}. The line stands; do not run it before the cause is found.{simulation}"
        case Result.INCOMPLETE:
            why = f": {ended.rstrip('.')}" if ended else ": a step was left out or showed nothing"
            return f"INCOMPLETE{why}. Nothing is shown by an incomplete test.{simulation}"


def _where_known(course: Course) -> str:
    if not course.plan.confirms:
        return "a person who looked"
    return "the sensor in the reject chute, and who looked" if course.witness else "the sensor in the reject chute"


def _asked(step: Step) -> Document:
    return {
        "key": step.key,
        "title": step.title,
        "asked": step.instruction,
        "meanwhile": step.meanwhile,
        "expected": step.expects,
    }


def _not_begun(step: Step) -> Document:
    return {**_asked(step), "verdict": "not done", "why": ""}


def _step(result: StepResult, clock: Clock) -> Document:
    seen = result.seen
    return {
        **_asked(result.step),
        "verdict": result.verdict.value,
        "why": result.why,
        "begin": clock.utc(result.began_ns),
        "end": clock.utc(result.ended_ns),
        "part_seq": seen.part_seq,
        "part_uid": seen.part_uid,
        "said": seen.said if seen.reason is not None else None,
        "went_by_sensor": None if seen.sensor is None else seen.sensor.value,
        "went_by_person": None if seen.person is None else seen.person.value,
        "more_parts": list(seen.more_parts),
        "observed": [{"at": clock.utc(at_ns), "what": words} for at_ns, words in seen.timeline],
    }
