"""The inspection loop: carries events to the line machine and its actions to camera, workers and PLC.

Thin on purpose: what follows from what is decided in `station.core.line`. Must not know records, metrics or the page:
the reporter hears of everything and is never waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from drivers.camera.interface import Camera, CameraDown, CameraUp, Fire, Frame, FrameLost, Recover
from drivers.encoder.counts import wrapped
from drivers.plc.facts import PartCounters
from drivers.plc.interface import PlcLink
from drivers.plc.messages import (
    ErrorCleared,
    HandshakeFault,
    PartTriggered,
    PlcBack,
    PlcConnected,
    PlcDisconnected,
    PlcSilent,
    ResultTaken,
)
from drivers.plc.registers import NO_ENCODER, ResultBlock, State
from station.core.line import Line
from station.core.reasons import Reason
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
    Trigger,
)
from station.fault_codes import FaultCode
from station.reports import Reporter
from station.workers.events import WorkerDown, WorkerUp
from station.workers.messages import Job, JobFailed
from station.workers.pool import WorkerPool

_TICK_S = 0.01
_ALIVE_EVERY_NS = 100_000_000


def _nobody(message: str) -> None:
    del message


class Inspection:
    """One line's loop over started cameras (by name), link and pool.

    `class_number` gives the PLC's number of a defect class from view and class index.
    """

    def __init__(
        self,
        line: Line,
        cameras: Mapping[str, Camera],
        plc: PlcLink,
        pool: WorkerPool,
        reporter: Reporter,
        *,
        class_number: Callable[[int, int], int],
        gate_offset_counts: int,
        simulated_allowed: bool,
    ) -> None:
        self._line, self._cameras, self._plc, self._pool, self._reporter = line, dict(cameras), plc, pool, reporter
        self._class_number = class_number
        self._gate_offset_counts, self._simulated_allowed = gate_offset_counts, simulated_allowed
        self._up = dict.fromkeys(self._cameras, False)
        self._plc_alive = False
        self._missed = 0
        self._halted: str | None = None
        self._refused: str | None = None
        self._stopping = False
        self._alive: Callable[[str], None] = _nobody
        self._told_ns = 0

    @property
    def ready(self) -> bool:
        """Whether a part may be triggered now."""
        return (
            self.cameras_up
            and self._pool.alive > 0
            and self._plc_alive
            and self._line.can_take
            and self.halted is None
            and not self._stopping
        )

    @property
    def cameras_up(self) -> bool:
        """Whether every camera acquires."""
        return all(self._up.values())

    def camera_up(self, name: str) -> bool:
        """Whether this camera acquires."""
        return self._up[name]

    @property
    def halted(self) -> str | None:
        """Why the line stands; None when it does not. A refused device cannot be cleared, only exchanged."""
        return self._refused or self._halted

    async def run(self, alive: Callable[[str], None]) -> None:
        """Until cancelled; `alive` is told when the loop has progressed, at most ten times a second."""
        self._alive = alive
        async with asyncio.TaskGroup() as tasks:
            for name in self._cameras:
                tasks.create_task(self._follow_camera(name), name=f"events of camera {name}")
            tasks.create_task(self._follow_plc(), name="PLC events")
            tasks.create_task(self._follow_pool(), name="worker events")
            tasks.create_task(self._keep_time(), name="deadlines")

    async def drain(self, limit_s: float) -> None:
        """Take no more parts; wait for those in flight, then force-reject what is left. Needs `run` beside it."""
        self._stopping = True
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
                case Frame():
                    self._carry_out(self._line.frame(name, event, now_ns))
                case FrameLost():
                    self._carry_out(self._line.frame_lost(name, event, now_ns))
                case CameraUp(identity):
                    self._up[name] = True
                    if identity.simulated:
                        self._plc.set_state(simulated=True)
                        self._refused = None if self._simulated_allowed else "a simulated camera beside a real PLC"
                case CameraDown():
                    self._up[name] = False
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
                    trigger = Trigger(part_seq, encoder_count, at_ns, missed)
                    self._carry_out(self._line.trigger(trigger, now_ns))
                case PlcSilent():
                    self._plc_alive = False
                    self._reporter.device(event)
                    self._carry_out(self._line.reject_all(Reason.PLC_SILENT, now_ns))
                case PlcBack():
                    self._plc_alive = True
                    self._reporter.device(event)
                case ErrorCleared():
                    self._halted = None
                    self._reporter.device(event)
                case ResultTaken() | PlcConnected() | PlcDisconnected() | HandshakeFault():
                    self._reporter.device(event)
            self._progressed()

    async def _follow_pool(self) -> None:
        while True:
            event = await self._pool.next_event()
            now_ns = time.monotonic_ns()
            match event:
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
            self._carry_out(self._line.tick(now_ns))
            for stuck in self._pool.kill_stuck(now_ns):
                self._reporter.device(stuck)
            oldest_ns = self._line.oldest_deadline_ns()
            if oldest_ns is None or oldest_ns > now_ns:
                self._progressed()

    def _progressed(self) -> None:
        """Something was done, or nothing was waiting to be done: only then does the heartbeat go on (promise P7)."""
        self._plc.beat()
        self._tell_plc()
        now_ns = time.monotonic_ns()
        if now_ns - self._told_ns >= _ALIVE_EVERY_NS:
            self._told_ns = now_ns
            self._alive("WATCHDOG=1")

    def _tell_plc(self) -> None:
        counts = self._line.counts
        self._plc.set_state(
            ready=self.ready,
            state=self.state,
            forcing_rejects=self.halted is not None or not self.cameras_up or self._pool.alive == 0,
            counters=PartCounters(
                triggers=counts.triggers,
                passed=counts.passed,
                rejected=counts.rejected,
                forced=counts.forced,
                missed=self._missed,
                in_flight=counts.in_flight,
            ),
        )

    @property
    def state(self) -> State:
        """The station's state under its OPC 40100-1 name."""
        if self.halted is not None:
            return State.ERROR
        if not self._plc_alive:
            return State.HALTED
        if not self.cameras_up or self._pool.alive == 0 or self._stopping:
            return State.INITIALIZED
        return State.EXECUTING if self._line.counts.in_flight else State.READY

    def _carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Classify(part_uid, view, frame):
                    self._pool.submit(Job(part_uid, view, frame.slot))
                case Release(camera, frame):
                    self._cameras[camera].release(frame)
                case FireCamera(camera):
                    self._cameras[camera].order(Fire())
                case RecoverCamera(camera, reason):
                    self._cameras[camera].order(Recover(reason))
                case ExposureComplete(part_seq):
                    self._plc.exposure_complete(part_seq)
                case Decision():
                    self._hand_off(action)
                case LateVerdict():
                    self._reporter.late(action)
                case Notice():
                    self._reporter.notice(action)

    def _hand_off(self, decision: Decision) -> None:
        """To the PLC first; everything else may wait."""
        trigger, facts = decision.part.trigger, decision.facts
        count = trigger.encoder_count
        block = ResultBlock.sealed(
            part_seq=trigger.part_seq,
            verdict=decision.reason.code,
            defect_class=self._class_number(facts.view, facts.class_index) if facts else 0,
            score_1e4=round(facts.score * 1e4) if facts else 0,
            trigger_encoder=NO_ENCODER if count is None else count,
            gate_encoder=NO_ENCODER if count is None else wrapped(count + self._gate_offset_counts),
            latency_ms10=(decision.decided_ns - trigger.at_ns) // 100_000,
            reason_bits=decision.reason.bit,
        )
        delivered = self._plc.publish(block, decision.decided_ns)
        self._reporter.decided(decision, time.monotonic_ns(), delivered=delivered)
        if not self._line.counts.balanced:
            self._halted = "the part ledger does not balance"
            self._plc.raise_error(FaultCode.LEDGER_IMBALANCE.number)
