"""The world of the cell: what the PLC commands happens here, to jig, light, belt, gate, robot, bins and the truth.

Time comes in as an argument; the only thing outside it touches is the light. Must not know sockets or registers'
addresses, and lets nobody but the score see the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from drivers.camera.producer.stamp import burnt_number
from drivers.cell.bins import Bins
from drivers.cell.coil_gate import CoilGate
from drivers.cell.endings import Endings, OnPart
from drivers.cell.fault_script import FaultScript
from drivers.cell.faults import PlannedFault
from drivers.cell.infeed import AutoSupply, NextPart, PartSupply
from drivers.cell.jig import Jig
from drivers.cell.line_faults import LineFaultKind, planned_line_fault
from drivers.cell.line_world import LineWorld
from drivers.cell.order import PartOrder
from drivers.cell.plc_gate import LineInputs
from drivers.cell.plc_program import ScanOutputs
from drivers.cell.plc_trigger import JigView, Turn
from drivers.cell.robot import Robot
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.cell.truth import GroundTruth, ShownPart
from drivers.cell.wanted import WantedRecipe
from drivers.gate.settings import GateSettings

_MS = 1_000_000
_FOREVER_NS = 1 << 62
_TURN_BRINGS = 4


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
    """One seeded world over time. `lights` has each sensor with its light; `last_part` 0: without end.

    `supply`: parts on demand, in place of the seeded order. `gate` None: the robot takes each part where it is.
    `coil`: there is no PLC, the gate hangs at this output.
    """

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
        on_part: OnPart | None = None,
        gate: GateSettings | None = None,
        supply: PartSupply | None = None,
        coil: CoilGate | None = None,
    ) -> None:
        self._settings = settings
        self._pieces = pieces
        self._lights = lights
        self._faults = faults
        self._recipe: int | None = None
        self._now_ns = now_ns
        # One stream of chance for each use, so that the jig's jitter never changes the order of the parts.
        order = PartOrder(len(pieces), _chance("order", settings.seed), shuffled=shuffled)
        self._supply = supply or AutoSupply(order, last_part)
        self._jig = Jig(
            _chance("jig", settings.seed),
            now_ns=now_ns,
            turn_ns=settings.turn_ns,
            counts_per_turn=settings.counts_per_turn,
            counts_per_line=settings.counts_per_line,
            speed_jitter=settings.speed_jitter,
            count=settings.encoder_start_counts,
        )
        self._line = LineWorld(gate, settings.gate_kind, settings.counts_per_turn, settings.encoder_start_counts, coil)
        # With a gate a turn can bring a part or two more than the PLC saw room for.
        self._robot = Robot(settings.robot_move_ms * _MS, settings.pick_up_places + (_TURN_BRINGS if gate else 0))
        self._bins = Bins(settings.good_bin, settings.reject_bin, settings.defect_bins)
        self._truth = GroundTruth(good_bin=settings.good_bin, keep_parts=settings.keep_parts)
        self._endings = Endings(
            self._bins, self._truth, self._robot, on_part, gate=gate is not None, nobody_decides=coil is not None
        )
        self._publish_motion()

    @property
    def done(self) -> bool:
        """Every part that was to be shown is in its bin."""
        return self._supply.ended and self._truth.in_hand == 0 and not self._line.to_clear

    @property
    def part_waiting(self) -> bool:
        """Whether another part is to be laid on the jig."""
        return self._supply.waiting

    @property
    def line(self) -> LineWorld:
        """Belt, gate and what is wrong with the line."""
        return self._line

    def no_more_parts(self) -> None:
        """The infeed is closed: no part follows."""
        self._supply.close()

    def jig_view(self) -> JigView:
        """What the PLC's sensors at the jig tell it."""
        infeed_free = self._faults is None or self._faults.infeed_free(self._now_ns)
        return JigView(
            next_start_count=None if self._jig.turning else self._jig.next_start_count,
            part_waiting=self.part_waiting and infeed_free,
            places_free=self._settings.pick_up_places - len(self._robot),
        )

    def line_inputs(self) -> LineInputs:
        """What encoder and sensors of the line tell the PLC."""
        return self._line.inputs(self._now_ns, run_out=self._supply.run_out)

    def advance(self, now_ns: int) -> None:
        """Let time pass."""
        self._now_ns = now_ns
        if self._faults is not None:
            self._faults.advance(now_ns)
        turned = self._jig.turning
        changed = self._jig.advance(now_ns)
        self._ride(now_ns)
        if turned and not self._jig.turning:
            slip = self._line.at_rest(now_ns)
            if slip:
                self._jig.slip(slip, now_ns)
                self._ride(now_ns)
        if changed:
            self._publish_motion()
        self._endings.advance(now_ns)
        wanted = self._supply.step(empty=self._truth.in_hand == 0 and not self._line.to_clear)
        if isinstance(wanted, WantedRecipe):
            self._recipe = wanted.recipe_id
        elif wanted is not None:
            self._line.trouble.plc(wanted.kind, now_ns, wanted.for_ms * _MS)

    def take_recipe(self) -> int | None:
        """The recipe that the PLC is to ask for, once; None: no other one."""
        recipe, self._recipe = self._recipe, None
        return recipe

    def obey(self, outputs: ScanOutputs, now_ns: int) -> None:
        """Do what the PLC commands."""
        self._ride(now_ns)  # what the gate is told now cannot change what has passed it
        if outputs.turn is not None:
            self._show(outputs.turn, now_ns)
        elif outputs.move_on and not self._jig.turning:
            self._jig.start(now_ns)
            self._publish_motion()
        self._line.command(outputs.gate)
        for disposal in outputs.disposals:
            self._endings.disposed(disposal, now_ns)

    def finish(self) -> dict[str, object]:
        """Let belt and robot end their moves and give the final score."""
        self._line.trouble.end()
        for end in self._line.run_empty():
            self._endings.ended(end, self._now_ns)
        self.advance(_FOREVER_NS)
        if self._faults is not None:
            self._faults.finish()
        return self._score(ended=True)

    def score(self) -> dict[str, object]:
        """The score so far."""
        return self._score(ended=False)

    def _score(self, *, ended: bool) -> dict[str, object]:
        return {**self._truth.score(bins=self._bins.counts, ended=ended), **self._line.counters()}

    def _ride(self, now_ns: int) -> None:
        for end in self._line.ride(self._jig.motion.count_at(now_ns)):
            self._endings.ended(end, now_ns)

    def _show(self, turn: Turn, now_ns: int) -> None:
        coming = self._supply.take()
        piece = self._pieces[coming.picture]
        fault = self._camera_fault(coming, turn.n, now_ns)
        line_fault = self._line_fault(coming, turn.n)
        # The views are laid out while the jig rests; only then does it turn, so no pulse is ever in the past.
        for (sensor, light), scene_indices in zip(self._lights, piece.scene_indices, strict=True):
            for pulse_counts, scene_index in zip(sensor.pulses, scene_indices, strict=True):
                light.show(turn.start_count + pulse_counts, scene_index, pulse=True, number=burnt_number(turn.n))
        started = self._jig.start(now_ns)
        if started != turn.start_count:
            raise RuntimeError(f"the jig starts at {started}, the PLC has latched {turn.start_count}")
        self._publish_motion()
        self._line.put(turn.n, started, line_fault, now_ns)
        self._truth.triggered(
            ShownPart(
                n=turn.n,
                part_seq=turn.part_seq,
                picture=coming.picture,
                name=piece.name,
                label=piece.label,
                defective=piece.defective,
                problem=piece.problem,
                trigger_ns=turn.at_ns,
                fault=None if fault is None else fault.kind,
                fault_sensor=None if fault is None else fault.sensor,
                line_fault=line_fault,
            )
        )

    def _camera_fault(self, coming: NextPart, n: int, now_ns: int) -> PlannedFault | None:
        if self._faults is None:
            return None
        if coming.by_plan:
            return self._faults.before_turn(n, now_ns)
        return self._faults.on_demand(n, coming.fault, now_ns)

    def _line_fault(self, coming: NextPart, n: int) -> LineFaultKind | None:
        if not coming.by_plan:
            return coming.line_fault
        return planned_line_fault(self._settings.line_fault_plan, n, gate=self._line.has_gate)

    def _publish_motion(self) -> None:
        motion = self._jig.motion
        for _, light in self._lights:
            light.set_encoder(motion.t0_ns, motion.count0, motion.rate_counts_per_s)


def _chance(use: str, seed: int) -> Random:
    return Random(f"{use} {seed}")  # noqa: S311  (a world that can be repeated, nothing secret)
