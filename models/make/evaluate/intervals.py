"""A count out of how many, and what such a count says of the true rate: Clopper-Pearson intervals.

Pure arithmetic over SciPy. Every rate that a person reads comes from here, so that it carries its number of cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from models.make.frameworks import require

CONFIDENCE: Final = 0.95


def clopper_pearson(count: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact two-sided interval of the rate behind `count` cases out of `of`; (0, 1) where there were none.

    ValueError where the count does not lie in 0..of.
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} cases out of {of}")
    if of == 0:
        return 0.0, 1.0
    interval: Any = require("scipy.stats").binomtest(count, of).proportion_ci(confidence, method="exact")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True, slots=True)
class Share:
    """`count` cases out of `of`."""

    count: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.of:
            raise ValueError(f"not a share: {self.count} of {self.of}")

    @property
    def rate(self) -> float | None:
        """0..1, None where there were no cases: that is unknown, not zero."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Clopper-Pearson interval of the true rate, None where there were no cases."""
        return clopper_pearson(self.count, self.of) if self.of else None

    def as_json(self) -> dict[str, Any]:
        """Count, cases, rate and interval."""
        low, high = self.interval or (None, None)
        return {
            "count": self.count,
            "of": self.of,
            "rate": _rounded(self.rate),
            "low_95": _rounded(low),
            "high_95": _rounded(high),
        }

    def __str__(self) -> str:
        interval = self.interval
        if interval is None:
            return "unknown (0 cases)"
        low, high = interval
        return f"{self.count} of {self.of} = {per_cent(self.rate)} (95 %: {100 * low:.1f} to {per_cent(high)})"


def per_cent(rate: float | None, decimals: int = 1) -> str:
    """0.123 as "12.3 %"; None as "unknown"."""
    return "unknown" if rate is None else f"{100 * rate:.{decimals}f} %"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
