"""Follows one step from the word "ready" to its end: which part is meant, what is broken meanwhile, what comes next.

Pure: events and times in, phase and sabotage out. Must not know registers, sockets or the other steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from drivers.plc.messages import ErrorCleared, PartTriggered, PlcBack, PlcSilent
from station.core.values import (
    Decision,
    LateVerdict,
    Notice,
    PartLeft,
)
from station.failsafe.seen import NOT_CONFIRMED, Seen, judged
from station.failsafe.step import Step, StepKind, StepVerdict, Where
from station.reports import DeviceEvent
from station.sabotage import NO_SABOTAGE, Sabotage

_MS = 1_000_000
_NOTICED_MS = 350
"""A PLC knows after three heartbeats of 100 ms and a scan that the station is silent; only then the answer may come."""
_HELD_AT_MOST_MS = 600
_MUTE_AT_MOST_MS = 5_000
_SETTLE_NS = 200 * _MS
"""After the error was cleared: for so long a second stop would still belong to the step."""

News = Decision | LateVerdict | PartLeft | Notice | DeviceEvent
LabelOf = Callable[[Decision], str | None]


class Phase(StrEnum):
    """What a step waits for."""

    PART = "part"
    VERDICT = "verdict"
    SILENCE = "silence"
    BACK = "back"
    WAY = "way"
    WHERE = "where"
    CLEAR = "clear"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each phase may last, in milliseconds: a person needs minutes, a machine seconds."""

    person_ms: int
    machine_ms: int

    def of(self, phase: Phase) -> int:
        """The limit of a phase."""
        by_person = phase in (Phase.PART, Phase.SILENCE, Phase.BACK, Phase.WHERE, Phase.CLEAR)
        return self.person_ms if by_person else self.machine_ms


@dataclass(frozen=True, slots=True)
class LineView:
    """The line at an instant. `waits`: why it takes no part now, None when it does."""

    waits: str | None = None
    halted: str | None = None
    in_flight: int = 0


