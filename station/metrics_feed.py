"""Brings the metrics up to what others count, once a second: servers, queues, the ledger between two decisions."""

from __future__ import annotations

from drivers.plc.facts import WireCounters
from station.core.line import Line
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.metrics import Metrics
from station.plc_side import PlcSide, wire_counters
from station.records.writer import RecordWriter
from station.workers.pool import WorkerPool

PERIOD_NS = 1_000_000_000


class MetricsFeed:
    """`refresh` is called from the loop with the time, and does its work at most once a second."""

    def __init__(
        self, metrics: Metrics, faults: FaultBoard, line: Line, plc: PlcSide, pool: WorkerPool, records: RecordWriter
    ) -> None:
        self._metrics, self._faults = metrics, faults
        self._line, self._plc, self._pool, self._records = line, plc, pool, records
        self._wire = WireCounters()
        self._last_ns = 0

    def refresh(self, now_ns: int) -> None:
        """Copy the totals and lengths, if a second has passed."""
        if now_ns - self._last_ns < PERIOD_NS:
            return
        self._last_ns = now_ns
        metrics, counts = self._metrics, self._records.counts()
        self._follow_wire(wire_counters(self._plc))
        metrics.bring_up_to(metrics.records_dropped, counts.dropped)
        metrics.queue_length["frames"].set(self._pool.depth)
        metrics.queue_length["records"].set(counts.waiting)
        metrics.show_ledger(self._line.counts)
        transport = self._line.transport
        if transport is not None:
            metrics.line_position.set(transport.position or 0)
            metrics.parts_on_way.set(transport.on_way)

    def _follow_wire(self, wire: WireCounters) -> None:
        """The connection's counters; who was refused is said, too."""
        metrics, before, self._wire = self._metrics, self._wire, wire
        metrics.bring_up_to(metrics.plc_connections, wire.connections)
        metrics.bring_up_to(metrics.plc_requests, wire.requests)
        metrics.bring_up_to(metrics.plc_malformed, wire.malformed)
        metrics.bring_up_to(metrics.plc_refused_peers, wire.refused_peers)
        metrics.bring_up_to(metrics.plc_second_writers, wire.second_writers)
        if wire.refused_peers > before.refused_peers:
            self._faults.raise_(FaultCode.PEER_REFUSED, count=wire.refused_peers)
        if wire.second_writers > before.second_writers:
            self._faults.raise_(FaultCode.SECOND_WRITER, count=wire.second_writers)
