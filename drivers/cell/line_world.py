"""The line behind the jig as one: belt, gate, sensors, the PLC's encoder channel, and the faults that hit them.

Pure: counts and times come in as arguments. Must not know what a part really is or what a verdict says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from drivers.cell.belt import Belt, Ended, Rider
from drivers.cell.coil_gate import CoilGate
from drivers.cell.gate_motion import GateCommand, GateKind, GateMotion, GatePulse
from drivers.cell.line_faults import PLC_TROUBLES, LineFaultKind
from drivers.cell.line_trouble import LASTS_NS, LineTrouble
from drivers.cell.plc_gate import LineInputs
from drivers.encoder.counts import signed_difference, wrapped
from drivers.gate.settings import GateSettings

_SLIP_TURNS: Final = 10.5
"""An encoder that slips does so by more than a line could have gone between two looks at it, and not by whole parts."""
_BACK_TURNS: Final = 0.25
_AHEAD_TURNS: Final = 0.5
"""An extra part lies so far before the one that was announced."""
_ENDLESS: Final = float("inf")


class LineWorld:
    """Without a gate it is the encoder alone. `coil`: the gate hangs at a bare output and gets no pulses."""

    def __init__(
        self,
        gate: GateSettings | None,
        kind: GateKind,
        counts_per_turn: int,
        start_count: int,
        coil: CoilGate | None = None,
    ) -> None:
        self._motion = GateMotion(kind)
        self._coil = coil
        self._belt = None if gate is None else Belt(gate, coil or self._motion)
        self._latched = start_count
        self._coming: int | None = None
        self._turn = counts_per_turn
        self._count = float(start_count)
        self._slips = False
        self._runs_back = False
        self.trouble = LineTrouble()

    @property
    def has_gate(self) -> bool:
        """Whether parts ride on to a gate."""
        return self._belt is not None

    @property
    def to_clear(self) -> bool:
        """Whether the belt must go on before everything that looks for the last part has had its time."""
        return self._belt is not None and (len(self._belt) > 0 or self._count < self._belt.clear_at)

    @property
    def count(self) -> float:
        """Where the encoder stands."""
        return self._count

    @property
    def latched_count(self) -> int:
        """The count at which the newest part was at its trigger."""
        return self._latched if self._coming is None or self._count < self._coming else self._coming

    @property
    def part_at_trigger(self) -> bool:
        """Whether the sensor at the trigger is covered: for half a turn from there."""
        return self._coming is not None and self._coming <= self._count < self._coming + self._turn / 2

    def inputs(self, now_ns: int, *, run_out: bool) -> LineInputs:
        """What the PLC reads."""
        back = round(_BACK_TURNS * self._turn) if self.trouble.lasts("encoder-back", now_ns) else 0
        belt = self._belt
        return LineInputs(
            encoder_count=wrapped(int(self._count) - back),
            sensors=belt is not None,
            rejects_seen=0 if belt is None else belt.rejects_seen,
            parts_seen=0 if belt is None else belt.parts_seen,
            air_low=self.trouble.lasts("air-low", now_ns),
            bin_full=self.trouble.lasts("bin-full", now_ns),
            run_out=run_out and self.to_clear,
        )

    def put(self, n: int, start: int, fault: LineFaultKind | None, now_ns: int) -> None:
        """Part `n` is triggered at count `start`, and `fault` hits it or begins with it."""
        if fault == "encoder-jump":
            self._slips = True
        elif fault == "encoder-back":
            self._runs_back = True
        elif fault in PLC_TROUBLES or fault in LASTS_NS:
            self.trouble.begin(fault, now_ns)
        if self._coming is not None:
            self._latched = self._coming
        self._coming = start
        if self._belt is None:
            return
        if fault == "extra-part":
            self._belt.put(Rider(None, start - round(_AHEAD_TURNS * self._turn)))
        stuck = {"gate-stuck-open": True, "gate-stuck-closed": False}
        self._belt.put(
            Rider(
                n,
                start,
                falls_off=fault == "falls-off",
                gate_stuck=None if fault is None else stuck.get(fault),
                reject_sensor_dead=fault == "reject-sensor-dead",
            )
        )

    def ride(self, count: float) -> list[Ended]:
        """Let the encoder come to `count`; who left the belt."""
        self._count = count
        return [] if self._belt is None else self._belt.advance(count)

    def at_rest(self, now_ns: int) -> int:
        """The jig has come to rest: by how much the encoder slips now; it seems to run back for a while."""
        if self._runs_back:
            self._runs_back = False
            self.trouble.begin("encoder-back", now_ns)
        if not self._slips:
            return 0
        self._slips = False
        slip = round(_SLIP_TURNS * self._turn)
        if self._coil is not None:
            self._coil.slip(slip)
        if self._belt is not None:
            self._belt.slip(slip)
        return slip

    def command(self, commands: Sequence[GateCommand]) -> None:
        """Pulses for the gate, in the PLC's counts; what comes too late is not done."""
        if self._belt is None:
            return
        now = int(self._count)
        for command in commands:
            if isinstance(command, GatePulse):
                begin = now + signed_difference(command.begin_count, wrapped(now))
                self._motion.schedule(command.n, begin, command.length_counts, self._count)
            else:
                self._motion.cancel(command.n, self._count)

    def run_empty(self) -> list[Ended]:
        """The belt runs until nothing is on it."""
        return [] if self._belt is None else self.ride(_ENDLESS)

    def counters(self) -> dict[str, object]:
        """Ready for JSON."""
        if self._belt is None:
            return {}
        return {"gate_pulses": self._belt.gate.done, "gate_commands_late": self._belt.gate.late}