class StepWatch:
    """One step, armed at `now_ns`. `confirms`: a sensor says where parts go; `witness`: who looks is asked, too."""

    def __init__(
        self, step: Step, patience: Patience, now_ns: int, *,
        confirms: bool, witness: bool, deadline_ms: float, label_of: LabelOf,
    ) -> None:  # fmt: skip
        self.step, self.seen = step, Seen()
        self.began_ns, self.ended_ns = now_ns, None
        self._patience, self._confirms, self._witness, self._label_of = patience, confirms, witness, label_of
        self._held_ns = round(min(_HELD_AT_MOST_MS, max(_NOTICED_MS, deadline_ms / 2)) * _MS)
        self._way_given_up = False
        self._cleared_ns: int | None = None
        self._phase, self._phase_ns = Phase.PART, now_ns
        self.verdict: tuple[StepVerdict, str] | None = None

    @property
    def phase(self) -> Phase:
        """What the step waits for now."""
        return Phase.OVER if self.verdict is not None else self._phase

    def sabotage(self, now_ns: int) -> Sabotage:
        """What is to be broken at this moment."""
        seen, decided = self.seen, self.seen.reason is not None
        if self.verdict is not None:
            return NO_SABOTAGE
        match self.step.kind:
            case StepKind.NO_IMAGE:
                return Sabotage(hide_frames=not decided)
            case StepKind.LATE | StepKind.PLC_SILENT:
                return Sabotage(hold_answers=not decided)
            case StepKind.STATION_SILENT if seen.triggered_ns is None:
                return Sabotage(hold_answers=True)
            case StepKind.STATION_SILENT:
                since_ns = now_ns - (seen.triggered_ns or now_ns)
                mute = since_ns < _MUTE_AT_MOST_MS * _MS and not (decided and seen.left and since_ns > self._held_ns)
                return Sabotage(hold_answers=since_ns < self._held_ns, mute_heartbeat=mute)
            case _:
                return NO_SABOTAGE

    def heard(self, news: News, now_ns: int) -> None:
        """Something happened on the line."""
        if self.verdict is not None:
            return
        seen = self.seen
        match news:
            case PartTriggered(part_seq):
                self._triggered(part_seq, now_ns)
            case Decision() if news.part.trigger.at_ns >= self.began_ns:
                self._decided(news, now_ns)
            case LateVerdict() if news.part.uid == seen.part_uid:
                seen.late_verdict = True
                self._note(now_ns, f"the late verdict ({news.would_be.text}) is recorded, not applied")
            case PartLeft() if news.part_uid == seen.part_uid:
                self._left(news, now_ns)
            case PlcSilent(for_ms):
                seen.plc_silent = True
                self._note(now_ns, f"the PLC's heartbeat has stood for {for_ms} ms")
            case PlcBack() if seen.plc_silent:
                seen.plc_back = True
                self._note(now_ns, "the PLC is back")
            case ErrorCleared() if seen.not_confirmed:
                self._cleared_ns = now_ns
                self._note(now_ns, "the error was cleared")
            case Notice():
                seen.not_confirmed |= news.kind == NOT_CONFIRMED and news.part_seqs == (seen.part_seq,)
                self._note(now_ns, f"{news.kind}: {news.detail}")
            case _:
                return
        self._go_on(now_ns)

    def answer(self, where: Where, now_ns: int) -> None:
        """Who looks says where the part went."""
        self.seen.person = where
        self._note(now_ns, f"who looks says: {where.value}")
        self._go_on(now_ns)

    def tick(self, now_ns: int, line: LineView) -> None:
        """Time has passed; `line` is how it stands now."""
        seen = self.seen
        if self.verdict is not None:
            return
        seen.stood_while_silent |= seen.plc_silent and not seen.plc_back and line.waits is not None
        if seen.not_confirmed and self._cleared_ns is None:
            seen.went_on |= seen.stood and line.halted is None
            seen.stood |= line.halted is not None
        if self._cleared_ns is not None and not seen.cleared and now_ns - self._cleared_ns >= _SETTLE_NS:
            if line.halted is None:
                seen.cleared = True
            else:
                self._cleared_ns = None  # something else holds the line: it is to be cleared as well
        self._go_on(now_ns)
        if self.verdict is None and now_ns - self._phase_ns >= self._patience.of(self._phase) * _MS:
            self._out_of_time(now_ns)

    def end(self, verdict: StepVerdict, why: str, now_ns: int) -> None:
        """The step ends here, whatever it waits for."""
        self.verdict, self.ended_ns = (verdict, why), now_ns

    def _triggered(self, part_seq: int, now_ns: int) -> None:
        seen = self.seen
        if seen.part_seq is None:
            seen.part_seq, seen.triggered_ns = part_seq, now_ns
            self._note(now_ns, f"part {part_seq} is triggered")
        else:
            seen.more_parts.append(part_seq)

    def _decided(self, decision: Decision, now_ns: int) -> None:
        seen, part = self.seen, decision.part
        if seen.part_seq is None:  # its announcement was not heard
            self._triggered(part.trigger.part_seq, now_ns)
        if part.trigger.part_seq != seen.part_seq or seen.reason is not None:
            return
        seen.part_uid, seen.reason, seen.label = part.uid, decision.reason, self._label_of(decision)
        seen.decided_ns = now_ns
        self._note(now_ns, f"the station says {seen.said}")

    def _left(self, part: PartLeft, now_ns: int) -> None:
        self.seen.left = True
        if part.fell is not None:
            self.seen.sensor = Where.CHUTE if part.fell else Where.GOOD
            self._note(now_ns, "the chute's sensor saw it" if part.fell else "the chute's sensor did not see it")

    def _go_on(self, now_ns: int) -> None:
        phase = self._next()
        if phase is not self._phase:
            self._phase, self._phase_ns = phase, now_ns
        if phase is Phase.OVER:
            self.end(*judged(self.step, self.seen), now_ns)

    def _next(self) -> Phase:
        """The first thing that is still missing, in the order in which a line brings them."""
        seen, kind = self.seen, self.step.kind
        if seen.part_seq is None:
            return Phase.PART
        if seen.reason is None or (kind is StepKind.LATE and not seen.late_verdict):
            return Phase.VERDICT
        if kind is StepKind.PLC_SILENT and not seen.plc_back:
            return Phase.BACK if seen.plc_silent else Phase.SILENCE
        if self._confirms and not seen.left and not self._way_given_up:
            return Phase.WAY
        if kind is StepKind.WITHHELD:
            return Phase.CLEAR if seen.not_confirmed and not seen.cleared else Phase.OVER
        if seen.person is None and (self._witness or seen.sensor is None):
            return Phase.WHERE
        return Phase.OVER

    def _out_of_time(self, now_ns: int) -> None:
        limit_s = self._patience.of(self._phase) // 1000
        match self._phase:
            case Phase.PART:
                self.end(StepVerdict.NOT_DONE, f"No part came within {limit_s} s.", now_ns)
            case Phase.WHERE:
                self.end(StepVerdict.NOT_DONE, f"Nobody said within {limit_s} s where the part went.", now_ns)
            case Phase.WAY:
                self._way_given_up = True
                self._note(now_ns, f"the part was not followed to its end within {limit_s} s")
                self._go_on(now_ns)
            case _:
                _, why = judged(self.step, self.seen)
                self.end(StepVerdict.FAILED, f"{why} It was waited {limit_s} s for it.".lstrip(), now_ns)

    def _note(self, now_ns: int, words: str) -> None:
        self.seen.timeline.append((now_ns, words))
