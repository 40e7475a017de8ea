"""The inspection loop: carries events to the line machine and its actions to camera, workers and PLC.

Thin on purpose: what follows from what is decided in `station.core.line`. Must not know records, metrics or the page:
the reporter hears of everything and is never waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping

from drivers.camera.interface import Camera, CameraDown, CameraUp, Frame, FrameLost
from drivers.plc.facts import PartCounters
from drivers.plc.interface import PlcLink
from drivers.plc.messages import (
    CountersDiffer,
    ErrorCleared,
    HandshakeFault,
    PartTriggered,
    PassDropped,
    PlcBack,
    PlcConnected,
    PlcDisconnected,
    PlcSilent,
    RecipeRequested,
    ResultTaken,
)
from drivers.plc.registers import ResultBlock
from station.core.line import Line
from station.core.line_limits import LineLimits
from station.core.reasons import Reason
from station.core.standing import Standing
from station.core.transport import Transport
from station.core.values import (
    Action,
    Decision,
    Notice,
    PictureFacts,
    StopLine,
    Trigger,
)
from station.fault_codes import FaultCode
from station.hand_off import HandOff
from station.orders import FrameKeeper, Orders
from station.readiness import Readiness
from station.reports import Journal, Reporter
from station.sabotage import NO_SABOTAGE
from station.workers.active_pool import ActivePool
from station.workers.events import WorkerDown, WorkerUp
from station.workers.messages import JobFailed

_TICK_S = 0.01
_ALIVE_EVERY_NS = 100_000_000


def _nobody(message: object) -> None:
    del message


class Inspection:
    """One line's loop over started cameras (by name), link and pool."""

    def __init__(
        self,
        line: Line,
        cameras: Mapping[str, Camera],
        plc: PlcLink,
        pool: ActivePool,
        reporter: Reporter,
        *,
        journal: Journal,
        standing: Standing,
        block_of: Callable[[Decision], ResultBlock],
        simulated_allowed: bool,
        keeper: FrameKeeper | None = None,
    ) -> None:
        self._line, self._cameras, self._plc, self._pool, self._reporter = line, dict(cameras), plc, pool, reporter
        self._hand_off = HandOff(line, plc, reporter, journal, standing, block_of)
        self._standing, self._simulated_allowed = standing, simulated_allowed
        self._orders = Orders(self._cameras, plc, pool, reporter, self._hand_off, keeper)
        self.readiness = Readiness(self._cameras, line, pool, standing)
        self.sabotage = NO_SABOTAGE
        self.on_recipe: Callable[[RecipeRequested], None] = _nobody
        """Who answers the PLC when it asks for a recipe."""
        # Not more than the rings have slots: a picture whose answer is held keeps its own.
        self._held_answers: deque[PictureFacts] = deque()
        self._missed = 0
        self._alive: Callable[[str], None] = _nobody
        self._told_ns = 0

    async def run(self, alive: Callable[[str], None]) -> None:
        """Until cancelled; `alive` is told when the loop has progressed, at most ten times a second."""
        self._alive = alive
        async with asyncio.TaskGroup() as tasks:
            for name in self._cameras:
                tasks.create_task(self._follow_camera(name), name=f"events of camera {name}")
            tasks.create_task(self._follow_plc(), name="PLC events")
            tasks.create_task(self._follow_pool(), name="worker events")
            tasks.create_task(self._keep_time(), name="deadlines")

    @property
    def busy_with(self) -> str | None:
        """Why this is no instant between two parts, in words; None: no part, picture or result is under way."""
        if self._held_answers:
            return "the fail-safe test holds answers back"
        return self._line.busy_with or self._hand_off.busy_with

    def pause(self, *, on: bool) -> None:
        """TriggerReady goes down although a part would be taken, or comes back."""
        self.readiness.pausing = on
        self._tell_plc()

    def change_over(self, limits: LineLimits, transport: Transport | None) -> None:
        """Another recipe's limits from here on; ValueError unless `busy_with` is None. See `Line.change_over`."""
        self._carry_out(self._line.change_over(limits, transport))

    async def drain(self, limit_s: float) -> None:
        """Take no more parts; wait for those in flight, then force-reject what is left. Needs `run` beside it."""
        self.readiness.stopping = True
        self._tell_plc()
        until = time.monotonic() + limit_s
        while self._line.counts.in_flight and time.monotonic() < until:  # noqa: ASYNC110  # bounded, and only at the end
            await asyncio.sleep(_TICK_S)
        self._carry_out(self._line.reject_all(Reason.STOPPING, time.monotonic_ns()))

    async def _follow_camera(self, name: str) -> None:
        camera = self._cameras[name]
        while True:
            event = await camera.next_event()
            now_ns = time.monotonic_ns()
            match event:
                case Frame() if self.sabotage.hide_frames:
                    camera.release(event)
                case Frame():
                    self._carry_out(self._line.frame(name, event, now_ns))
                case FrameLost():
                    self._carry_out(self._line.frame_lost(name, event, now_ns))
                case CameraUp(identity):
                    self.readiness.camera(name, up=True)
                    if identity.simulated:
                        self._plc.set_state(simulated=True)
                        self._standing.refused = (
                            None if self._simulated_allowed else "a simulated camera beside a real PLC"
                        )
                case CameraDown():
                    self.readiness.camera(name, up=False)
                    self._carry_out(self._line.camera_down(name, now_ns))
                case _:  # counts, and frames that were held too long: only to be told
                    pass
            self._reporter.camera(name, event)
            self._progressed()

    async def _follow_plc(self) -> None:
        while True:
            event = await self._plc.next_event()
            now_ns = time.monotonic_ns()
            match event:
                case PartTriggered(part_seq, encoder_count, at_ns, missed):
                    self._missed += missed
                    self._reporter.device(event)
                    self._look_at_line(now_ns)
                    # What came with the trigger may just have stopped the line: this part is rejected with the rest.
                    stands = self._standing.halted is not None or self._standing.air_low
                    trigger = Trigger(part_seq, encoder_count, at_ns, missed or stands)
                    self._carry_out(self._line.trigger(trigger, now_ns))
                case PlcSilent():
                    self.readiness.plc_alive = False
                    self._reporter.device(event)
                    self._carry_out(self._line.reject_all(Reason.PLC_SILENT, now_ns))
                case PlcBack():
                    self.readiness.plc_alive = True
                    self._reporter.device(event)
                case ErrorCleared():
                    self._standing.clear()
                    self._reporter.device(event)
                case ResultTaken(part_seq):
                    self._hand_off.taken(part_seq)
                    self._reporter.device(event)
                case CountersDiffer():
                    self._reporter.device(event)
                    self._carry_out(self._line.reject_all(Reason.COUNTERS, now_ns))
                    self._hand_off.stop(StopLine("the PLC and the station count differently", "counters differ"))
                case PassDropped(part_seqs):
                    self._hand_off.dropped(part_seqs)
                case RecipeRequested():
                    self._reporter.device(event)
                    self.on_recipe(event)
                case PlcConnected() | PlcDisconnected() | HandshakeFault():
                    self._reporter.device(event)
            self._progressed()

    async def _follow_pool(self) -> None:
        while True:
            event = await self._pool.next_event()
            now_ns = time.monotonic_ns()
            match event:
                case PictureFacts() if self.sabotage.hold_answers:
                    self._held_answers.append(event)
                case PictureFacts():
                    self._carry_out(self._line.inspected(event, now_ns))
                case JobFailed(part_uid, view, sentence):
                    self._reporter.notice(Notice("classifier failed", sentence))
                    self._carry_out(self._line.classifier_failed(part_uid, view, now_ns))
                case WorkerDown() | WorkerUp():
                    self._reporter.device(event)
            self._progressed()

    async def _keep_time(self) -> None:
        due_ns = time.monotonic_ns()
        while True:
            await asyncio.sleep(_TICK_S)
            now_ns = time.monotonic_ns()
            self._reporter.ticked(now_ns, max(0, now_ns - due_ns - int(_TICK_S * 1e9)))
            due_ns = now_ns
            self._look_at_line(now_ns)
            self._carry_out(self._line.tick(now_ns))
            while self._held_answers and not self.sabotage.hold_answers:
                self._carry_out(self._line.inspected(self._held_answers.popleft(), now_ns))
            for stuck in self._pool.kill_stuck(now_ns):
                self._reporter.device(stuck)
            oldest_ns = self._line.oldest_deadline_ns()
            if oldest_ns is None or oldest_ns > now_ns:
                self._progressed()

    def _look_at_line(self, now_ns: int) -> None:
        """Encoder, air, bin and the sensors that see where parts went."""
        signals = self._plc.signals()
        self._carry_out(self._line.signals(signals, now_ns))
        change = self._standing.signals(signals)
        if change.air_low:
            self._carry_out(self._line.reject_all(Reason.LINE_STOPPED, now_ns))
        for code, begins in ((FaultCode.AIR_LOW, change.air_low), (FaultCode.BIN_FULL, change.bin_full)):
            if begins is not None:
                self._reporter.line_condition(code, begins=begins)

    def _progressed(self) -> None:
        """Something was done, or nothing was waiting to be done: only then does the heartbeat go on (promise P7)."""
        if not self.sabotage.mute_heartbeat:
            self._plc.beat()
        self._tell_plc()
        now_ns = time.monotonic_ns()
        if now_ns - self._told_ns >= _ALIVE_EVERY_NS:
            self._told_ns = now_ns
            self._alive("WATCHDOG=1")

    def _tell_plc(self) -> None:
        counts = self._line.counts
        self._plc.set_state(
            ready=self.readiness.ready,
            pausing=self.readiness.pausing and self.readiness.takes,
            state=self.readiness.state,
            forcing_rejects=self.readiness.forcing_rejects,
            counters=PartCounters(
                triggers=counts.triggers,
                passed=counts.passed,
                rejected=counts.rejected,
                forced=counts.forced,
                missed=self._missed,
                in_flight=counts.in_flight,
            ),
        )

    def _carry_out(self, actions: list[Action]) -> None:
        self._orders.carry_out(actions)
        if self._standing.halted is not None and self._line.counts.in_flight:
            self._carry_out(self._line.reject_all(Reason.LINE_STOPPED, time.monotonic_ns()))
