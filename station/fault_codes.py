"""The code of every fault.

E1xx camera, E2xx PLC, E3xx model and recipe, E4xx picture, ledger, line and gate, E5xx records and pictures on disk,
E6xx start-up and access.

Numbers are part of the interface (log, page, metric label, PLC register S3): add, never renumber.
"""

from __future__ import annotations

from enum import StrEnum


class FaultCode(StrEnum):
    """The names by which the code raises what the catalogue describes."""

    CAMERA_DOWN = "E101"
    CAMERA_STAYED_DOWN = "E102"
    FRAME_LOST = "E103"
    FRAME_WITHOUT_TRIGGER = "E104"
    TRIGGER_WITHOUT_FRAME = "E105"
    FRAME_HELD = "E106"
    LINES_TOO_FAST = "E107"
    FRAMES_TOO_FAST = "E108"
    NO_BUFFER = "E109"
    PLC_NOT_CONNECTED = "E201"
    PLC_SILENT = "E202"
    HANDSHAKE_TIMEOUT = "E203"
    MISSED_TRIGGER = "E204"
    RESULT_OVERRUN = "E205"
    PLC_PORT_IN_USE = "E206"
    COUNTERS_DIFFER = "E207"
    SECOND_WRITER = "E208"
    PEER_REFUSED = "E209"
    MODEL_REFUSED = "E301"
    WORKER_DIED = "E302"
    WORKER_STAYED_DOWN = "E303"
    WORKER_STUCK = "E304"
    CLASSIFIER_FAILED = "E305"
    MODEL_UNSIGNED = "E306"
    CHANGEOVER_REFUSED = "E307"
    UNKNOWN_RECIPE = "E308"
    IMAGE_INCOMPLETE = "E401"
    IMAGE_DARK = "E402"
    IMAGE_SATURATED = "E403"
    NO_PART = "E404"
    PART_AT_BORDER = "E405"
    IMAGE_STALE = "E406"
    ENCODER_MISMATCH = "E407"
    IMAGE_PROBLEM = "E408"
    IMAGE_BLURRED = "E409"
    IMAGE_SIZE = "E410"
    WRONG_PART = "E411"
    UNKNOWN_PART = "E412"
    LEDGER_IMBALANCE = "E420"
    VERDICT_LATE = "E421"
    VERDICT_WITHDRAWN = "E422"
    RESTARTED = "E423"
    LEDGER_FILE = "E424"
    TRACKING_LOST = "E430"
    PARTS_TOO_CLOSE = "E431"
    REJECT_NOT_CONFIRMED = "E432"
    REJECT_UNEXPECTED = "E433"
    PART_MISSING = "E434"
    PART_UNEXPECTED = "E435"
    AIR_LOW = "E436"
    BIN_FULL = "E437"
    CONSECUTIVE_REJECTS = "E438"
    REJECT_RATE = "E439"
    GATE = "E440"
    FAILSAFE_FAILED = "E441"
    WRONG_PARTS = "E442"
    RECORDS_QUEUE_FULL = "E501"
    DISK_FULL = "E502"
    DATABASE_FAULT = "E503"
    RECORD_REFUSED = "E504"
    PASSED_PICTURES_STOPPED = "E505"
    PICTURES_STOPPED = "E506"
    PICTURES_DROPPED = "E507"
    PICTURES_FAULT = "E508"
    SIMULATED_BESIDE_REAL_PLC = "E601"
    PORT_IN_USE = "E602"
    CONFIGURATION = "E603"
    USERS_FILE = "E604"

    @property
    def number(self) -> int:
        """The code as the PLC's register S3 carries it: E204 -> 204."""
        return int(self.value[1:])
