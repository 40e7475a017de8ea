"""Which parts' pictures are kept, how, and for how long; and what is given up first when room runs out.

Pure. Records come before pictures, rejects before good parts. Must not know files, threads or the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal, get_args

from station.config.model_people import Pictures

KeptClass = Literal["pass", "reject", "forced"]
CLASSES: Final[tuple[KeptClass, ...]] = get_args(KeptClass)
"""The least wanted first: that is the order in which they go when room runs out."""

GB: Final = 1_000_000_000
_DAY_S: Final = 86_400.0
_RECORDS_BYTES: Final = 64_000_000
"""Left to the records whatever the configuration says: some 50,000 parts, and the database's own working room."""
_NONE_BELOW: Final = 0.5
"""Below this share of `free_gb_min` no picture at all is kept."""
_AGAIN_FROM: Final = 1.1
"""Only with so much more room than the limit it goes on: else one deleted picture would end the fault, and the next
one begin it again."""
_SHORT_OVER, _NONE_OVER = 1.05, 1.15
"""Shares of the budget. What is over it is deleted all the time, so that it is passed only where deleting does not
keep up, or is not possible."""


class Room(IntEnum):
    """What there is room for; ordered by how bad it is."""

    PLENTY = 0
    SHORT = 1
    """Not for good parts' pictures."""
    NONE = 2
    """Not for any picture."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """A part's pictures are kept in this class, as PNG (`lossless`) or as JPEG."""

    kept_class: KeptClass
    lossless: bool
    sampled: bool = False
    """Without loss whatever it costs; otherwise JPEG must do where others wait."""


@dataclass(frozen=True, slots=True)
class KeepRule:
    """The section `pictures` of the configuration, as rules."""

    passed_every: int
    lossless_every: int
    age_s: dict[KeptClass, float]
    budget_bytes: int
    free_bytes_min: int

    @classmethod
    def of(cls, settings: Pictures) -> KeepRule:
        """What the configuration says."""
        days = {"pass": settings.passed_days, "reject": settings.rejected_days, "forced": settings.forced_days}
        return cls(
            settings.passed_every,
            settings.lossless_every,
            {name: days[name] * _DAY_S for name in CLASSES},
            int(settings.budget_gb * GB),
            int(settings.free_gb_min * GB),
        )

    def keeping(self, verdict: KeptClass, *, part: int, passed: int, review: bool, room: Room) -> Keeping | None:
        """Whether and how the pictures of a part are kept.

        It is the `part`-th of this run and, if it passed, the `passed`-th of those that did, both from 1. `review`: a
        person should look at it, and what they say of it may train a network, so that no detail may be lost. Parts
        that did not pass, or are for review, are always kept while there is room for any.
        """
        sampled = _each(self.lossless_every, part)
        wanted = review or sampled or verdict != "pass"
        if room is Room.NONE or (room is Room.SHORT and verdict == "pass"):
            return None
        if wanted or _each(self.passed_every, passed):
            return Keeping(verdict, lossless=sampled or review, sampled=sampled)
        return None

    def room(self, before: Room, *, free_bytes: int, stored_bytes: int) -> Room:
        """What there is room for now, where it was `before`: worse at once, better only when there is some to spare."""
        now = self._room(free_bytes, stored_bytes)
        return now if now >= before else min(before, self._room(int(free_bytes / _AGAIN_FROM), stored_bytes, calm=True))

    def bytes_wanted(self, free_bytes: int) -> int:
        """What good parts' old pictures should give back, so that the disk has room for more than its records."""
        enough = int(self._none_below * _AGAIN_FROM)
        return max(0, enough - free_bytes) if free_bytes < self._none_below else 0

    @property
    def _none_below(self) -> int:
        return max(_RECORDS_BYTES, int(self.free_bytes_min * _NONE_BELOW))

    def _room(self, free_bytes: int, stored_bytes: int, *, calm: bool = False) -> Room:
        short_over, none_over = (1.0, _SHORT_OVER) if calm else (_SHORT_OVER, _NONE_OVER)
        if free_bytes < self._none_below or stored_bytes > self.budget_bytes * none_over:
            return Room.NONE
        if free_bytes < self.free_bytes_min or stored_bytes > self.budget_bytes * short_over:
            return Room.SHORT
        return Room.PLENTY


def _each(every: int, number: int) -> bool:
    """Whether the `number`-th (from 1) is one of each `every`; the first one is. 0: none is."""
    return every > 0 and (number - 1) % every == 0
