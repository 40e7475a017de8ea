"""Which gate a result opens, and where each gate may be open for a part.

Pure. Must not know where the line is, or what becomes of a part.
"""

from __future__ import annotations

from drivers.gate.part import Window
from drivers.gate.settings import GateSettings
from drivers.plc.registers import ResultBlock, VerdictCode, is_pass
from drivers.remote_io.settings import GateOutputSettings


class GatePlaces:
    """The gates of the line. Positions are unwrapped counts."""

    def __init__(self, gates: tuple[GateOutputSettings, ...], gate: GateSettings) -> None:
        self._gate = gate
        self._after = {one.name: one.after_gate_counts for one in gates}
        self._opens = {one.opens_for: one.name for one in gates}

    @property
    def offset_counts(self) -> int:
        """From the trigger to the first gate, unless a result says another way."""
        return self._gate.offset_counts

    def windows(self, position: int, uncertain_counts: int = 0) -> dict[str, Window]:
        """One a gate, for a part triggered at `position` or up to `uncertain_counts` before."""
        gate_at = position + self.offset_counts
        return {name: self.window(name, gate_at, uncertain_counts) for name in self._after}

    def window(self, name: str, gate_at: int, uncertain_counts: int = 0) -> Window:
        """Of one gate, for a part that meets the first one at `gate_at`."""
        place = gate_at + self._after[name]
        open_at = place - self._gate.lead_counts
        return Window(open_at - uncertain_counts, open_at + self._gate.pulse_counts, place)

    def opened_by(self, result: ResultBlock) -> str | None:
        """The gate of an intact PASS, or of an intact defect's class; None = none opens, the part is rejected."""
        if is_pass(result, result.part_seq):
            return self._opens["pass"]
        intact = result == result.resealed(VerdictCode.DEFECT)
        return self._opens.get(result.defect_class) if intact else None
