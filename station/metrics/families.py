"""Makes metrics by Prometheus' conventions: the prefix `station_`, `_total` for counters, one registry.

Must not know what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, disable_created_metrics


class Families:
    """A registry and what makes metrics in it; base of the groups of figures."""

    def __init__(self) -> None:
        disable_created_metrics()  # else each counter and histogram has a second series with its birthday
        self.registry = CollectorRegistry()
        self._followed: dict[Counter, int] = {}

    def bring_up_to(self, counter: Counter, total: int) -> None:
        """Raises `counter` to a total that is kept elsewhere (a server's, a ledger's); ValueError where that fell."""
        before = self._followed.get(counter, 0)
        if total < before:
            raise ValueError(f"a total never falls, got {total} after {before}")
        self._followed[counter] = total
        counter.inc(total - before)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"station_{name}_total", text, registry=self.registry)

    def _counters(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"station_{name}_total", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"station_{name}", text, registry=self.registry)

    def _gauges(self, name: str, text: str, label: str, values: Sequence[str]) -> dict[str, Gauge]:
        family = Gauge(f"station_{name}", text, [label], registry=self.registry)
        return {value: family.labels(value) for value in values}

    def _histogram(self, name: str, text: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"station_{name}", text, buckets=buckets, registry=self.registry)

    def _summaries(self, name: str, text: str, label: str, values: Sequence[str]) -> dict[str, Summary]:
        family = Summary(f"station_{name}", text, [label], registry=self.registry)
        return {value: family.labels(value) for value in values}
