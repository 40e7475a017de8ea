"""Brings the metrics up to what others count, once a second: servers, queues, the ledger between two decisions."""

from __future__ import annotations

from drivers.plc.link import PlcServerLink
from station.core.line import Line
from station.metrics import Metrics
from station.records.writer import RecordWriter
from station.workers.pool import WorkerPool

PERIOD_NS = 1_000_000_000


class MetricsFeed:
    """`refresh` is called from the loop with the time, and does its work at most once a second."""

    def __init__(
        self, metrics: Metrics, line: Line, plc: PlcServerLink, pool: WorkerPool, records: RecordWriter
    ) -> None:
        self._metrics, self._line, self._plc, self._pool, self._records = metrics, line, plc, pool, records
        self._last_ns = 0

    def refresh(self, now_ns: int) -> None:
        """Copy the totals and lengths, if a second has passed."""
        if now_ns - self._last_ns < PERIOD_NS:
            return
        self._last_ns = now_ns
        metrics, server, counts = self._metrics, self._plc.server_counters, self._records.counts()
        metrics.bring_up_to(metrics.plc_connections, server.connections)
        metrics.bring_up_to(metrics.plc_requests, server.requests)
        metrics.bring_up_to(metrics.plc_malformed, server.malformed)
        metrics.bring_up_to(metrics.records_dropped, counts.dropped)
        metrics.queue_length["frames"].set(self._pool.depth)
        metrics.queue_length["records"].set(counts.waiting)
        metrics.show_ledger(self._line.counts)
