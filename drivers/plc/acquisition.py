"""The trigger side of the handshake: AcqSeq, TriggerAck, Acquiring and ExposureComplete, each from edge to edge.

Pure: time comes in as `now_ns`. Must not know which parts are open, results or sockets.
"""

from drivers.plc.registers import StatusBits


class Acquisition:
    """The part that is being taken, one at a time."""

    def __init__(self) -> None:
        self._trigger_since_ns: int | None = None
        self.part_seq = 0
        """AcqSeq: the part taken last, 0 before the first."""
        self.bits = StatusBits(0)
        """Of TriggerAck, Acquiring and ExposureComplete those that are on."""

    @property
    def acquiring(self) -> bool:
        """The images of a part are being taken: it may not move, and no other part may come."""
        return StatusBits.ACQUIRING in self.bits

    def trigger_rose(self, now_ns: int) -> None:
        """Trigger 0→1, whatever becomes of it; from now on the PLC must take it back in time."""
        self._trigger_since_ns = now_ns

    def trigger_is_low(self) -> None:
        """Trigger is 0: nothing is left to acknowledge."""
        self.bits &= ~StatusBits.TRIGGER_ACK
        self._trigger_since_ns = None

    def take(self, part_seq: int) -> None:
        """The triggered part is taken."""
        self.part_seq = part_seq
        self.bits = StatusBits.TRIGGER_ACK | StatusBits.ACQUIRING

    def exposed(self, part_seq: int) -> None:
        """The images of this part are taken: it may move, the next one may come. Other parts: no effect."""
        if self.acquiring and part_seq == self.part_seq:
            self.bits &= ~StatusBits.ACQUIRING
            self.bits |= StatusBits.EXPOSURE_COMPLETE

    def exposure_acknowledged(self) -> None:
        """ExposureAck 0→1."""
        self.bits &= ~StatusBits.EXPOSURE_COMPLETE

    def stuck(self, now_ns: int, limit_ns: int) -> bool:
        """Trigger has been 1 for longer than `limit_ns`; True once an edge."""
        since_ns = self._trigger_since_ns
        if since_ns is None or now_ns - since_ns <= limit_ns:
            return False
        self._trigger_since_ns = None
        return True
