"""A line for the fail-safe test's tests: it says what the test wants to hear, and keeps what the test does to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from drivers.plc.messages import PartTriggered, PlcSilent
from station.core.reasons import Reason
from station.core.values import (
    Decision,
    LateVerdict,
    Notice,
    OpenPart,
    PartLeft,
    PictureFacts,
    Trigger,
)
from station.failsafe.document import Identity
from station.failsafe.plan import LineFacts, plan_for
from station.failsafe.watch import LineView, News
from station.sabotage import NO_SABOTAGE, Sabotage

LABELS = ("defect-free", "spot", "hole")
IDENTITY = Identity("rig", "1.0", "1 tiny", "ab" * 32, "cd" * 32, "run")
FACTS = LineFacts(LABELS, 1500, 600, confirms=True)
PLAN = plan_for(FACTS)


def facts(uid: int, class_index: int = 0) -> PictureFacts:
    return PictureFacts(
        part_uid=uid, problem=None, defective=class_index > 0, class_index=class_index, score=0.9, patch_index=None,
        started_ns=0, finished_ns=0,
    )  # fmt: skip


def a_part(part_seq: int, at_ns: int) -> OpenPart:
    return OpenPart(1000 + part_seq, Trigger(part_seq, None, at_ns), at_ns + 10**9, at_ns + 10**9)


def triggered(part_seq: int, at_ns: int) -> PartTriggered:
    return PartTriggered(part_seq, None, at_ns, missed=False)


def decision(part_seq: int, at_ns: int, reason: Reason = Reason.DEFECT_FREE, label: str | None = None) -> Decision:
    class_index = 0 if label is None else LABELS.index(label)
    return Decision(a_part(part_seq, at_ns), reason, at_ns, facts(1000 + part_seq, class_index))


def label_of(decided: Decision) -> str | None:
    if decided.reason is not Reason.DEFECT or decided.facts is None:
        return None
    return LABELS[decided.facts.class_index]


def late(part_seq: int, at_ns: int) -> LateVerdict:
    return LateVerdict(a_part(part_seq, at_ns), facts(1000 + part_seq), Reason.DEFECT_FREE)


def left(part_seq: int, *, fell: bool | None, passed: bool = False) -> PartLeft:
    return PartLeft(1000 + part_seq, part_seq, passed, fell)


def not_confirmed(part_seq: int) -> Notice:
    return Notice("reject not confirmed", f"part {part_seq} was rejected, but nobody saw it", part_seqs=(part_seq,))


class FakeLine:
    """A `LineSide` whose parts the test plays; `broken` is what is broken now, `marks` what was written down."""

    def __init__(self) -> None:
        self.standing = LineView()
        self.broken = NO_SABOTAGE
        self.broke: list[Sabotage] = []
        self.marks: list[tuple[int | None, str]] = []
        self.failed: list[tuple[str, str]] = []
        self._listener: Callable[[News], None] | None = None

    @property
    def heard_by_somebody(self) -> bool:
        return self._listener is not None

    def view(self) -> LineView:
        return self.standing

    def simulated(self) -> list[str]:
        return ["camera"]

    def break_(self, sabotage: Sabotage) -> None:
        if sabotage != self.broken:
            self.broke.append(sabotage)
        self.broken = sabotage

    def listen(self, listener: Callable[[News], None] | None) -> None:
        self._listener = listener

    def mark(self, part_seq: int | None, detail: str, part_uid: int | None = None) -> None:
        del part_uid
        self.marks.append((part_seq, detail))

    def fail(self, step: str, reason: str) -> None:
        self.failed.append((step, reason))
        self.standing = replace(self.standing, halted="the fail-safe test failed", waits="the line stands")

    def label_of(self, decided: Decision) -> str | None:
        return label_of(decided)

    def tell(self, *news: News) -> None:
        assert self._listener is not None
        for one in news:
            self._listener(one)

    def passes(self, part_seq: int, *, fell: bool | None = None) -> None:
        now_ns = time.monotonic_ns()
        self.tell(triggered(part_seq, now_ns), decision(part_seq, now_ns), left(part_seq, fell=fell, passed=True))


def story(step_key: str, part_seq: int, at_ns: int) -> list[News]:
    """What a line that works says during a step of `PLAN`, up to the end of the part's way."""
    went: dict[str, Any] = {"fell": True}
    match step_key:
        case "good":
            return [decision(part_seq, at_ns), left(part_seq, fell=False, passed=True)]
        case "defect-spot" | "defect-hole":
            told: list[News] = [decision(part_seq, at_ns, Reason.DEFECT, step_key.removeprefix("defect-"))]
        case "no-image":
            told = [decision(part_seq, at_ns, Reason.NO_FRAME)]
        case "late-verdict":
            told = [decision(part_seq, at_ns, Reason.DEADLINE), late(part_seq, at_ns)]
        case "silent-plc":
            told = [PlcSilent(600), decision(part_seq, at_ns, Reason.PLC_SILENT)]
        case "silent-station":
            told = [decision(part_seq, at_ns)]
        case _:
            spot = decision(part_seq, at_ns, Reason.DEFECT, "spot")
            return [spot, not_confirmed(part_seq), left(part_seq, fell=False)]
    return [*told, left(part_seq, **went)]
