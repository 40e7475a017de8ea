"""How one part ended, as a value: what the PLC read and wanted, and what gate and belt really did.

Must not know what the part really was.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the PLC disposed of part `n`; `verdict_code` and `defect_class` as it read them, None if it read none."""

    n: int
    part_seq: int
    accepted: bool
    cause: str
    verdict_code: int | None
    defect_class: int | None
    bin_name: str
    result_ns: int
    passed_gate: bool | None = None
    """Whether the gate stood at pass when the part passed it; None without a gate, or when it never got there."""
    confirmed: bool | None = None
    """Whether the sensor in the reject chute saw it; None where none could."""
    gate_error_counts: int | None = None
    """Where its pulse was against where the part was; None: there was no pulse for it."""
