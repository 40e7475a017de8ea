"""The gate as a thing: it moves by pulses laid out in encoder counts ahead of time, like a cam switch, or not at all.

Pure and physical: where a part goes is asked of the gate at the count at which the part passes it. Without power it
stands at its default: reject for a pulse-to-pass gate, pass for a pulse-to-reject gate. Must not know verdicts.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Literal, Protocol

GateKind = Literal["pass", "reject"]
"""Which way a pulse moves the gate."""


@dataclass(frozen=True, slots=True)
class GatePulse:
    """Command: powered from `begin_count` (32 bits, as the PLC counts) on for `length_counts`; for part `n`."""

    n: int
    begin_count: int
    length_counts: int


@dataclass(frozen=True, slots=True)
class GateCancel:
    """Command: the pulse of part `n` is not to be done."""

    n: int


GateCommand = GatePulse | GateCancel


class Gate(Protocol):
    """What a belt asks of its gate."""

    done: int
    late: int

    def passes(self, at: int) -> bool:
        """Whether a part that is at the gate at count `at` goes on."""
        ...

    def begin_for(self, n: int, at: int) -> int | None:
        """Where the power began that part `n` met at count `at`, or was to meet; None when there was none."""
        ...

    def forget(self, before: float, riding: Container[int]) -> None:
        """Nothing before count `before` will be asked any more, but for the parts still `riding`."""
        ...


class GateMotion:
    """Pulses that are to come or under way. `late`: commands that came when their count had gone by."""

    def __init__(self, kind: GateKind) -> None:
        self._kind = kind
        self._pulses: dict[int, tuple[int, int]] = {}
        self.done = 0
        self.late = 0

    def schedule(self, n: int, begin: int, length: int, count: float) -> bool:
        """A pulse on [`begin`, `begin + length`); not done, and counted, when the encoder is past `begin` already."""
        if count > begin:
            self.late += 1
            return False
        self._pulses[n] = (begin, begin + length)
        self.done += 1
        return True

    def cancel(self, n: int, count: float) -> bool:
        """Take a pulse back; one that has begun goes on, and the command is counted as late."""
        begin, _ = self._pulses.get(n, (count, count))
        if n not in self._pulses or count > begin:
            self.late += 1
            return False
        del self._pulses[n]
        self.done -= 1
        return True

    def begin_for(self, n: int, at: int) -> int | None:
        """Where the pulse given for part `n` begins, which is at the gate at count `at`; None when there is none."""
        del at
        pulse = self._pulses.get(n)
        return None if pulse is None else pulse[0]

    def passes(self, at: int) -> bool:
        """Whether a part that is at the gate at count `at` goes on."""
        powered = any(begin <= at < end for begin, end in self._pulses.values())
        return powered == (self._kind == "pass")

    def forget(self, before: float, riding: Container[int]) -> None:
        """Drop the pulses that ended before count `before` and whose part is not among those still `riding`."""
        self._pulses = {n: (b, e) for n, (b, e) in self._pulses.items() if e > before or n in riding}
