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

import numpy as np

from drivers.camera.interface import CameraDown, CameraError, CameraUp, Frame, FrameLost, LossReason
from drivers.camera.ring import RingMap
from drivers.camera.session import CameraLostError, Received, Session
from drivers.camera.wire import (
    MAX_PACKET_BYTES,
    Misconfigured,
    Plan,
    Report,
    decode_plan,
    decode_released,
    encode_report,
)

PLAN_LIMIT_S = 10.0
REPORT_LIMIT_S = 5.0
CHECK_EVERY_S = 0.25
RETRY_S = 0.5
_CLOCK_AGREES_NS = 10_000_000_000
_PR_SET_PDEATHSIG = 1
_log = logging.getLogger(__name__)


class StationGoneError(Exception):
    """The control socket is closed: time to end."""


class Capture:
    """The loop of one camera: look for it, deliver its frames, look for it again when it is lost."""

    def __init__(self, plan: Plan, control: socket.socket) -> None:
        self._plan, self._control = plan, control
        self._ring = RingMap(plan.ring, writable=True)
        self._free = set(range(plan.ring.slots)) - set(plan.held)
        self._last_id: int | None = None
        self.ended_well = False

    def run(self) -> None:
        """Until the station goes, or the configuration turns out to be at fault."""
        plan = self._plan
        session: Session | None = None
        try:
            session = Session(plan.producer, plan.serial)
            said = ""
            while True:
                try:
                    identity = session.open(plan.writes, plan.buffers, encoder_chunk=plan.encoder_chunk)
                    self._last_id = None
                    said = ""
                    self._report(CameraUp(identity))
                    self._deliver(session)
                except CameraLostError as lost:
                    session.close()
                    if str(lost) != said:
                        said = str(lost)
                        self._report(CameraDown(said))
                    self._listen(RETRY_S)
        except CameraError as error:
            self._report(Misconfigured(str(error)))
        except StationGoneError:
            _log.debug("the station closed the control socket")
        finally:
            if session is not None:
                session.end()
            self._ring.close()
        self.ended_well = True

    def _deliver(self, session: Session) -> None:
        checked_s = time.monotonic()
        while True:
            received = session.wait()
            self._listen(0)
            if received is not None:
                try:
                    report = self._frame(received)
                finally:
                    session.queue(received.raw)
                self._report(report)
            if time.monotonic() - checked_s > CHECK_EVERY_S:
                session.check()
                checked_s = time.monotonic()

    def _frame(self, received: Received) -> Frame | FrameLost:
        arrived_ns = time.monotonic_ns()
        ring = self._plan.ring
        camera_ns = _camera_time(received.timestamp_ns, arrived_ns)
        lost_before = 0
        if self._last_id is not None and received.frame_id > self._last_id + 1:
            lost_before = received.frame_id - self._last_id - 1
        self._last_id = received.frame_id

        reason: LossReason | None = None
        if not received.is_image:
            reason = "not an image"
        elif (received.height_px, received.width_px) != (ring.height_px, ring.width_px):
            reason = "wrong size"
        elif received.lines == 0:
            reason = "incomplete without lines"
        elif not self._free:
            reason = "ring full"
        if reason is not None:
            return FrameLost(received.frame_id, reason, camera_ns)

        slot = min(self._free)  # the same few slots again and again: the others never become resident
        self._free.remove(slot)
        self._copy(received, slot)
        ready_ns = time.monotonic_ns()
        return Frame(
            slot=slot,
            frame_id=received.frame_id,
            camera_ns=camera_ns,
            ready_ns=ready_ns,
            copy_us=(ready_ns - arrived_ns) // 1000,
            encoder_count=received.encoder_count,
            width_px=ring.width_px,
            height_px=ring.height_px,
            lines_valid=received.lines,
            pixel_format=self._plan.pixel_format,
            lost_before=lost_before,
        )

    def _copy(self, received: Received, slot: int) -> None:
        target = self._ring.slot(slot)
        stride = received.width_px + received.padding_px
        lines = received.pixels[: received.lines * stride].reshape(received.lines, stride)
        np.copyto(target[: received.lines], lines[:, : received.width_px])
        target[received.lines :] = 0

    def _report(self, report: Report) -> None:
        self._control.settimeout(REPORT_LIMIT_S)
        try:
            self._control.send(encode_report(report))
        except (TimeoutError, OSError) as error:  # it does not read, or is dead: its supervision starts anew
            raise StationGoneError from error

    def _listen(self, limit_s: float) -> None:
        """Take in released slots; with a limit, wait that long. Raises StationGoneError at the end."""
        until_s = time.monotonic() + limit_s
        while True:
            self._control.settimeout(max(0.0, until_s - time.monotonic()))
            try:
                packet = self._control.recv(MAX_PACKET_BYTES)
            except (BlockingIOError, TimeoutError):
                return
            except ConnectionResetError as error:
                raise StationGoneError from error
            if not packet:
                raise StationGoneError
            self._free.add(decode_released(packet).slot)


def _camera_time(timestamp_ns: int | None, arrived_ns: int) -> int:
    """The camera's time if it is on our clock, else the time of arrival."""
    if timestamp_ns is not None and 0 <= arrived_ns - timestamp_ns < _CLOCK_AGREES_NS:
        return timestamp_ns
    return arrived_ns


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    """Wait for the plan, then capture. The work is done off the main thread, which only waits for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the station's: it closes the socket in its own time
    _die_with_parent()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    with socket.socket(fileno=int(arguments[0])) as control:
        control.settimeout(PLAN_LIMIT_S)
        try:
            packet = control.recv(MAX_PACKET_BYTES)
        except TimeoutError:
            _log.error("no plan came within %.0f s", PLAN_LIMIT_S)
            return 1
        if not packet:
            return 0
        plan = decode_plan(packet)
        if plan.scene is not None:
            os.environ["EDGE_SCENE"] = plan.scene
        capture = Capture(plan, control)
        worker = threading.Thread(target=capture.run, name="capture")
        worker.start()
        worker.join()
    return 0 if capture.ended_well else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
