"""A station as small as can be, for tests of the cell: it obeys the handshake and answers what it is told to.

Pure: control block in, status block out, time as an argument.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.plc.registers import (
    ControlBits,
    ControlBlock,
    ResultBlock,
    State,
    StatusBits,
    StatusBlock,
    VerdictCode,
)
from drivers.plc.symbols import LAYOUT_VERSION

MS = 1_000_000


def passes(part_seq: int, encoder: int) -> ResultBlock | None:
    """A station that lets everything through."""
    return ResultBlock.sealed(part_seq=part_seq, verdict=VerdictCode.PASS, trigger_encoder=encoder)


@dataclass
class SmallStation:
    """Answers `answer(part_seq, encoder)` (None: never) `result_ms` after the trigger."""

    answer: Callable[[int, int], ResultBlock | None] = passes
    exposure_ms: float = 70.0
    result_ms: float = 90.0
    online: bool = True
    beating: bool = True
    triggers: list[tuple[int, int]] = field(default_factory=list)
    missed: int = 0
    enabled: bool = False

    def __post_init__(self) -> None:
        self._last = ControlBits(0)
        self._acq_seq = 0
        self._ack = self._exposed = False
        self._exposing_until_ns: int | None = None
        self._ready_results: deque[tuple[int, ResultBlock]] = deque()
        self._shown: ResultBlock | None = None
        self._result = ResultBlock()
        self._heartbeat_ns = 0
        self._heartbeat = 0

    def step(self, control: ControlBlock, now_ns: int) -> StatusBlock:
        """One round of the station's register service."""
        bits = control.bits
        rising = bits & ~self._last
        self._last = bits
        self.enabled = ControlBits.ENABLE in bits
        if self.beating and now_ns - self._heartbeat_ns >= 100 * MS:
            self._heartbeat, self._heartbeat_ns = (self._heartbeat + 1) & 0xFFFF, now_ns
        if ControlBits.TRIGGER in rising:
            self._triggered(control, now_ns)
        if ControlBits.TRIGGER not in bits:
            self._ack = False
        if ControlBits.EXPOSURE_ACK in rising:
            self._exposed = False
        if self._exposing_until_ns is not None and now_ns >= self._exposing_until_ns:
            self._exposing_until_ns, self._exposed = None, True
        if self._shown is not None and ControlBits.RESULTS_ACK in rising:
            self._shown = None
        elif self._shown is None and ControlBits.RESULTS_ACK not in bits:
            self._show_next(now_ns)
        return self._status()

    def _triggered(self, control: ControlBlock, now_ns: int) -> None:
        self.triggers.append((control.part_seq, control.encoder))
        if not self._ready:
            self.missed += 1
            return
        self._acq_seq, self._ack, self._exposed = control.part_seq, True, False
        self._exposing_until_ns = now_ns + round(self.exposure_ms * MS)
        result = self.answer(control.part_seq, control.encoder)
        if result is not None:
            self._ready_results.append((now_ns + round(self.result_ms * MS), result))

    def _show_next(self, now_ns: int) -> None:
        if self._ready_results and self._ready_results[0][0] <= now_ns:
            self._shown = self._result = self._ready_results.popleft()[1]

    @property
    def _ready(self) -> bool:
        return self.online and self._exposing_until_ns is None and not self._ack

    def _status(self) -> StatusBlock:
        bits = StatusBits.SIMULATED
        for on, bit in (
            (self.online, StatusBits.ONLINE),
            (self._ready, StatusBits.TRIGGER_READY),
            (self._ack, StatusBits.TRIGGER_ACK),
            (self._exposed, StatusBits.EXPOSURE_COMPLETE),
            (self._shown is not None, StatusBits.RESULTS_VALID),
        ):
            if on:
                bits |= bit
        return StatusBlock(
            bits=bits,
            state=State.READY if self.online else State.HALTED,
            heartbeat=self._heartbeat,
            acq_seq=self._acq_seq,
            result=self._result,
            layout_version=LAYOUT_VERSION,
        )
