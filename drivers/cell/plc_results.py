"""The result half of the PLC's program: ResultsValid, check, ResultsAck, edge by edge.

Pure. A result is read once per rising edge of ResultsValid and given to the part that bears its number; a result for
no part in hand is acknowledged, counted and used for nothing.
"""

from __future__ import annotations

from drivers.cell import causes
from drivers.cell.parts_in_hand import PartsInHand, read_result
from drivers.plc.registers import StatusBits, StatusBlock


class ResultStep:
    """Reads results. `acknowledge` is the ResultsAck bit to write."""

    def __init__(self, hand: PartsInHand, ack_limit_ns: int) -> None:
        self._hand = hand
        self._ack_limit_ns = ack_limit_ns
        self._ack_since_ns: int | None = None
        self._quiet_scans = 0
        self.results_without_part = 0
        self.invalid_results = 0
        self.ack_timeouts = 0

    @property
    def acknowledge(self) -> bool:
        """The ResultsAck bit."""
        return self._ack_since_ns is not None

    @property
    def quiet_scans(self) -> int:
        """Scans in a row in which no result was waiting or being acknowledged."""
        return self._quiet_scans

    def reset(self) -> None:
        """The connection was lost: no edge of the old one counts any more."""
        self._ack_since_ns = None
        self._quiet_scans = 0

    def scan(self, now_ns: int, status: StatusBlock) -> None:
        """One scan over a fresh status block."""
        valid = StatusBits.RESULTS_VALID in status.bits
        if self._ack_since_ns is not None:
            if not valid:
                self._ack_since_ns = None
            elif now_ns - self._ack_since_ns >= self._ack_limit_ns:
                # The station never saw the acknowledge; it is lowered, and the same result comes up again.
                self.ack_timeouts += 1
                self._ack_since_ns = None
            self._quiet_scans = 0
            return
        if not valid:
            self._quiet_scans += 1
            return
        self._quiet_scans = 0
        self._ack_since_ns = now_ns
        part = self._hand.get(status.result.part_seq)
        if part is None or part.reading is not None:
            self.results_without_part += 1
            return
        part.reading = read_result(status.result, part.part_seq)
        self.invalid_results += part.reading.cause == causes.RESULT_NOT_VALID
