"""How long the garbage collector held the process up, as a histogram.

The callback runs inside a collection, which can begin while any lock is held, so it must take none and make nothing:
two clock readings and an addition. Must not know the other metrics.
"""

from __future__ import annotations

import gc
import time
from bisect import bisect_left
from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

EDGES_S = (0.0005, 0.002, 0.005, 0.01, 0.02, 0.05)
_NAME = "station_gc_pause_seconds"
_TEXT = "How long a garbage collection held the station's process up."


class GcPauses(Collector):
    """`start` and `stop` the watching; a scrape reads what was seen."""

    def __init__(self) -> None:
        self._edges_ns = [round(edge * 1e9) for edge in EDGES_S]
        self._counts = [0] * (len(EDGES_S) + 1)
        self._sum_ns = 0
        self._began_ns = 0

    def start(self) -> None:
        """Watch the collections of this process from now on. Safe to repeat."""
        if self._heard not in gc.callbacks:
            gc.callbacks.append(self._heard)

    def stop(self) -> None:
        """Watch no longer. Safe to repeat."""
        if self._heard in gc.callbacks:
            gc.callbacks.remove(self._heard)

    def collect(self) -> Iterable[Metric]:
        """The histogram as it is now."""
        counts, sum_ns = tuple(self._counts), self._sum_ns
        buckets: list[tuple[str, float]] = []
        below = 0
        for edge, count in zip((*map(str, EDGES_S), "+Inf"), counts, strict=True):
            below += count
            buckets.append((edge, below))
        yield HistogramMetricFamily(_NAME, _TEXT, buckets=buckets, sum_value=sum_ns / 1e9)

    def _heard(self, phase: str, info: dict[str, int]) -> None:
        del info
        if phase == "start":
            self._began_ns = time.perf_counter_ns()
            return
        pause_ns = time.perf_counter_ns() - self._began_ns
        self._counts[bisect_left(self._edges_ns, pause_ns)] += 1
        self._sum_ns += pause_ns
