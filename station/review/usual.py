"""What pictures of passed parts usually look like, and how far one is from that. Pure.

Per recipe and view a bounded window of the newest passed parts: lamp, lens and product change slowly, and what was
usual last month says nothing. Median and median deviation, so that a few odd parts do not make odd ones usual.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from station.records.record import PartRecord

WINDOW = 300
LEAST = 50
"""So many passed parts must have been seen before one can be called unusual."""
_RENEWED_EVERY = 10
"""Passed parts between two calculations of the median: what a part costs stays some microseconds."""
_SD_OF_MAD = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a picture. Its spread is never taken as less than `floor` and `floor_share` of the median.

    `both`: unusual to either side; otherwise only what lies below.
    """

    name: str
    words: str
    floor: float
    floor_share: float = 0.0
    both: bool = True


FIGURES = (
    Figure("mean", "grey level", floor=0.5),
    Figure("sharpness", "sharpness", floor=0.0, floor_share=0.02),
    Figure("sureness", "least sure patch", floor=0.01, both=False),
)
"""The spread that a lamp and a lens have at the least: parts that are all alike make no part unusual by rounding."""


@dataclass(frozen=True, slots=True)
class Distance:
    """A picture's figure against the usual one, in robust standard deviations."""

    figure: Figure
    value: float
    usual: float
    sd: float

    @property
    def sds(self) -> float:
        """How far away it is; 0 on the side that does not count."""
        away = (self.value - self.usual) / self.sd
        return abs(away) if self.figure.both else max(0.0, -away)


class _Window:
    """The newest values of one figure of one view."""

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=WINDOW)
        self._since = 0
        self._usual: tuple[float, float] | None = None

    def add(self, value: float) -> None:
        self._values.append(value)
        self._since += 1

    def usual(self) -> tuple[float, float] | None:
        """Median and robust standard deviation; None while too little was seen."""
        if len(self._values) < LEAST:
            return None
        if self._usual is None or self._since >= _RENEWED_EVERY:
            middle = median(self._values)
            self._usual = middle, _SD_OF_MAD * median(abs(value - middle) for value in self._values)
            self._since = 0
        return self._usual


class UsualPictures:
    """Learns from passed parts, in the order of their verdicts; used by one thread.

    Unusual ones are learnt from too: a new lamp is usual after half a window.
    """

    def __init__(self) -> None:
        self._windows: dict[tuple[int | str, str, str], _Window] = {}

    def learn(self, record: PartRecord) -> None:
        """One more part; only a passed one is taken."""
        if record.verdict != "pass" or record.late:
            return
        for picture in record.pictures:
            for figure in FIGURES:
                value = _value(picture, figure)
                if value is not None:
                    self._windows.setdefault(_key(record, picture, figure), _Window()).add(value)

    def farthest(self, record: PartRecord) -> tuple[str, Distance] | None:
        """The view and the figure that are farthest from the usual; None where nothing can be compared yet."""
        found: list[tuple[str, Distance]] = []
        for picture in record.pictures:
            for figure in FIGURES:
                window, value = self._windows.get(_key(record, picture, figure)), _value(picture, figure)
                usual = None if window is None else window.usual()
                if usual is not None and value is not None:
                    middle, sd = usual
                    least = max(figure.floor, figure.floor_share * abs(middle), 1e-9)
                    found.append((picture["view"], Distance(figure, value, middle, max(sd, least))))
        return max(found, key=lambda one: one[1].sds, default=None)


def _key(record: PartRecord, picture: Mapping[str, Any], figure: Figure) -> tuple[int | str, str, str]:
    recipe = record.recipe if record.recipe_id is None else record.recipe_id
    return recipe, picture["view"], figure.name


def _value(picture: Mapping[str, Any], figure: Figure) -> float | None:
    """The picture's figure; None where it was not inspected, or the figure was not kept."""
    if picture.get("problem", "not inspected") is not None:
        return None
    value = picture.get(figure.name)
    return None if value is None else float(value)
