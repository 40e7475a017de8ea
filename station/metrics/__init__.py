"""What Prometheus reads: the metrics, what brings them up to date once a second, and the thread that serves them.

Must not decide anything: whoever counts or measures calls in here, and nothing in here calls back.
"""

from station.metrics.all import Metrics
from station.metrics.frames import FRAME_FAULTS, STATION_FRAME_FAULTS
from station.metrics.parts import JUDGEMENTS, LINE_EVENTS, PART_REASONS
from station.statistics import STAGES

__all__ = ["FRAME_FAULTS", "JUDGEMENTS", "LINE_EVENTS", "PART_REASONS", "STAGES", "STATION_FRAME_FAULTS", "Metrics"]
