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
CELL_STOPPED: Final = "PLC: line stopped"
