"""How fast the station was: times by stage over the newest parts, for the page, the summary and the bench.

Bounded: the newest `KEPT` parts. Must not know where the times came from, nor judge them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from station.core.values import (
    Decision,
)
from station.part_report import PartTimes

KEPT = 20_000

STAGES = ("wait", "copy", "identity", "crop_resize", "patch_quantise", "engine", "vote", "hand_off")
"""wait: frame ready to worker start · copy: camera buffer to ring · identity: which part it is, where the recipe asks ·
hand_off: worker done to registers written."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds; None where nothing was measured."""

    p50: float | None
    p99: float | None
    max: float | None

    def as_dict(self) -> dict[str, float | None]:
        """For JSON, rounded to a microsecond."""
        return {"p50": self.p50, "p99": self.p99, "max": self.max}


def percentiles(values_ms: Iterable[float]) -> Percentiles:
    """Nearest-rank percentiles of milliseconds."""
    ordered = sorted(values_ms)
    if not ordered:
        return Percentiles(None, None, None)
    last = len(ordered) - 1
    return Percentiles(
        *(round(ordered[min(last, -(-len(ordered) * percent // 100) - 1)], 3) for percent in (50, 99, 100))
    )


class Statistics:
    """Newest parts' times and the rate at which parts are decided."""

    def __init__(self) -> None:
        self._latency_ms: deque[float] = deque(maxlen=KEPT)
        self._after_frame_ms: deque[float] = deque(maxlen=KEPT)
        self._slack_ms: deque[float] = deque(maxlen=KEPT)
        self._stages_ms: dict[str, deque[float]] = {stage: deque(maxlen=KEPT) for stage in STAGES}
        self._decided_ns: deque[int] = deque(maxlen=KEPT)

    def decided(self, decision: Decision, times: PartTimes) -> None:
        """One part left."""
        self._decided_ns.append(decision.decided_ns)
        self._latency_ms.append(times.latency_ms)
        self._slack_ms.append(decision.slack_ns / 1e6)
        if times.after_frame_ms is not None:
            self._after_frame_ms.append(times.after_frame_ms)
        for stage, duration_us in times.stages_us.items():
            self._stages_ms[stage].append(duration_us / 1e3)

    def overall_parts_per_s(self) -> float | None:
        """From the first to the last kept decision; None below two."""
        if len(self._decided_ns) < 2:
            return None
        span_s = (self._decided_ns[-1] - self._decided_ns[0]) / 1e9
        return round((len(self._decided_ns) - 1) / span_s, 3) if span_s > 0 else None

    @property
    def latency(self) -> Percentiles:
        """Trigger to verdict."""
        return percentiles(self._latency_ms)

    def as_dict(self) -> dict[str, object]:
        """Everything, for JSON."""
        return {
            "latency_ms": self.latency.as_dict(),
            "last_line_to_verdict_ms": percentiles(self._after_frame_ms).as_dict(),
            "slack_ms": {"min": round(min(self._slack_ms), 3) if self._slack_ms else None},
            "stages_ms": {stage: percentiles(values).as_dict() for stage, values in self._stages_ms.items()},
            "parts_per_s": self.overall_parts_per_s(),
        }
