"""The last parts and their figures: tiles, rate, percentiles, histogram. Pure; time comes in as an argument."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable

from station.page.snapshot import PARTS_SHOWN, Histogram, Latency, Part

LATENCY_WINDOW = 600  # parts: fifty seconds at 12 parts/s
RATE_WINDOW_S = 10.0
BINS = 25
_S = 1e9


class RecentParts:
    """Remembers a bounded number of parts; `deadline_ms` gives the histogram its scale.

    `before`: parts that were decided already, under another deadline; they are shown and count for nothing else.
    """

    def __init__(self, deadline_ms: float, before: Iterable[Part] = ()) -> None:
        self._deadline_ms = deadline_ms
        # The deadline lies at four fifths of the width, so that what is late can be seen.
        self._edges_ms = [round(deadline_ms * 1.25 * edge / BINS, 3) for edge in range(BINS + 1)]
        self._parts: deque[Part] = deque(before, maxlen=PARTS_SHOWN)
        self._latencies_ms: deque[float] = deque(maxlen=LATENCY_WINDOW)
        self._verdicts_ns: deque[int] = deque(maxlen=4096)
        self._since_ns: int | None = None

    def add(self, part: Part, at_ns: int) -> None:
        """One more verdict, at `at_ns` (CLOCK_MONOTONIC)."""
        if self._since_ns is None:
            self._since_ns = at_ns
        self._parts.append(part)
        self._verdicts_ns.append(at_ns)
        if part["latency_ms"] is not None:
            self._latencies_ms.append(part["latency_ms"])

    def parts(self) -> list[Part]:
        """The last PARTS_SHOWN parts, oldest first."""
        return list(self._parts)

    def parts_per_s(self, now_ns: int) -> float | None:
        """Verdicts a second over the last ten seconds; None before the first one."""
        if self._since_ns is None:
            return None
        while self._verdicts_ns and now_ns - self._verdicts_ns[0] > RATE_WINDOW_S * _S:
            self._verdicts_ns.popleft()
        span_s = min(RATE_WINDOW_S, max(1.0, (now_ns - self._since_ns) / _S))
        return round(len(self._verdicts_ns) / span_s, 2)

    def latency(self) -> Latency:
        """Percentiles (nearest rank) and histogram of the last LATENCY_WINDOW parts."""
        ordered = sorted(self._latencies_ms)
        counts = [0] * BINS
        for latency_ms in ordered:
            counts[max(0, min(BINS - 1, bisect_right(self._edges_ms, latency_ms) - 1))] += 1
        return Latency(
            count=len(ordered),
            p50_ms=percentile(ordered, 50),
            p99_ms=percentile(ordered, 99),
            max_ms=percentile(ordered, 100),
            deadline_ms=self._deadline_ms,
            histogram=Histogram(edges_ms=self._edges_ms, counts=counts),
        )


def percentile(ordered: list[float], percent: int) -> float | None:
    """The nearest-rank percentile of sorted values; None of none."""
    if not ordered:
        return None
    rank = max(1, -(-len(ordered) * percent // 100))
    return round(ordered[rank - 1], 2)
