"""The trigger half of the PLC's program: number and encoder, Trigger, TriggerAck, ExposureComplete, the next part.

Pure. The jig rests while the number and the count of the next pulse are laid out, so both stand in the registers
before Trigger rises. Must not know results; a part leaves the jig only when the turn is over and the station has its
picture (or has rejected it already).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from drivers.cell import causes
from drivers.cell.parts_in_hand import PartInHand, PartsInHand, Reading
from drivers.plc.registers import NO_ENCODER, StatusBits, StatusBlock

NOT_READY = "station not ready"
PICK_UP_FULL = "pick-up full"
NO_EXPOSURE_YET = "exposure not complete"
JIG_TURNING = "jig turning"
_U32 = 0xFFFF_FFFF
_LAST_SEQ = 0xFFFF
_MOST_IN_HAND = 256


@dataclass(frozen=True, slots=True)
class TriggerRules:
    """Limits and pace of the trigger half."""

    period_ns: int
    ack_limit_ns: int
    exposure_limit_ns: int
    first_part_seq: int
    trigger_anyway: bool
    belt: bool = False
    """Parts ride on to a gate: those under way take no place at the pick-up."""


@dataclass(frozen=True, slots=True)
class JigView:
    """The PLC's sensors at the jig. `next_start_count`: where the next pulse fires, None while it turns."""

    next_start_count: int | None
    part_waiting: bool
    places_free: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Command to the jig: part `n` is triggered, turn it once; the pulse fires at `start_count`."""

    n: int
    part_seq: int
    start_count: int
    at_ns: int


class TriggerStep:
    """Triggers part after part. The public attributes are the bits and registers to write."""

    def __init__(self, hand: PartsInHand, rules: TriggerRules) -> None:
        self._hand = hand
        self._rules = rules
        self._n = 0
        self._next_seq = rules.first_part_seq
        self._on_jig: PartInHand | None = None
        self._laid_out = False
        self._rested_ns: int | None = None
        self._due_ns: int | None = None
        self._last_scan_ns = 0
        self._waited = False
        self.trigger = False
        self.exposure_ack = False
        self.part_seq = 0
        self.encoder = NO_ENCODER
        self.wait_ns: Counter[str] = Counter()
        self.parts_waited_for = 0
        self.ack_timeouts = 0
        self.exposure_timeouts = 0

    @property
    def jig_is_free(self) -> bool:
        """No part is on the jig and none is being triggered."""
        return self._on_jig is None and not self.trigger

    def reset(self) -> None:
        """The station is gone: nothing is asked of it, and the pace begins anew when it is back."""
        self._clear_jig()
        self._laid_out = self.exposure_ack = False
        self._due_ns = None

    def scan(self, now_ns: int, status: StatusBlock, jig: JigView, *, allowed: bool) -> Turn | None:
        """One scan over a fresh status block; `allowed`: the station is alive and no old edge is left over."""
        if StatusBits.EXPOSURE_COMPLETE not in status.bits:
            self.exposure_ack = False
        part = self._on_jig
        if part is not None:
            if part.part_seq not in self._hand:
                self._clear_jig()
            elif self.trigger:
                self._await_ack(now_ns, status, part)
            else:
                self._await_exposure(now_ns, status, part, jig)
        turn = None
        if self._laid_out and not self._still_right(jig):
            self._laid_out = False
        if self._laid_out:
            turn = self._trigger_when_due(now_ns, status, jig, allowed=allowed)
        elif not self.trigger and StatusBits.TRIGGER_ACK not in status.bits:
            self._lay_out(jig)
        if turn is None:
            self._count_wait(now_ns, jig)
        self._last_scan_ns = now_ns
        return turn

    def _lay_out(self, jig: JigView) -> None:
        if jig.next_start_count is not None and jig.part_waiting:
            self.part_seq, self.encoder = self._next_seq, jig.next_start_count & _U32
            self._laid_out = True

    def _still_right(self, jig: JigView) -> bool:
        """The part was not taken back and the belt has not moved since number and count were laid out."""
        return jig.part_waiting and jig.next_start_count is not None and jig.next_start_count & _U32 == self.encoder

    def _trigger_when_due(self, now_ns: int, status: StatusBlock, jig: JigView, *, allowed: bool) -> Turn | None:
        ready = StatusBits.TRIGGER_READY in status.bits and StatusBits.ONLINE in status.bits
        idle = StatusBits.TRIGGER_ACK not in status.bits and self._on_jig is None
        if not (allowed and idle and (ready or self._rules.trigger_anyway)):
            return None
        if self._due_ns is None:
            self._due_ns = now_ns
        start_count = jig.next_start_count
        if start_count is None or now_ns < self._due_ns or not self._place_free(jig):
            return None
        # A little late: the grid holds. A whole period late: the line has stood, and goes on from now without a burst.
        late_ns = now_ns - self._due_ns
        self._due_ns = (self._due_ns if late_ns < self._rules.period_ns else now_ns) + self._rules.period_ns
        self._n += 1
        self._next_seq = self.part_seq % _LAST_SEQ + 1
        self._on_jig = PartInHand(self._n, self.part_seq, now_ns, trigger_count=self.encoder)
        self._hand.add(self._on_jig)
        self._rested_ns, self._laid_out, self._waited = None, False, False
        self.trigger = True
        return Turn(self._n, self.part_seq, start_count, now_ns)

    def _place_free(self, jig: JigView) -> bool:
        if self._rules.belt:
            room = jig.places_free > 0 and len(self._hand) < _MOST_IN_HAND
        else:
            room = len(self._hand) < jig.places_free
        return room and self.part_seq not in self._hand

    def _await_ack(self, now_ns: int, status: StatusBlock, part: PartInHand) -> None:
        if StatusBits.TRIGGER_ACK in status.bits and status.acq_seq == part.part_seq:
            # From here on ExposureComplete is this part's own: the acknowledge of the last part's ends, seen or not.
            self.trigger = self.exposure_ack = False
        elif part.reading is not None and not part.reading.accepted:
            self._leave_jig(part, now_ns, part.reading)
        elif now_ns - part.trigger_ns >= self._rules.ack_limit_ns:
            self.ack_timeouts += 1
            self._leave_jig(part, now_ns, Reading(accepted=False, cause=causes.NO_TRIGGER_ACK))

    def _await_exposure(self, now_ns: int, status: StatusBlock, part: PartInHand, jig: JigView) -> None:
        if jig.next_start_count is None:
            return
        if self._rested_ns is None:
            self._rested_ns = now_ns
        complete = StatusBits.EXPOSURE_COMPLETE in status.bits and status.acq_seq == part.part_seq
        if complete:
            self.exposure_ack = True
            part.at_pick_up = True
            self._clear_jig()
        elif part.reading is not None and not part.reading.accepted:
            self._leave_jig(part, now_ns, part.reading)
        elif now_ns - self._rested_ns >= self._rules.exposure_limit_ns:
            self.exposure_timeouts += 1
            code = part.reading.verdict_code if part.reading else None
            self._leave_jig(part, now_ns, Reading(accepted=False, cause=causes.NO_EXPOSURE, verdict_code=code))

    def _leave_jig(self, part: PartInHand, now_ns: int, reading: Reading) -> None:
        self._hand.dispose(part.part_seq, reading, now_ns)
        self._clear_jig()

    def _clear_jig(self) -> None:
        self._on_jig, self.trigger = None, False

    def _count_wait(self, now_ns: int, jig: JigView) -> None:
        if self._due_ns is None or not jig.part_waiting or now_ns <= self._due_ns:
            return
        if jig.next_start_count is None:
            reason = JIG_TURNING
        elif self._on_jig is not None:
            reason = NO_EXPOSURE_YET
        else:
            reason = NOT_READY if self._place_free(jig) else PICK_UP_FULL
        self.wait_ns[reason] += now_ns - max(self._due_ns, self._last_scan_ns)
        self.parts_waited_for += not self._waited
        self._waited = True
