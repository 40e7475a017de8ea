"""The capture process: takes buffers from the camera, copies each once into the ring, and says so.

`python -m drivers.camera.capture FD`, FD being its end of the control socket; started by `genicam.py`, which sends
the plan. It ends when that socket closes. The GenICam binding never lets go of Python's global lock, which is why
this is a process. It must not import pydantic or asyncio: its memory is counted.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import sys
import threading
import time

from drivers.camera.capture_control import Control, StationGoneError
from drivers.camera.capture_frames import FrameMaker
from drivers.camera.interface import CameraDown, CameraError, CameraIdentity, CameraUp, Fire, Recover
from drivers.camera.session import CameraLostError, Session
from drivers.camera.supervision import Recovery, RecoveryLadder
from drivers.camera.watchdog import FrameWatch
from drivers.camera.wire import Misconfigured, Order, Plan, Released, Tally
from drivers.child_logs import log_as_child

PLAN_LIMIT_S = 10.0
CHECK_EVERY_S = 0.25
RETRY_S = 0.5
# How long the process may be silent in each step. A GigE camera that has gone lets a single question take 6 s.
DELIVER_LIMIT_MS = 2_000
CHECK_LIMIT_MS = 10_000
OPEN_LIMIT_MS = 20_000
_WAIT_MS = 100
_FIRED_WAIT_MS = 5
_IDLE_S = 0.02
_FIRE_LIMIT_S = 2.0
_GAVE_UP_CODE = 4
_PR_SET_PDEATHSIG = 1
_log = logging.getLogger(__name__)


class _GaveUpError(Exception):
    """What this process could do has not helped: another one is to be started."""


class Capture:
    """The loop of one camera: look for it, deliver its frames, help it when it stops, look for it when it is lost."""

    def __init__(self, plan: Plan, control: Control) -> None:
        self._plan, self._control = plan, control
        self._frames = FrameMaker(plan)
        self._ladder = RecoveryLadder()
        self._watch = FrameWatch(plan.counts_per_frame)
        self._recover: str | None = None
        self._fired_s: float | None = None
        self._closed_tally = self._said_tally = Tally()
        self.exit_code = 3

    def run(self) -> None:
        """Until the station goes, the configuration turns out to be at fault, or nothing helps."""
        session: Session | None = None
        try:
            self._control.alive(OPEN_LIMIT_MS)
            session = Session(self._plan)
            self._serve(session)
        except CameraError as error:
            self.exit_code = 0
            self._control.report(Misconfigured(str(error)))
        except StationGoneError as gone:
            self.exit_code = 0
            _log.debug("%s", gone)
        except _GaveUpError as gave_up:
            _log.error("%s", gave_up)
            self.exit_code = _GAVE_UP_CODE
        finally:
            if session is not None:
                session.end()
            self._frames.close()

    def _serve(self, session: Session) -> None:
        identity: CameraIdentity | None = None
        said = ""
        while True:
            try:
                if identity is None:
                    self._control.alive(OPEN_LIMIT_MS)
                    identity = session.open()
                said = ""
                self._begin(CameraUp(identity))
                fault = self._deliver(session)
                if not self._helped(session, fault):
                    identity = None
            except CameraLostError as lost:
                identity = None
                if str(lost) != said:
                    said = str(lost)
                    self._control.report(CameraDown(said))
                self._close(session)
                for order in self._control.pause(RETRY_S):
                    self._released(order)

    def _begin(self, up: CameraUp) -> None:
        for order in self._control.orders():  # what was ordered while it was down is forgotten
            self._released(order)
        self._frames.begin_anew()
        self._watch = FrameWatch(self._plan.counts_per_frame)
        self._recover = self._fired_s = None
        self._control.report(up)

    def _helped(self, session: Session, fault: str) -> bool:
        """Do what the ladder says about a camera that does not deliver; whether it is still open then."""
        recovery = self._ladder.next(time.monotonic())
        sentence = f"camera {self._plan.serial}: {fault}; {recovery.value}"
        self._control.report(CameraDown(sentence))
        self._control.alive(OPEN_LIMIT_MS)
        if recovery is Recovery.RESPAWN:
            self._say_tally(session)
            raise _GaveUpError(sentence)
        if recovery is Recovery.RESTART_STREAM:
            session.restart()
            return True
        self._close(session)
        return False

    def _close(self, session: Session) -> None:
        self._control.alive(OPEN_LIMIT_MS)
        self._closed_tally = self._say_tally(session)
        session.close()

    def _deliver(self, session: Session) -> str:
        """Hand on frames and orders until the camera needs help; one sentence says why it does."""
        self._control.alive(DELIVER_LIMIT_MS)
        checked_s = 0.0
        while True:
            received = session.wait(self._wait_ms())
            self._obey(session)  # slots given back meanwhile are free before a frame needs one
            if received is not None:
                try:
                    self._control.report(self._frames.frame(received))
                finally:
                    session.give_back(received.raw)
                self._ladder.frame()
                self._watch.frame()
                self._fired_s = None
            now_s = time.monotonic()
            if now_s - checked_s >= CHECK_EVERY_S:
                self._check(session)
                checked_s = now_s
            fault = self._recover or self._frames.fault
            if fault is not None:
                return fault

    def _wait_ms(self) -> int:
        if not self._plan.software_trigger:
            return _WAIT_MS
        if self._fired_s is not None and time.monotonic() - self._fired_s > _FIRE_LIMIT_S:
            self._fired_s = None  # it took no picture: the station misses it, and says so
        return 0 if self._fired_s is None else _FIRED_WAIT_MS

    def _obey(self, session: Session) -> None:
        """Orders that are there; a camera that waits for an order to fire waits for it here, and not for frames."""
        idle = self._plan.software_trigger and self._fired_s is None
        for order in self._control.orders(_IDLE_S if idle else 0.0):
            if isinstance(order, Fire):
                session.fire()
                self._fired_s = time.monotonic()
            elif isinstance(order, Recover):
                self._recover = order.reason
            else:
                self._released(order)

    def _released(self, order: Order) -> None:
        if isinstance(order, Released):
            self._frames.released(order.slot)

    def _check(self, session: Session) -> None:
        self._control.alive(CHECK_LIMIT_MS)
        self._recover = self._recover or self._watch.encoder(session.check())
        self._control.alive(DELIVER_LIMIT_MS)
        self._say_tally(session)

    def _say_tally(self, session: Session) -> Tally:
        closed, missed = self._closed_tally, session.missed
        tally = Tally(
            closed.underruns + session.underruns,
            closed.line_triggers_missed + missed.get("LineTriggerMissed", 0),
            closed.frame_triggers_missed + missed.get("FrameTriggerMissed", 0),
        )
        if tally != self._said_tally:
            self._said_tally = tally
            self._control.report(tally)
        return tally


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    """Wait for the plan, then capture. The work is done off the main thread, which only waits for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the station's: it closes the socket in its own time
    _die_with_parent()
    log_as_child()
    with socket.socket(fileno=int(arguments[0])) as connection:
        control = Control(connection)
        try:
            plan = control.plan(PLAN_LIMIT_S)
        except StationGoneError as gone:
            _log.debug("%s", gone)
            return 0
        if plan.scene is not None:
            os.environ["EDGE_SCENE"] = plan.scene
        capture = Capture(plan, control)
        worker = threading.Thread(target=capture.run, name="capture")
        worker.start()
        worker.join()
    return capture.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
