"""Figures of the station's inner life: the loop's lag, collection pauses, queues, what was dropped, watchers."""

from __future__ import annotations

from station.metrics.families import Families
from station.metrics.gc_pauses import GcPauses

QUEUES = ("jobs", "records", "pictures")
"""jobs: pictures that wait for a worker; records, pictures: what waits for the disk."""
DROPS = ("frames", "jobs", "records", "pictures", "page clients", "log messages", "PLC events")
"""Where something can be lost because a place is full; a frame or job that is lost rejects its part."""
PROCESSES = ("classifier",)
"""A capture process that is replaced counts among its camera's recoveries."""

_LAG_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)


class InnerFigures(Families):
    """What the station is busy with."""

    def _make_inner_life(self) -> None:
        self.loop_lag = self._histogram("loop_lag_seconds", "Lateness of a tick of the event loop.", _LAG_BUCKETS_S)
        self.gc_pauses = GcPauses()
        self.registry.register(self.gc_pauses)
        self.queue_length = self._gauges("queue_length", "Entries waiting in a queue.", "queue", QUEUES)
        self.queue_capacity = self._gauges("queue_capacity", "Entries that fit into a queue.", "queue", QUEUES)
        dropped = self._counters("dropped", "What was lost because a place was full, by stage.", "stage")
        self.dropped = {stage: dropped.labels(stage) for stage in DROPS}
        self.page_clients = self._gauge("page_clients", "Browsers that watch the page.")
        self.page_clients_dropped = self.dropped["page clients"]
        restarts = self._counters("process_restarts", "Child processes that were started again.", "process")
        self.process_restarts = {process: restarts.labels(process) for process in PROCESSES}
