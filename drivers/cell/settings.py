"""What can be chosen about the simulated cell: its pace, its parts, its jig, its PLC's limits, its bins.

Must not know where the scene file lies or who the station is; `run_cell` is told.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers.cell.bins import FLOOR
from drivers.cell.drawing.serials import SERIAL_TYPES
from drivers.cell.faults import FAULT_KINDS, FaultKind, FaultPlan
from drivers.cell.gate_motion import GateKind
from drivers.cell.line_faults import LINE_FAULT_KINDS, LineFaultKind, LineFaultPlan

_MS = 1_000_000
_DEFAULT_RESULT_MARGIN_MS = 1000
_MOST_FASTENERS = 256  # four pictures of the head each, and a scene holds 1024

Name = Annotated[str, Field(min_length=1, max_length=60)]


class CellSettings(BaseModel):
    """The simulated cell. Every time is in the unit of its name; counts are encoder counts."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    seed: int = Field(default=1, ge=0, le=2**63 - 1, description="Seed of the whole world: parts, order, jitter.")
    rate_parts_per_s: float = Field(default=12.0, gt=0, le=200, description="Parts offered to the camera per second.")
    parts: int = Field(
        default=0,
        ge=0,
        description="Parts to show before the cell ends; 0 = until stopped, or each picture of a folder once.",
    )
    distinct_parts: int = Field(default=24, ge=1, le=1024, description="Parts drawn before the run and shown in turn.")
    defect_fraction: float = Field(
        default=0.3, ge=0, le=1, description="Fraction of the drawn parts with a defect; a serial has none."
    )

    product: Literal["mantle", "fastener", "serial"] = Field(
        default="mantle",
        description="mantle: one line-scan picture a part; fastener: shank by line scan, head by four area pictures; "
        "serial: a plate with a stamped number, one line-scan picture, all of them without a defect.",
    )
    part_type: str | None = Field(
        default=None,
        description="serial: the type of the lot; empty: that of the recipe (recipe.identity), else the first one.",
    )
    wrong_parts: float = Field(
        default=0.0, ge=0, le=1, description="serial: fraction of the drawn parts that are of another type."
    )
    images: str | None = Field(default=None, description="Folder of pictures to show instead of drawn parts.")
    image_set: str | None = Field(default=None, description="Set of the folder's manifest to show (its `set` column).")
    image_split: Literal["train", "val", "test"] | None = Field(
        default=None, description="Split of the folder's manifest to show; empty = every split."
    )

    counts_per_turn: int = Field(default=14_592, ge=16, description="Encoder counts of one turn of the jig.")
    counts_per_line: int = Field(default=4, ge=2, le=1024, description="Encoder counts per camera line (the divider).")
    turn_fraction: float = Field(
        default=0.8, ge=0.1, le=0.98, description="Part of the period in which the jig turns once; the rest exchanges."
    )
    encoder_start_counts: int = Field(
        default=0, ge=0, lt=2**32, description="Where the encoder stands at the start; 32 bits, the PLC's wraps there."
    )
    speed_jitter: float = Field(
        default=0.005, ge=0, le=0.2, description="Relative deviation of the jig's speed (1 sd)."
    )

    plc_scan_ms: float = Field(default=4.0, ge=1, le=100, description="Scan cycle of the simulated PLC.")
    first_part_seq: int = Field(default=1, ge=1, le=65_535, description="Number of the first part; wraps 65535 to 1.")
    recipe_id: int = Field(default=1, ge=0, le=65_535, description="Recipe that the PLC asks for.")
    trigger_ack_timeout_ms: int = Field(
        default=250, ge=10, le=10_000, description="PLC's limit from Trigger to TriggerAck with the right number."
    )
    exposure_timeout_ms: int = Field(
        default=500, ge=10, le=10_000, description="PLC's limit from the end of the turn to ExposureComplete."
    )
    result_timeout_ms: int | None = Field(
        default=None,
        ge=10,
        le=60_000,
        description="PLC's own limit from trigger to result; empty = one turn and 1000 ms.",
    )
    station_heartbeat_ms: int = Field(
        default=100, ge=20, le=5_000, description="Period of the station's heartbeat; silent for three = rejected."
    )
    reply_timeout_ms: int = Field(default=250, ge=50, le=1_000, description="Limit of one Modbus request.")
    operator_clears_after_ms: int = Field(
        default=2_000, ge=0, le=60_000, description="Simulated operator clears a station error after this; 0 = never."
    )
    trigger_anyway: bool = Field(
        default=False, description="For tests: trigger when the part is due, even while TriggerReady is low."
    )

    gate_kind: GateKind = Field(
        default="pass",
        description="What the gate's pulse does: pass = without it every part is rejected; reject = the PLC owns the "
        "default and gives a pulse for every part that it was not told to pass.",
    )
    pick_up_places: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Parts between the camera and their bin at most; with a gate, parts that wait for the robot.",
    )
    robot_move_ms: int = Field(default=15, ge=0, le=10_000, description="Time the robot takes to carry one part away.")
    good_bin: Name = Field(default="next-station", description="Where parts go that the station passed.")
    reject_bin: Name = Field(default="reject", description="Where parts go that nobody passed.")
    defect_bins: tuple[Name, ...] = Field(
        default=("imprinted", "pits", "roll-marks", "scratches"),
        strict=False,
        max_length=64,
        description="Bins by defect class, from class 1; a class without one goes to the reject bin.",
    )
    fault_every: int = Field(
        default=0, ge=0, le=1_000_000, description="Every so many parts a camera fault hits the part; 0 = never."
    )
    fault_kinds: tuple[FaultKind, ...] = Field(
        default=FAULT_KINDS, strict=False, min_length=1, max_length=64, description="The camera faults, in turn."
    )
    fault_slow_ms: int = Field(
        default=1_000,
        ge=1,
        le=120_000,
        description="How much later a slow frame comes; choose it longer than the station's deadline.",
    )
    line_fault_every: int = Field(
        default=0, ge=0, le=1_000_000, description="Every so many parts a fault of the line hits; 0 = never."
    )
    line_fault_kinds: tuple[LineFaultKind, ...] = Field(
        default=LINE_FAULT_KINDS, strict=False, min_length=1, max_length=64, description="The line's faults, in turn."
    )
    keep_parts: int = Field(default=4096, ge=1, le=1_000_000, description="Newest parts listed in the score.")

    @model_validator(mode="after")
    def _turn_and_limits_fit(self) -> Self:
        if self.counts_per_turn % self.counts_per_line:
            raise ValueError(
                f"counts_per_turn {self.counts_per_turn} is not a whole number of lines "
                f"of {self.counts_per_line} counts"
            )
        if self.result_timeout_ms is not None and self.result_timeout_ms * _MS <= self.turn_ns:
            raise ValueError(
                f"result_timeout_ms {self.result_timeout_ms} must be longer than one turn of the jig "
                f"({self.turn_ns / _MS:.0f} ms at {self.rate_parts_per_s:g} parts/s)"
            )
        if self.product != "mantle" and self.images is not None:
            raise ValueError(
                f"images are shown as one picture a part, a {self.product} is drawn: leave images out or set product "
                f"to mantle"
            )
        if self.product != "serial" and (self.wrong_parts or self.part_type is not None):
            raise ValueError(f"part_type and wrong_parts are for product serial, found product {self.product}")
        if self.part_type is not None and self.part_type not in SERIAL_TYPES:
            raise ValueError(f"part_type {self.part_type!r} cannot be drawn; there are {', '.join(SERIAL_TYPES)}")
        if self.product == "fastener" and self.distinct_parts > _MOST_FASTENERS:
            raise ValueError(f"distinct_parts is at most {_MOST_FASTENERS} for fasteners, found {self.distinct_parts}")
        names = [self.good_bin, self.reject_bin, *self.defect_bins, FLOOR]
        if len(set(names)) != len(names):
            raise ValueError(f"every bin needs a name of its own, found {names}")
        return self

    @property
    def drawn_type(self) -> str:
        """The part type of the lot."""
        return self.part_type or SERIAL_TYPES[0]

    @property
    def period_ns(self) -> int:
        """Time between two parts that are due."""
        return round(1e9 / self.rate_parts_per_s)

    @property
    def turn_ns(self) -> int:
        """Time of one turn of the jig at its nominal speed."""
        return round(self.period_ns * self.turn_fraction)

    @property
    def result_limit_ns(self) -> int:
        """The PLC's own limit from trigger to result."""
        if self.result_timeout_ms is not None:
            return self.result_timeout_ms * _MS
        return self.turn_ns + _DEFAULT_RESULT_MARGIN_MS * _MS

    @property
    def fault_plan(self) -> FaultPlan:
        """Which parts are hit by which faults."""
        return FaultPlan(every=self.fault_every, kinds=self.fault_kinds, slow_ms=self.fault_slow_ms)

    @property
    def line_fault_plan(self) -> LineFaultPlan:
        """Which parts are hit by which faults of the line."""
        return LineFaultPlan(every=self.line_fault_every, kinds=self.line_fault_kinds)

    @property
    def scan_ns(self) -> int:
        """The PLC's scan cycle."""
        return round(self.plc_scan_ms * _MS)
