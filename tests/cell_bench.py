"""A whole cell in virtual time: world, PLC program and a small station, scan by scan, without a clock or a socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from drivers.cell.infeed import PartSupply
from drivers.cell.line_faults import PlcTroubleKind
from drivers.cell.main import plc_rules
from drivers.cell.plc_program import PlcProgram, ScanInputs
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.cell.world import Piece, World
from drivers.gate.settings import GateSettings
from drivers.plc.registers import ControlBlock, StatusBlock
from tests.cell_station import MS, SmallStation

SENSOR = Sensor("shank", Path("shank.scene"), 2048, 3648)
GATE = GateSettings(
    offset_counts=40_000, part_sensor_offset_counts=38_000, confirm_offset_counts=42_000, pick_up_offset_counts=45_000
)
SETTINGS = CellSettings(parts=40, rate_parts_per_s=10, defect_bins=("one",))
LABELS = ("sound", "pits", "sound", "scratches", "sound")
PIECES = [Piece(((n,),), f"p{n}", label, defective=label != "sound", problem=None) for n, label in enumerate(LABELS)]

Bend = Callable[[int, StatusBlock], StatusBlock | None]


def as_it_is(now_ns: int, status: StatusBlock) -> StatusBlock | None:
    return status


class Dark:
    """A camera that nobody looks through."""

    def show(self, start_count: int, picture: int, *, pulse: bool = True, number: int = 0) -> None:
        pass

    def set_encoder(self, t0_ns: int, count0: float, rate: float) -> None:
        pass


@dataclass
class GateBench:
    """`scan` once, or `run` to the end. `controls`: what the station was written, with the time."""

    settings: CellSettings = SETTINGS
    gate: GateSettings | None = GATE
    station: SmallStation = field(default_factory=lambda: SmallStation(exposure_ms=85))
    supply: PartSupply | None = None
    bend: Bend = as_it_is
    scan_ms: float = 2

    def __post_init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self.world = World(
            self.settings, PIECES, [(SENSOR, Dark())], shuffled=False, last_part=self.settings.parts, now_ns=0,
            on_part=self.rows.append, gate=self.gate, supply=self.supply,
        )  # fmt: skip
        self.program = PlcProgram(plc_rules(self.settings, self.gate))
        self.now_ns = 0
        self.control = ControlBlock()
        self.controls: list[tuple[int, ControlBlock]] = []

    def trouble(self, kind: PlcTroubleKind, for_ms: int) -> None:
        self.world.line.trouble.plc(kind, self.now_ns, for_ms * MS)

    def scan(self) -> None:
        self.now_ns += round(self.scan_ms * MS)
        trouble = self.world.line.trouble
        cut = trouble.lasts("link-cut", self.now_ns)
        status = self.bend(self.now_ns, self.station.step(self.control, self.now_ns))
        self.world.advance(self.now_ns)
        if trouble.lasts("plc-stands", self.now_ns):
            return
        silent = trouble.lasts("plc-silent", self.now_ns)
        outputs = self.program.scan(
            ScanInputs(
                self.now_ns, None if cut else status, self.world.jig_view(), self.world.line_inputs(),
                heartbeat_stands=silent,
            )
        )  # fmt: skip
        self.world.obey(outputs, self.now_ns)
        if status is not None and not cut:
            self.control = outputs.control
            self.controls.append((self.now_ns, outputs.control))

    def until(self, true: Callable[[], bool], limit_s: float = 60) -> None:
        limit_ns = self.now_ns + round(limit_s * 1e9)
        while not true():
            assert self.now_ns < limit_ns, "it does not come to that"
            self.scan()

    def run(self, limit_s: float = 60) -> dict[str, object]:
        """To the end of the run; the score."""
        self.until(lambda: self.world.done and self.program.in_hand == 0, limit_s)
        return self.world.finish()

    def row(self, n: int) -> dict[str, object]:
        return next(row for row in self.rows if row["n"] == n)
