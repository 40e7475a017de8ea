"""The world of the cell: what the PLC commands happens here, to the jig, the light, the robot, the bins and the truth.

Time comes in as an argument; the only thing outside it touches is the light. Must not know sockets or registers'
addresses, and lets nobody but the score see the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from drivers.camera.producer.scene_header import MAX_NUMBER
from drivers.cell.bins import Bins
from drivers.cell.fault_script import FaultScript
from drivers.cell.jig import Jig
from drivers.cell.order import PartOrder
from drivers.cell.parts_in_hand import Disposal
from drivers.cell.plc_program import ScanOutputs
from drivers.cell.plc_trigger import JigView, Turn
from drivers.cell.robot import Robot
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.cell.truth import GroundTruth, Outcome, ShownPart

_MS = 1_000_000
_FOREVER_NS = 1 << 62


class Light(Protocol):
    """What a simulated camera can be shown; `drivers.camera.producer.scene.SceneWriter` is one."""

    def show(self, start_count: int, picture: int, *, pulse: bool = True, number: int = 0) -> None:
        """From `start_count` on the camera sees picture `picture` (-1: background) with `number` burnt into it."""
        ...

    def set_encoder(self, t0_ns: int, count0: float, rate: float) -> None:
        """From `t0_ns` on the encoder stands at `count0` and moves `rate` counts per second."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """What is known of one part: its pictures' places in the scenes' banks (-1: none) and what it really is.

    `scene_indices[sensor][pulse]`, in the order of the cell's sensors.
    """

    scene_indices: tuple[tuple[int, ...], ...]
    name: str
    label: str
    defective: bool
    problem: str | None


class World:
    """One seeded world over time. `lights` has each sensor with its light; `last_part` 0: without end."""

    def __init__(
        self,
        settings: CellSettings,
        pieces: Sequence[Piece],
        lights: Sequence[tuple[Sensor, Light]],
        *,
        shuffled: bool,
        last_part: int,
        now_ns: int,
        faults: FaultScript | None = None,
        on_part: Callable[[dict[str, object]], None] | None = None,
    ) -> None:
        self._settings = settings
        self._pieces = pieces
        self._lights = lights
        self._faults = faults
        self._now_ns = now_ns
        self._last_part = last_part
        self._on_part = on_part
        # One stream of chance for each use, so that the jig's jitter never changes the order of the parts.
        self._order = PartOrder(len(pieces), _chance("order", settings.seed), shuffled=shuffled)
        self._jig = Jig(
            _chance("jig", settings.seed),
            now_ns=now_ns,
            turn_ns=settings.turn_ns,
            counts_per_turn=settings.counts_per_turn,
            counts_per_line=settings.counts_per_line,
            speed_jitter=settings.speed_jitter,
        )
        self._robot = Robot(settings.robot_move_ms * _MS, settings.pick_up_places)
        self._bins = Bins(settings.good_bin, settings.reject_bin, settings.defect_bins)
        self._truth = GroundTruth(good_bin=settings.good_bin, keep_parts=settings.keep_parts)
        self._outcomes: dict[int, Outcome] = {}
        self._shown = 0
        self._no_more = False
        self._publish_motion()

    @property
    def done(self) -> bool:
        """Every part that was to be shown is in its bin."""
        return not self.part_waiting and self._truth.in_hand == 0

    @property
    def part_waiting(self) -> bool:
        """Whether another part is to be laid on the jig."""
        return not self._no_more and (self._last_part == 0 or self._shown < self._last_part)

    def no_more_parts(self) -> None:
        """The infeed is closed: no part follows."""
        self._no_more = True

    def jig_view(self) -> JigView:
        """What the PLC's sensors tell it."""
        infeed_free = self._faults is None or self._faults.infeed_free(self._now_ns)
        return JigView(
            next_start_count=None if self._jig.turning else self._jig.next_start_count,
            part_waiting=self.part_waiting and infeed_free,
            places_free=self._settings.pick_up_places - len(self._robot),
        )

    def advance(self, now_ns: int) -> None:
        """Let time pass."""
        self._now_ns = now_ns
        if self._faults is not None:
            self._faults.advance(now_ns)
        if self._jig.advance(now_ns):
            self._publish_motion()
        for delivery in self._robot.delivered(now_ns):
            self._bins.put(delivery.bin_name)
            row = self._truth.in_bin(self._outcomes.pop(delivery.n))
            if row is not None and self._on_part is not None:
                self._on_part(row)

    def obey(self, outputs: ScanOutputs, now_ns: int) -> None:
        """Do what the PLC commands."""
        if outputs.turn is not None:
            self._show(outputs.turn, now_ns)
        for disposal in outputs.disposals:
            self._carry(disposal, now_ns)

    def finish(self) -> dict[str, object]:
        """Let the robot end its moves and give the final score."""
        self.advance(_FOREVER_NS)
        if self._faults is not None:
            self._faults.finish()
        return self._truth.score(bins=self._bins.counts, ended=True)

    def score(self) -> dict[str, object]:
        """The score so far."""
        return self._truth.score(bins=self._bins.counts, ended=False)

    def _show(self, turn: Turn, now_ns: int) -> None:
        picture = self._order.next()
        piece = self._pieces[picture]
        self._shown += 1
        fault = None if self._faults is None else self._faults.before_turn(turn.n, now_ns)
        # The views are laid out while the jig rests; only then does it turn, so no pulse is ever in the past.
        for (sensor, light), scene_indices in zip(self._lights, piece.scene_indices, strict=True):
            for pulse_counts, scene_index in zip(sensor.pulses, scene_indices, strict=True):
                light.show(turn.start_count + pulse_counts, scene_index, pulse=True, number=turn.n & MAX_NUMBER)
        started = self._jig.start(now_ns)
        if started != turn.start_count:
            raise RuntimeError(f"the jig starts at {started}, the PLC has latched {turn.start_count}")
        self._publish_motion()
        self._truth.triggered(
            ShownPart(
                n=turn.n,
                part_seq=turn.part_seq,
                picture=picture,
                name=piece.name,
                label=piece.label,
                defective=piece.defective,
                problem=piece.problem,
                trigger_ns=turn.at_ns,
                fault=None if fault is None else fault.kind,
                fault_sensor=None if fault is None else fault.sensor,
            )
        )

    def _carry(self, disposal: Disposal, now_ns: int) -> None:
        reading = disposal.reading
        bin_name = self._bins.choose(accepted=reading.accepted, defect_class=reading.defect_class)
        self._robot.carry(disposal.n, bin_name, now_ns)
        self._outcomes[disposal.n] = Outcome(
            n=disposal.n,
            part_seq=disposal.part_seq,
            accepted=reading.accepted,
            cause=reading.cause,
            verdict_code=reading.verdict_code,
            defect_class=reading.defect_class,
            bin_name=bin_name,
            result_ns=disposal.at_ns,
        )

    def _publish_motion(self) -> None:
        motion = self._jig.motion
        for _, light in self._lights:
            light.set_encoder(motion.t0_ns, motion.count0, motion.rate_counts_per_s)


def _chance(use: str, seed: int) -> Random:
    return Random(f"{use} {seed}")  # noqa: S311  (a world that can be repeated, nothing secret)
