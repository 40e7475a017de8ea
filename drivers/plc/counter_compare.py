"""The PLC's part counters against the station's own: do both sides tell the same story of the line?

All counting is from a baseline that is taken when the PLC comes, so that neither side's history matters. Pure: control
blocks and the station's own counts in, a sentence out. Must not know events, faults, sockets or time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from drivers.plc import sentences
from drivers.plc.registers import ControlBlock, LineBits

_U32 = 0xFFFF_FFFF
_MOST_IN_HAND = 1000
"""More parts than this between camera and gate is no line; the PLC's counters do not begin together then."""


@dataclass(frozen=True, slots=True)
class OwnCounters:
    """What the station has to compare with; counts since its start, they never wrap."""

    triggers: int
    """Trigger edges seen: taken, missed and refused ones."""
    passes_shown: int
    """PASS results that the PLC could read."""
    open_parts: int
    """Parts whose result the PLC has not acknowledged."""
    pass_waits: bool
    """A PASS is shown at this moment and not acknowledged; the PLC may have counted it already, or not yet."""


@dataclass(frozen=True, slots=True)
class _Baseline:
    plc_triggers: int
    plc_passed: int
    plc_rejected: int
    own_triggers: int
    own_passes: int
    in_hand: int
    """Parts that the PLC had triggered and not yet sorted at that time."""


class CounterCompare:
    """Call `step` with each control block, after the station has followed it; `begin_anew` when the PLC comes."""

    def __init__(self) -> None:
        self._base: _Baseline | None = None
        self.withheld_passes = 0
        """PASS results of which the PLC let no part pass: its own default, or a gate that did not open."""

    def begin_anew(self) -> None:
        """The PLC came, or came back: the next control block is the new baseline."""
        self._base = None

    def step(self, block: ControlBlock, own: OwnCounters, *, settled: bool) -> str | None:
        """One sentence where the counters differ, once; then the counting begins anew.

        `settled`: this block brings an edge of Trigger or ResultsAck, before which the PLC must have counted. At other
        times the PLC may be in the middle of its writes, and nothing is compared.
        """
        if LineBits.COUNTERS_VALID not in block.line_bits:
            self._base = None
            return None
        if self._base is None:
            self._base = _baseline(block, own)
        if not settled:
            return None
        base = self._base
        triggers = _since(block.plc_triggers, base.plc_triggers)
        passed = _since(block.plc_passed, base.plc_passed)
        rejected = _since(block.plc_rejected, base.plc_rejected)
        own_triggers, own_passes = own.triggers - base.own_triggers, own.passes_shown - base.own_passes
        in_hand = base.in_hand + triggers - passed - rejected
        if not 0 <= passed <= own_passes:
            sentence = sentences.passes_differ(passed, own_passes)
        elif triggers != own_triggers:
            sentence = sentences.triggers_differ(triggers, own_triggers)
        elif rejected < 0 or in_hand < 0:
            sentence = sentences.sum_differs(passed, rejected, triggers, base.in_hand)
        else:
            self._forget_unused(base, passed, own_passes - own.pass_waits, closed=in_hand == own.open_parts)
            return None
        self._base = _baseline(block, own)
        return sentence

    def _forget_unused(self, base: _Baseline, passed: int, own_passes: int, *, closed: bool) -> None:
        """With the books closed (the PLC holds just the open parts) a PASS that it did not use can be used no more.

        Otherwise one PASS that the PLC turned into a reject would hide one reject that it lets pass later.
        """
        unused = own_passes - passed
        if closed and unused > 0:
            self.withheld_passes += unused
            self._base = replace(base, own_passes=base.own_passes + unused)


def _baseline(block: ControlBlock, own: OwnCounters) -> _Baseline:
    in_hand = (block.plc_triggers - block.plc_passed - block.plc_rejected) & _U32
    return _Baseline(
        plc_triggers=block.plc_triggers,
        plc_passed=block.plc_passed,
        plc_rejected=block.plc_rejected,
        own_triggers=own.triggers,
        own_passes=own.passes_shown - own.pass_waits,
        in_hand=in_hand if in_hand <= _MOST_IN_HAND else 0,
    )


def _since(count: int, base: int) -> int:
    """How far a u32 counter went on, across its wrap-around; below 0 where it ran back."""
    ahead = (count - base) & _U32
    return ahead - (1 << 32) if ahead >> 31 else ahead
