"""Carries out what the line machine decided: to cameras, workers, PLC, and to whoever writes it down.

One table from action to device. Must not decide anything, nor know what an action follows from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from drivers.camera.interface import Camera, Fire, Frame, Recover
from drivers.plc.interface import PlcLink
from station.core.values import (
    Action,
    Classify,
    Decision,
    ExposureComplete,
    FireCamera,
    LateVerdict,
    Notice,
    PartLeft,
    RecoverCamera,
    Release,
    StopLine,
    Withdraw,
)
from station.hand_off import HandOff
from station.reports import Reporter
from station.workers.active_pool import ActivePool
from station.workers.messages import Job


class FrameKeeper(Protocol):
    """Who keeps pictures: hears what the line does with frames, and gives their slots back. Never waits."""

    def told(self, actions: Sequence[Action]) -> None:
        """These are about to be carried out."""
        ...

    def release(self, camera: str, frame: Frame) -> None:
        """The line no longer needs this frame: keep what is to be kept, then give its slot back."""
        ...


class Orders:
    """For one line. `keeper` None: no pictures are kept, slots go straight back."""

    def __init__(
        self,
        cameras: Mapping[str, Camera],
        plc: PlcLink,
        pool: ActivePool,
        reporter: Reporter,
        hand_off: HandOff,
        keeper: FrameKeeper | None,
    ) -> None:
        self._cameras, self._plc, self._pool = cameras, plc, pool
        self._reporter, self._hand_off, self._keeper = reporter, hand_off, keeper

    def carry_out(self, actions: Sequence[Action]) -> None:
        """All of them, in their order; then the sums must agree."""
        if self._keeper is not None:
            self._keeper.told(actions)
        for action in actions:
            match action:
                case Classify(part_uid, view, frame):
                    self._pool.submit(Job(part_uid, view, frame.slot))
                case Release(camera, frame):
                    self._release(camera, frame)
                case FireCamera(camera):
                    self._cameras[camera].order(Fire())
                case RecoverCamera(camera, reason):
                    self._cameras[camera].order(Recover(reason))
                case ExposureComplete(part_seq):
                    self._plc.exposure_complete(part_seq)
                case Decision():
                    self._hand_off.decided(action)
                case Withdraw():
                    self._hand_off.withdraw(action)
                case StopLine():
                    self._hand_off.stop(action)
                case PartLeft():
                    self._reporter.left(action)
                case LateVerdict():
                    self._reporter.late(action)
                case Notice():
                    self._reporter.notice(action)
        if any(isinstance(action, Decision) for action in actions):
            self._hand_off.check_sums()

    def _release(self, camera: str, frame: Frame) -> None:
        if self._keeper is None:
            self._cameras[camera].release(frame)
        else:
            self._keeper.release(camera, frame)
