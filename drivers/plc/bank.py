"""The station's registers as the server shows them, and who may write them.

The status block is one immutable value swapped at once: no read ever holds words of two snapshots. One link at a
time owns the control block. Must not know sockets or what the bits mean.
"""

import struct
from collections.abc import Callable, Sequence

from drivers.plc.pdu import ExceptionCode, RequestRefusedError
from drivers.plc.registers import CONTROL_BASE, CONTROL_WORDS, STATUS_BASE, STATUS_WORDS, ControlBlock


class ControlOwner:
    """Which link writes the control block: the first that writes, until it is released. Others are refused."""

    def __init__(self) -> None:
        self._link: int | None = None
        self.second_writer = 0

    @property
    def link(self) -> int | None:
        """Number of the owning link, None = nobody."""
        return self._link

    def claim(self, link: int) -> bool:
        """True if `link` owns the control block now; otherwise it is counted as a second writer."""
        if self._link is None:
            self._link = link
        if self._link != link:
            self.second_writer += 1
            return False
        return True

    def release(self) -> None:
        """The owner is gone or silent: the next link that writes owns the control block."""
        self._link = None


class RegisterBank:
    """Control block (written by one link, read by all) and status block (read only) as bytes of the wire.

    `on_control` is called with each new control block before the writer gets its answer, so that what it reads next
    already is the station's reaction.
    """

    def __init__(self, owner: ControlOwner, on_control: Callable[[ControlBlock], None]) -> None:
        self._owner = owner
        self._on_control = on_control
        self._control = (0,) * CONTROL_WORDS
        self._status = bytes(2 * STATUS_WORDS)

    def show(self, words: Sequence[int]) -> None:
        """Swap the whole status block for `words` (STATUS_WORDS of them; ValueError otherwise)."""
        if len(words) != STATUS_WORDS:
            raise ValueError(f"RegisterBank.show: {STATUS_WORDS} registers are needed, {len(words)} came")
        self._status = struct.pack(f">{STATUS_WORDS}H", *words)

    def read_holding(self, address: int, count: int) -> bytes:
        """Holding registers of the control block or of the status block, not across both."""
        if _within(address, count, CONTROL_BASE, CONTROL_WORDS):
            return struct.pack(f">{count}H", *self._control[address : address + count])
        return self._status_words(address - STATUS_BASE, count)

    def read_input(self, address: int, count: int) -> bytes:
        """The status block as input registers from 0."""
        return self._status_words(address, count)

    def write_holding(self, address: int, words: tuple[int, ...], writer: int) -> None:
        """Control registers, all at once, by the owning link alone."""
        if not _within(address, len(words), CONTROL_BASE, CONTROL_WORDS):
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        if not self._owner.claim(writer):
            raise RequestRefusedError(ExceptionCode.BUSY)
        start = address - CONTROL_BASE
        self._control = self._control[:start] + words + self._control[start + len(words) :]
        self._on_control(ControlBlock.decode(self._control))

    def _status_words(self, offset: int, count: int) -> bytes:
        if not _within(offset, count, 0, STATUS_WORDS):
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        return self._status[2 * offset : 2 * (offset + count)]


def _within(address: int, count: int, base: int, size: int) -> bool:
    return base <= address and address + count <= base + size
