"""What was observed in one step, and what that shows.

Pure. The one table of what a step must show; must not know how it was observed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from station.core.reasons import Outcome, Reason
from station.failsafe.step import Step, StepKind, StepVerdict, Where

NOT_CONFIRMED = "reject not confirmed"
_NO_FRAME = frozenset({Reason.NO_FRAME, Reason.FRAME_GAP})


@dataclass(slots=True)
class Seen:
    """Times are CLOCK_MONOTONIC ns. `timeline`: what was heard, in order, in words for the report."""

    part_uid: int | None = None
    part_seq: int | None = None
    triggered_ns: int | None = None
    decided_ns: int | None = None
    reason: Reason | None = None
    label: str | None = None
    late_verdict: bool = False
    left: bool = False
    sensor: Where | None = None
    """What the chute's sensor says; None where it said nothing."""
    person: Where | None = None
    """What the person says, where somebody was asked."""
    plc_silent: bool = False
    stood_while_silent: bool = False
    plc_back: bool = False
    not_confirmed: bool = False
    stood: bool = False
    """The line was seen to stand after the missing reject."""
    went_on: bool = False
    """It went on before anybody had cleared the error."""
    cleared: bool = False
    more_parts: list[int] = field(default_factory=list[int])
    """Further parts that came during the step: then nobody knows which one was seen."""
    timeline: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    @property
    def where(self) -> Where | None:
        """Where the part went, as far as anybody knows."""
        return self.sensor or self.person

    @property
    def said(self) -> str:
        """The station's verdict in words."""
        if self.reason is None:
            return "no verdict"
        if self.reason.outcome is Outcome.PASSED:
            return "PASS"
        return f"REJECT {self.label or ''}".rstrip() if self.reason is Reason.DEFECT else f"forced: {self.reason.text}"


def judged(step: Step, seen: Seen) -> tuple[StepVerdict, str]:
    """What a step that ran to its end has shown, and why in a sentence or more."""
    wrong = [*_wrong_verdict(step, seen), *_wrong_place(step, seen), *_not_seen(step, seen)]
    if seen.more_parts:
        others = ", ".join(map(str, seen.more_parts))
        wrong.append(f"More than one part came (also {others}): one at a time is asked for.")
    if wrong:
        return StepVerdict.FAILED, " ".join(wrong)
    if step.kind is StepKind.STATION_SILENT and seen.reason is not Reason.DEFECT_FREE:
        doubt = f"The station itself had rejected the part ({seen.said}), so the PLC's own default was not tried."
        return StepVerdict.INCONCLUSIVE, f"{doubt} Let the line run slower, or take a part that passes."
    if step.kind is StepKind.DEFECT and seen.label != step.label:
        return StepVerdict.PASSED, f"It was rejected, but named {seen.label} instead of {step.label}."
    return StepVerdict.PASSED, ""


def _wrong_verdict(step: Step, seen: Seen) -> list[str]:
    reason = seen.reason
    match step.kind:
        case StepKind.GOOD:
            good = reason is Reason.DEFECT_FREE
        case StepKind.DEFECT:
            good = reason is Reason.DEFECT
        case StepKind.WITHHELD:
            good = reason is Reason.DEFECT
        case StepKind.NO_IMAGE:
            good = reason in _NO_FRAME
        case StepKind.LATE:
            good = reason is Reason.DEADLINE
        case StepKind.PLC_SILENT:
            good = reason is not None and reason.outcome is Outcome.FORCED
        case StepKind.STATION_SILENT:
            good = True
    return [] if good else [f"The station said {seen.said}."]


def _wrong_place(step: Step, seen: Seen) -> list[str]:
    wrong: list[str] = []
    if seen.sensor is not None and seen.person is not None and seen.sensor is not seen.person:
        wrong.append(f"The chute's sensor says {_at(seen.sensor)}, who looked says {_at(seen.person)}.")
    if step.goes_to is not None and seen.where is not step.goes_to:
        wrong.append(f"The part went {_at(seen.where)} instead of {_at(step.goes_to)}.")
    return wrong


def _at(where: Where | None) -> str:
    return {Where.GOOD: "to the good side", Where.CHUTE: "into the reject chute", None: "nobody knows where"}[where]


def _not_seen(step: Step, seen: Seen) -> list[str]:
    match step.kind:
        case StepKind.LATE:
            needed = [(seen.late_verdict, "The late verdict was not recorded.")]
        case StepKind.PLC_SILENT:
            needed = [
                (seen.plc_silent, "The station did not notice that the PLC is silent."),
                (seen.stood_while_silent, "The station went on asking for parts while the PLC was silent."),
                (seen.plc_back, "The station did not go on when the PLC came back."),
            ]
        case StepKind.WITHHELD:
            needed = [
                (seen.not_confirmed, "The station did not say that the reject is not confirmed."),
                (seen.stood, "The line did not stand."),
                (not seen.went_on, "The line went on by itself."),
                (seen.cleared, "The error was not cleared by a person."),
            ]
        case _:
            needed = []
    return [sentence for there, sentence in needed if not there]
