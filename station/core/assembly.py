"""Several pictures, one part: which are still missing, and what they say together.

Pure functions over a part's frames and facts by view index. Must not know where frames come from, nor the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from station.core.reasons import Reason
from station.core.values import (
    PictureFacts,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a part's pictures say: the deciding facts, and the view that gave the reason (None for a pass)."""

    reason: Reason
    facts: PictureFacts
    view: int | None


def missing(views: Iterable[int], there: Collection[int]) -> list[int]:
    """The views that are not there yet, in the order given."""
    return [view for view in views if view not in there]


def verdict_of(facts: Mapping[int, PictureFacts], faults: Mapping[int, Reason]) -> Verdict:
    """One verdict of the facts of every view.

    A picture at fault forces a reject (the first view's counts). Otherwise Algorithm 1 of the source paper, over all
    views: if and only if no view is defective, the part is defect-free; of the defective ones, the highest score wins.
    """
    for view in sorted(faults):
        return Verdict(faults[view], facts[view], view)
    defective = [view for view in sorted(facts) if facts[view].defective]
    if not defective:
        return Verdict(Reason.DEFECT_FREE, facts[min(facts)], None)
    worst = max(defective, key=lambda view: facts[view].score)
    return Verdict(Reason.DEFECT, facts[worst], worst)
