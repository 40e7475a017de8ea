"""The station in virtual time: its own line machine, hand-off, handshake, readiness and ledger file, thinly joined.

What is real: `Line` with `Transport`, `Standing`, `HandOff`, `LinkCore` over `StationHandshake`, `Readiness`,
`result_block`, `LedgerFile`. What is mirrored here, because there it is asyncio: `Inspection._follow_camera`,
`_follow_plc`, `_follow_pool`, `_keep_time`, `_look_at_line`, `_progressed`, `_tell_plc`, `_carry_out`;
`app._written_to`; and of the link's tasks `LinkCore._tick`. Watches for the truth, never helps the product.
"""

from __future__ import annotations

from pathlib import Path

from drivers.camera.interface import Frame, FrameLost
from drivers.plc.facts import PartCounters
from drivers.plc.messages import (
    CountersDiffer,
    ErrorCleared,
    PartTriggered,
    PlcBack,
    PlcSilent,
    ResultTaken,
)
from station.core.alarms import AlarmLimits
from station.core.ledger import LedgerCounts, LedgerError
from station.core.line import Line
from station.core.reasons import Reason
from station.core.standing import Standing
from station.core.transport import Transport
from station.core.values import (
    Action,
    Classify,
    Decision,
    ExposureComplete,
    FireCamera,
    LateVerdict,
    Notice,
    PictureFacts,
    RecoverCamera,
    Release,
    StopLine,
    Trigger,
    Withdraw,
)
from station.hand_off import HandOff
from station.readiness import Readiness
from station.result_block import result_block
from tests.soak.plant import BELT, CAMERA, LINE, MS, ROUTE
from tests.soak.truth import SoakFaultError
from tests.soak.watched import Around, Fate, Listening, SoakLink, WatchedLedger

LINK_TICK_NS = 20 * MS
TICK_NS = 10 * MS
_IMBALANCE = "the part ledger does not balance"
_CLASS_NUMBERS = ((0, 1),)


class VirtualReadiness(Readiness):
    """The same, by virtual time."""

    def __init__(self, line: Line, around: Around, standing: Standing) -> None:
        super().__init__([CAMERA], line, around, standing)  # type: ignore[arg-type]
        self._now = around.now

    @property
    def waits_for(self) -> str | None:
        if self._standing.waits_for is None and not self._line.followed(self._now()):
            return "the encoder is not read"
        return self._standing.waits_for


