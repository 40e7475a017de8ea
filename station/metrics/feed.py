"""Brings the metrics up to what others count, once a second: servers, queues, the ledger between two decisions."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from drivers.plc.facts import WireCounters
from drivers.plc.shown import Beat
from station.core.line import Line
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.metrics.all import Metrics
from station.plc_side import PlcSide, wire_counters
from station.records.writer import RecordWriter
from station.workers.active_pool import ActivePool

PERIOD_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class PictureTotals:
    """What became of the pictures that should be kept: waiting now, and since the start; bytes on the disk."""

    waiting: int
    capacity: int
    dropped: int
    written: int
    stored_bytes: int
    budget_bytes: int


class MetricsFeed:
    """`refresh` is called from the loop with the time, and does its work at most once a second.

    `ready` says whether a part may be triggered, `records_size` how many records may wait, `pictures` and
    `logs_dropped` give the totals of those who keep them; None where nobody does.
    """

    def __init__(
        self,
        metrics: Metrics,
        faults: FaultBoard,
        line: Line,
        plc: PlcSide,
        pool: ActivePool,
        records: RecordWriter,
        *,
        ready: Callable[[], bool] | None = None,
        records_size: int = 0,
        pictures: Callable[[], PictureTotals] | None = None,
        logs_dropped: Callable[[], int] | None = None,
    ) -> None:
        self._metrics, self._faults = metrics, faults
        self._line, self._plc, self._pool, self._records = line, plc, pool, records
        self._ready, self._pictures, self._logs_dropped = ready, pictures, logs_dropped
        self._wire = WireCounters()
        self._last_ns = 0
        metrics.queue_capacity["jobs"].set(pool.capacity)
        metrics.queue_capacity["records"].set(records_size)
        watch = plc.watch
        metrics.follow_heartbeats(plc=lambda: _age_s(watch.plc_beat), station=lambda: _age_s(watch.station_beat))

    def refresh(self, now_ns: int) -> None:
        """Copy the totals and lengths, if a second has passed."""
        if now_ns - self._last_ns < PERIOD_NS:
            return
        self._last_ns = now_ns
        self._follow_wire(wire_counters(self._plc))
        self._follow_queues()
        self._follow_state()
        metrics = self._metrics
        metrics.show_ledger(self._line.counts)
        transport = self._line.transport
        if transport is not None:
            metrics.line_position.set(transport.position or 0)
            metrics.parts_on_way.set(transport.on_way)

    def _follow_queues(self) -> None:
        metrics, records = self._metrics, self._records.counts()
        metrics.queue_length["jobs"].set(self._pool.depth)
        metrics.queue_length["records"].set(records.waiting)
        metrics.bring_up_to(metrics.dropped["jobs"], self._pool.refused)
        metrics.bring_up_to(metrics.dropped["records"], records.dropped)
        metrics.bring_up_to(metrics.dropped["PLC events"], self._plc.events_lost)
        if self._logs_dropped is not None:
            metrics.bring_up_to(metrics.dropped["log messages"], self._logs_dropped())
        if self._pictures is not None:
            pictures = self._pictures()
            metrics.queue_length["pictures"].set(pictures.waiting)
            metrics.queue_capacity["pictures"].set(pictures.capacity)
            metrics.bring_up_to(metrics.dropped["pictures"], pictures.dropped)
            metrics.bring_up_to(metrics.pictures_written, pictures.written)
            metrics.pictures_stored.set(pictures.stored_bytes)
            metrics.pictures_budget.set(pictures.budget_bytes)

    def _follow_state(self) -> None:
        """Whether a part may come, and how many faults last."""
        if self._ready is not None:
            self._metrics.ready.set(self._ready())
        lasting = Counter(fault.severity for fault in self._faults.active())
        for severity, gauge in self._metrics.faults_active.items():
            gauge.set(lasting[severity])

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


def _age_s(beat: Beat) -> float | None:
    """Since the counter moved; None where it never did."""
    return None if beat.moved_ns is None else (time.monotonic_ns() - beat.moved_ns) / 1e9
