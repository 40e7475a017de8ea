"""Why a part ended where it ended, in words that the score and the log share.

Must not import anything of the cell.
"""

from __future__ import annotations

from typing import Final

BY_STATION: Final = "inspected"  # the station's own PASS or defect verdict
RESULT_TIMEOUT: Final = "PLC: no result in time"
NO_TRIGGER_ACK: Final = "PLC: trigger not acknowledged"
NO_EXPOSURE: Final = "PLC: exposure never complete"
RESULT_NOT_VALID: Final = "PLC: result failed its check"
LINK_LOST: Final = "PLC: connection to the station lost"
STATION_SILENT: Final = "PLC: station's heartbeat silent"
STATION_ERROR: Final = "PLC: station in error"
CELL_STOPPED: Final = "PLC: line stopped"
BEHIND_GATE: Final = "PLC: no result before the gate"
GATE_COUNT_DIFFERS: Final = "PLC: result names another gate position"
GATE_STAYED_SHUT: Final = "gate: did not let the passed part through"
GATE_STAYED_OPEN: Final = "gate: let a part through that was to be rejected"
NOT_OPENED: Final = "gate: was not opened for it"
FELL_OFF: Final = "fell off before the gate"
BY_LINE: Final = frozenset((GATE_STAYED_SHUT, GATE_STAYED_OPEN, FELL_OFF))
"""Not what station and PLC decided, but what became of it."""
