"""One fault, from its beginning to its end, as board, page and records share it. Frozen: each change is a new value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from station.fault_codes import FaultCode
from station.faults import CATALOGUE, Language, PageView, Severity, Words, words_of

Detail = str | int | float | None


@dataclass(frozen=True, slots=True)
class Fault:
    """`id` is another one for each beginning; `about` tells several of one code apart (a worker's number).

    `count` is how often it was raised meanwhile; `length_s` is None while it lasts; `stands`: the line stands by it.
    """

    id: str
    code: FaultCode
    about: str
    details: Mapping[str, Detail]
    began_at: datetime
    began_ns: int
    last_ns: int
    stands: bool = False
    count: int = 1
    length_s: float | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None

    @property
    def severity(self) -> Severity:
        """Whether it needs a person."""
        return CATALOGUE[self.code].severity

    @property
    def look(self) -> PageView:
        """The view of the page that shows more of it."""
        return CATALOGUE[self.code].look

    @property
    def sentence(self) -> str:
        """What is so, in English."""
        return self.words().sentence

    @property
    def cause(self) -> str:
        """Why this happens, in English."""
        return self.words().cause

    @property
    def action(self) -> str:
        """What to do, in English."""
        return self.words().action

    @property
    def loud(self) -> bool:
        """Whether nobody has acknowledged it yet."""
        return self.acknowledged_by is None

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it lasts."""
        return None if self.length_s is None else self.began_at + timedelta(seconds=self.length_s)

    @property
    def part(self) -> dict[str, int]:
        """The part that it is about, if it is about one: `part_seq`, `part_uid`, as log lines carry them."""
        named = {name: self.details.get(name) for name in ("part_seq", "part_uid")}
        return {name: number for name, number in named.items() if isinstance(number, int)}

    def words(self, language: Language = "en") -> Words:
        """Sentence, cause and action with the details filled in."""
        return words_of(self.code, self.details, language)

    def again(self, clock_ns: int, *, stands: bool = False) -> Fault:
        """It was raised once more."""
        return replace(self, last_ns=clock_ns, count=self.count + 1, stands=self.stands or stands)


def fault_of(
    fault_id: str,
    code: FaultCode,
    about: str,
    details: Mapping[str, object],
    began_at: datetime,
    began_ns: int,
    *,
    stands: bool = False,
) -> Fault:
    """A fault that begins. Details are kept as plain values: what they named may change later."""
    plain = {name: value if isinstance(value, Detail) else str(value) for name, value in details.items()}
    return Fault(fault_id, code, about, plain, began_at, began_ns, began_ns, stands or CATALOGUE[code].stands)
