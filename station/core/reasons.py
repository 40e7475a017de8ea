"""Why a part left the station as it did: one closed list, shared by PLC block, records, metrics and page.

Must not know how a reason was found. Each reason has the verdict code that the PLC reads (PLC.md, R1) and one
bit of the reason register (R10); the order of the members is part of the interface: append, never insert.
"""

from __future__ import annotations

from enum import Enum

from drivers.plc.registers import VerdictCode


class Outcome(Enum):
    """What the ledger counts. Anything but PASSED goes to the reject gate."""

    PASSED = "pass"
    REJECTED = "reject"
    FORCED = "forced"


class Reason(Enum):
    """`(text, verdict code)`; the text is what people read on the page, in records and in metric labels."""

    DEFECT_FREE = ("defect-free", VerdictCode.PASS)
    DEFECT = ("defect", VerdictCode.DEFECT)
    DEADLINE = ("deadline", VerdictCode.DEADLINE)
    INCOMPLETE_FRAME = ("incomplete frame", VerdictCode.IMAGE_INTEGRITY)
    FRAME_GAP = ("frame-id gap", VerdictCode.IMAGE_INTEGRITY)
    STALE_FRAME = ("stale frame", VerdictCode.IMAGE_INTEGRITY)
    FROZEN_PICTURE = ("frozen picture", VerdictCode.IMAGE_INTEGRITY)
    NO_PART = ("no part in picture", VerdictCode.IMAGE_INTEGRITY)
    PART_OUTSIDE = ("part outside picture", VerdictCode.IMAGE_INTEGRITY)
    DARK = ("dark picture", VerdictCode.IMAGE_INTEGRITY)
    SATURATED = ("saturated picture", VerdictCode.IMAGE_INTEGRITY)
    MODEL = ("model error", VerdictCode.MODEL)
    CLASSIFIER_LOST = ("classifier lost", VerdictCode.MODEL)
    CAMERA_DOWN = ("camera down", VerdictCode.CAMERA)
    NO_FRAME = ("no frame", VerdictCode.CAMERA)
    MISSED_TRIGGER = ("missed trigger", VerdictCode.IDENTITY_MISMATCH)
    IDENTITY = ("part identity", VerdictCode.IDENTITY_MISMATCH)
    PLC_SILENT = ("PLC silent", VerdictCode.DEADLINE)
    STOPPING = ("station stopping", VerdictCode.DEADLINE)
    RING_FULL = ("frame ring full", VerdictCode.CAMERA)
    WRONG_SIZE = ("wrong picture size", VerdictCode.IMAGE_INTEGRITY)
    FRAME_UNUSABLE = ("unusable frame", VerdictCode.IMAGE_INTEGRITY)
    ENCODER_STEP = ("encoder step", VerdictCode.IMAGE_INTEGRITY)
    REVERSAL = ("encoder reversed", VerdictCode.IMAGE_INTEGRITY)
    BLURRED = ("blurred picture", VerdictCode.IMAGE_INTEGRITY)
    TRACKING = ("tracking lost", VerdictCode.IDENTITY_MISMATCH)
    TOO_CLOSE = ("parts too close", VerdictCode.IDENTITY_MISMATCH)
    LINE_STOPPED = ("line stopped", VerdictCode.DEADLINE)
    COUNTERS = ("counters differ", VerdictCode.IDENTITY_MISMATCH)
    RESTARTED = ("station restarted", VerdictCode.DEADLINE)
    WITHDRAWN = ("verdict withdrawn", VerdictCode.DEADLINE)
    WRONG_PART = ("wrong part", VerdictCode.IDENTITY_MISMATCH)
    UNKNOWN_PART = ("unknown part", VerdictCode.IDENTITY_MISMATCH)

    @property
    def text(self) -> str:
        """The words people read."""
        return self.value[0]

    @property
    def code(self) -> VerdictCode:
        """The verdict code for register R1."""
        return self.value[1]

    @property
    def bit(self) -> int:
        """This reason's bit in register R10; reasons past the sixteenth share the highest bit."""
        return 1 << min(list(Reason).index(self), 15)

    @property
    def outcome(self) -> Outcome:
        """Pass, reject by the classifier, or forced reject: everything that was not inspected is forced."""
        if self is Reason.DEFECT_FREE:
            return Outcome.PASSED
        return Outcome.REJECTED if self is Reason.DEFECT else Outcome.FORCED
