"""The station's reporters over a real configuration, and a line machine that feeds them: what is said of which part."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from drivers.camera.interface import Frame
from station.config.load import Loaded, load_config
from station.core.line import Line
from station.core.values import Action, Decision, LateVerdict, Notice, Trigger
from station.fault_board import Fault, FaultBoard
from station.fault_codes import FaultCode
from station.limits import limits_of
from station.metrics import Metrics
from station.records.writer import RecordWriter
from station.reporter import StationReporter
from tests.core_values import MS, a_frame, a_track, facts_of

DEPLOY = Path(__file__).parents[1] / "deploy"
COUNTS_APART = 100_000


@cache
def demo(name: str = "demo.yaml") -> Loaded:
    """A shipped configuration, read once."""
    return load_config(DEPLOY / name)


def in_step(part_seq: int, frame_id: int = 1, **changes: Any) -> Frame:
    """The frame of this part, whole and with the encoder at its place unless told otherwise."""
    start = part_seq * COUNTS_APART
    track = a_track(start, *(start + 4 * line for line in (25, 50, 75)))
    return a_frame(frame_id, **{"encoder": track, **changes})


class ToldLine:
    """Line machine, reporter and board, without a wire: what the one gives, the others are told."""

    def __init__(self, name: str = "demo.yaml") -> None:
        loaded = demo(name)
        self.limits = limits_of(loaded.config)
        self.line = Line(self.limits, 1_000)
        self.board = FaultBoard()
        self.metrics = Metrics(
            deadline_s=loaded.config.recipe.deadline_ms / 1e3, version="1", cameras=tuple(loaded.config.cameras)
        )
        self.records = RecordWriter(Path("never-opened.sqlite"), self.board)
        self.reporter = StationReporter(loaded, "run", self.line, self.metrics, self.board, self.records)
        self.camera = loaded.config.recipe.views[0].camera
        self.now_ns = 1_000 * MS
        self.frames = 0

    @property
    def codes(self) -> set[FaultCode]:
        """What holds now."""
        return {fault.code for fault in self.board.active()}

    def fault(self, code: FaultCode) -> Fault:
        """The fault of this code that holds now."""
        return next(fault for fault in self.board.active() if fault.code is code)

    def tell(self, actions: list[Action], *, delivered: bool = True) -> None:
        """What the inspection loop tells of these."""
        for action in actions:
            if isinstance(action, Decision):
                self.reporter.decided(action, self.now_ns, delivered=delivered)
            elif isinstance(action, LateVerdict):
                self.reporter.late(action)
            elif isinstance(action, Notice):
                self.reporter.notice(action)

    def trigger(self, part_seq: int, *, missed: bool = False, late_ms: int = 0) -> None:
        """The PLC announces a part."""
        trigger = Trigger(part_seq, part_seq * COUNTS_APART, self.now_ns - late_ms * MS, missed)
        self.tell(self.line.trigger(trigger, self.now_ns))

    def frame(self, part_seq: int, **changes: Any) -> None:
        """Its picture comes, whole and in step unless told otherwise."""
        self.frames += 1
        self.tell(self.line.frame(self.camera, in_step(part_seq, self.frames, **changes), self.now_ns))

    def seen(self, uid: int, **changes: Any) -> None:
        """A worker has looked at the picture of the part with this uid."""
        self.tell(self.line.inspected(facts_of(uid, **changes), self.now_ns))

    def wait_ms(self, length_ms: float) -> None:
        """Time passes."""
        self.now_ns += int(length_ms * MS)
        self.tell(self.line.tick(self.now_ns))