class Station:
    """One life of the station, from start to kill."""

    def __init__(self, path: Path, around: Around, first_uid: int) -> None:
        self._around, self._truth = around, around.truth
        self.fate = Fate()
        self.ledger = WatchedLedger(path, around, self.fate)
        recovered = self.ledger.recovered
        try:
            self._truth.recovered(recovered.in_flight, self.ledger.counts)
        except SoakFaultError:
            self.ledger.close()
            raise
        sums = recovered.sums
        earlier = LedgerCounts(sums.triggers, sums.passed, sums.rejected, sums.forced, 0)
        self.standing = Standing(AlarmLimits(), stop_on_alarm=False)
        self.line = Line(LINE, first_uid, transport=Transport(BELT, ROUTE), earlier=earlier)
        if around.bugs.pass_after_deadline:
            self.line._book.late = lambda part, now_ns: False  # type: ignore[method-assign]
        self.link = SoakLink(around, self.fate, self._announced)
        self._reporter = Listening(around, self.standing)
        self._hand_off = HandOff(
            self.line, self.link, self._reporter, self.ledger, self.standing,  # type: ignore[arg-type]
            lambda decision: result_block(decision, _CLASS_NUMBERS, ROUTE.gate_counts),
        )  # fmt: skip
        self.ledger.recovery_noted()
        self.readiness = VirtualReadiness(self.line, around, self.standing)
        self._missed = 0
        self._told = False
        self.link.set_state(online=True, recipe_id=1)

    @property
    def now_ns(self) -> int:
        return self._around.now()

    def camera_up(self) -> None:
        self.readiness.camera(CAMERA, up=True)
        self._progressed()

    def camera_down(self, now_ns: int) -> None:
        self.readiness.camera(CAMERA, up=False)
        self._carry_out(self.line.camera_down(CAMERA, now_ns))
        self._progressed()

    def frame(self, frame: Frame | FrameLost, now_ns: int) -> None:
        if isinstance(frame, Frame):
            self._carry_out(self.line.frame(CAMERA, frame, now_ns))
        else:
            self._carry_out(self.line.frame_lost(CAMERA, frame, now_ns))
        self._progressed()

    def inspected(self, facts: PictureFacts, now_ns: int) -> None:
        self._carry_out(self.line.inspected(facts, now_ns))
        self._progressed()

    def job_failed(self, part_uid: int, view: int, now_ns: int) -> None:
        self._reporter.notice(Notice("classifier failed", ""))
        self._carry_out(self.line.classifier_failed(part_uid, view, now_ns))
        self._progressed()

    def follow_plc(self, now_ns: int) -> None:
        """The events that wait."""
        for event in self.link.next_events():
            self.fate.step()
            self._plc_event(event, now_ns)

    def _plc_event(self, event: object, now_ns: int) -> None:
        match event:
            case PartTriggered(part_seq, encoder_count, at_ns, missed):
                self._missed += missed
                self._look_at_line(now_ns)
                stands = self.standing.halted is not None or self.standing.air_low
                self._carry_out(self.line.trigger(Trigger(part_seq, encoder_count, at_ns, missed or stands), now_ns))
            case PlcSilent():
                self.readiness.plc_alive = False
                self._reporter.device(event)
                self._carry_out(self.line.reject_all(Reason.PLC_SILENT, now_ns))
            case PlcBack():
                self.readiness.plc_alive = True
                self._reporter.device(event)
            case ErrorCleared():
                self.standing.clear()
                self._reporter.device(event)
            case ResultTaken(part_seq):
                self._hand_off.taken(part_seq)
            case CountersDiffer():
                self._reporter.device(event)
                self._carry_out(self.line.reject_all(Reason.COUNTERS, now_ns))
                self._hand_off.stop(StopLine("the PLC and the station count differently", "counters differ"))
            case _:
                self._reporter.device(event)
        self._progressed()

    def tick(self, now_ns: int) -> None:
        """One turn of `Inspection._keep_time`."""
        self._look_at_line(now_ns)
        self._carry_out(self.line.tick(now_ns))
        oldest_ns = self.line.oldest_deadline_ns()
        if oldest_ns is None or oldest_ns > now_ns:
            self._progressed()

    def _announced(self, part: PartTriggered) -> None:
        self.fate.step()
        self._truth.hears(part.part_seq, part.encoder_count)
        try:
            self.ledger.triggered(part.part_seq)
        except LedgerError:
            self.standing.stop("the part ledger does not balance")

    def _look_at_line(self, now_ns: int) -> None:
        signals = self.link.signals()
        self._carry_out(self.line.signals(signals, now_ns))
        change = self.standing.signals(signals)
        if change.air_low:
            self._carry_out(self.line.reject_all(Reason.LINE_STOPPED, now_ns))
        self._reporter.line_condition("air low", begins=bool(change.air_low))
        self._reporter.line_condition("bin full", begins=bool(change.bin_full))

    def _progressed(self) -> None:
        self.link.beat()
        self._told = False

    def tell_plc(self) -> None:
        """`Inspection._tell_plc`, put off until somebody can see it: the network calls it before a write or a read."""
        if self._told:
            return
        self._told = True
        readiness, counts = self.readiness, self.line.counts
        self.link.set_state(
            ready=readiness.ready,
            state=readiness.state,
            forcing_rejects=readiness.forcing_rejects,
            counters=PartCounters(
                counts.triggers, counts.passed, counts.rejected, counts.forced, self._missed, counts.in_flight
            ),
        )

    def _carry_out(self, actions: list[Action]) -> None:
        decided = False
        for action in actions:
            match action:
                case Classify(part_uid, view, frame):
                    self._around.submit(part_uid, view, frame.slot)
                    if self._around.bugs.slots_released_early:
                        self._around.release(frame.slot)
                case Release(_, frame):
                    self._around.release(frame.slot)
                case ExposureComplete(part_seq):
                    self.link.exposure_complete(part_seq)
                case Decision():
                    self._hand_off.decided(action)
                    self._truth.sums(self.ledger.counts)
                    decided = True
                case Withdraw():
                    self._hand_off.withdraw(action)
                case StopLine():
                    self._hand_off.stop(action)
                case LateVerdict():
                    self._reporter.late(action)
                case Notice():
                    self._reporter.notice(action)
                case FireCamera() | RecoverCamera():
                    pass
        if decided:
            self._hand_off.check_sums()
        if self.standing.halted == _IMBALANCE:
            self._truth.fail(f"the station says: {_IMBALANCE}: {self.line.counts}, {self.ledger.counts}")
        if self.standing.halted is not None and self.line.counts.in_flight:
            self._carry_out(self.line.reject_all(Reason.LINE_STOPPED, self.now_ns))
