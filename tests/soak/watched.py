"""What the soak puts around the station's own parts to watch them, and to kill them between two steps.

Each does what the product's own does, and nothing else, unless a bug is planted or the kill has come.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Protocol

from drivers.plc.facts import WireCounters
from drivers.plc.link_core import LinkCore
from drivers.plc.messages import HandshakeFault
from drivers.plc.registers import ControlBlock, ResultBlock, StatusBlock
from station.core.alarms import RejectAlarm
from station.core.reasons import Outcome
from station.core.standing import Standing
from station.core.values import (
    Decision,
    LateVerdict,
    Notice,
)
from station.ledger import LedgerFile
from tests.soak.plant import PLC, Bugs
from tests.soak.truth import Truth


class Killed(BaseException):  # no error: what `kill -9` does
    """The process is gone in the middle of what it did."""


class Around(Protocol):
    """What the station reaches outside itself: clock, belt's truth, camera and workers."""

    truth: Truth
    bugs: Bugs
    random: Random

    def now(self) -> int: ...
    def furthest(self) -> float: ...
    def submit(self, part_uid: int, view: int, slot: int) -> None: ...
    def release(self, slot: int) -> None: ...
    @property
    def alive(self) -> int: ...


class Fate:
    """Counts down the small steps until a kill comes between two of them."""

    def __init__(self) -> None:
        self.steps: int | None = None

    def step(self) -> None:
        """One more step; raises Killed if it was the last."""
        if self.due():
            raise Killed

    def due(self) -> bool:
        """Whether the kill falls into the step that begins."""
        if self.steps is None:
            return False
        self.steps -= 1
        return self.steps < 0


class WatchedLedger(LedgerFile):
    """The ledger file; the truth hears of what it is told, and a kill may tear its write."""

    def __init__(self, path: Path, around: Around, fate: Fate) -> None:
        self._around, self._fate = around, fate
        super().__init__(path, entries=64, pwrite=self._torn, fdatasync=_nothing)

    def _torn(self, descriptor: int, data: bytes, offset: int) -> int:
        if self._fate.due():
            os.pwrite(descriptor, data[: self._around.random.randrange(len(data) + 1)], offset)
            raise Killed
        return os.pwrite(descriptor, data, offset)

    def triggered(self, part_seq: int) -> None:
        if self._around.bugs.ledger_forgets_triggers and self._around.random.random() < 0.002:
            self._around.truth.intends("triggered", part_seq)
            self._around.truth.wrote()
            return
        self._around.truth.intends("triggered", part_seq)
        super().triggered(part_seq)
        self._around.truth.wrote()

    def decided(self, part_seq: int, outcome: Outcome) -> None:
        if not hasattr(self, "recovered"):  # closing what a former run left: the truth hears of it afterwards
            if not self._around.bugs.restart_forgets_parts:
                super().decided(part_seq, outcome)
            return
        self._around.truth.intends("decided", part_seq, outcome)
        if not (self._around.bugs.ledger_forgets_decisions and self._around.random.random() < 0.002):
            super().decided(part_seq, outcome)
        self._around.truth.wrote()

    def withdrawn(self, part_seq: int) -> None:
        self._around.truth.intends("withdrawn", part_seq, Outcome.FORCED)
        super().withdrawn(part_seq)
        self._around.truth.wrote()

    def taken(self, part_seq: int) -> bool:
        self._around.truth.taken(part_seq)
        return super().taken(part_seq)


class SoakLink(LinkCore):
    """The PLC link without a wire: the network calls `came`, `wrote`, `gone` and reads `read`."""

    def __init__(self, around: Around, fate: Fate, on_trigger: object) -> None:
        super().__init__(PLC, around.now, on_trigger)  # type: ignore[arg-type]
        self._around, self._fate = around, fate
        self._last_verdict: int | None = None
        self.silent = False
        """The PLC's heartbeat stood still: another link may write now."""
        if around.bugs.counters_not_compared:
            self._handshake._compare.step = lambda *_, **__: None  # type: ignore[method-assign]

    @property
    def wire_counters(self) -> WireCounters:
        return WireCounters()

    def _show(self) -> None:
        """Worked out when it is read: nobody can see it earlier."""

    def _show_status(self, status: StatusBlock) -> None:
        raise AssertionError("nothing is shown here: `_show` does nothing")

    def _plc_silent(self) -> None:
        self.silent = True

    def came(self) -> None:
        self.silent = False
        self._plc_came("plc")

    def wrote(self, block: ControlBlock) -> None:
        self._follow(block)

    def gone(self) -> None:
        self._plc_gone()

    def read(self) -> StatusBlock:
        return self._handshake.status()

    def tick(self) -> None:
        self._handshake.tick(self._clock_ns())
        self._after_input()

    def next_events(self) -> list[object]:
        return list(iter(self._events.pop, None))

    def publish(self, result: ResultBlock, at_ns: int) -> bool:
        self._fate.step()
        if self._around.bugs.verdicts_one_off:
            last, self._last_verdict = self._last_verdict, result.verdict
            result = result if last is None else result.resealed(last)  # type: ignore[arg-type]
        done = super().publish(result, at_ns)
        self._fate.step()
        return done

    def withdraw(self, part_seq: int, at_ns: int) -> bool:
        self._fate.step()
        done = super().withdraw(part_seq, at_ns)
        self._fate.step()
        return done


class Listening:
    """The reporter: the truth hears of decisions, the tally of what was said."""

    def __init__(self, around: Around, standing: Standing) -> None:
        self._around, self._standing = around, standing
        self._said = around.truth.tally.seen

    def decided(self, decision: Decision, handed_off_ns: int, *, delivered: bool) -> None:
        del handed_off_ns
        truth, part = self._around.truth, decision.part
        self._said["results not delivered"] += not delivered
        trigger, facts = part.trigger, decision.facts
        true = truth.part_of(trigger.part_seq, trigger.encoder_count)
        if decision.outcome is Outcome.PASSED and self._standing.halted is not None:
            truth.fail(f"a PASS was given while the line stands ({self._standing.halted})", true)
        truth.decided(
            true, decision.outcome, decision.reason.text,
            None if facts is None else facts.stamp, decision.decided_ns, part.deadline_ns, self._around.furthest(),
        )  # fmt: skip

    def late(self, late: LateVerdict) -> None:
        self._said["late verdicts, not applied"] += 1

    def notice(self, notice: Notice) -> None:
        self._said[f"notice: {notice.kind}"] += 1

    def alarm(self, alarm: RejectAlarm, *, stands: bool) -> None:
        self._said["alarm"] += 1

    def stands(self, code: object, reason: str) -> None:
        del code, reason

    def line_condition(self, code: object, *, begins: bool) -> None:
        self._said[f"{code} begins"] += begins

    def device(self, event: object) -> None:
        kind = event.code if isinstance(event, HandshakeFault) else type(event).__name__
        self._said[f"event: {kind}"] += 1

    def camera(self, name: str, event: object) -> None:
        pass

    def ticked(self, now_ns: int, late_ns: int) -> None:
        pass


def _nothing(descriptor: int) -> None:
    del descriptor
