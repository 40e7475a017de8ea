"""Which parts a person should look at, and why. Pure: a record in, entries out.

Forced rejects: nobody knows whether the part was good. Rejects: was it right? Borderline: a little less of the same
defect, or more, would have turned the verdict. Unusual: the picture does not look like those of the newest passed
parts, so what the model says of it was never proved. Must not know where entries are kept or who judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.spec import PATCHES
from station.config.load import Loaded
from station.records.queue_entry import QUEUES, Queue, QueueEntry
from station.records.record import PartRecord
from station.review.usual import Distance, UsualPictures

__all__ = ["QUEUES", "Queue", "QueueEntry", "ReviewLimits", "reasons_to_review", "review_limits"]


@dataclass(frozen=True, slots=True)
class ReviewLimits:
    """`thresholds[view][label]` is the score at which a defect rejects a part, 0..1, of each view by name.

    `borderline`: a score is borderline that is so near its threshold, as a share of the way from there to 0 or to 1.
    `unusual_sd`: so many robust standard deviations from the
    usual a picture is unusual.
    """

    borderline: float
    unusual_sd: float
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])


@dataclass(frozen=True, slots=True)
class _Score:
    """A defect's highest score in a picture, against the threshold of its class."""

    view: str
    label: str
    score: float
    threshold: float

    @property
    def way(self) -> float:
        """-1 (score 0) to 0 (at the threshold) to 1 (score 1).

        A share of the way and no difference: with a threshold of 0.05 every sound part's score is near it.
        """
        above = self.score - self.threshold
        room = self.threshold if above < 0 else 1.0 - self.threshold
        return above / room if room > 0 else 0.0


def review_limits(loaded: Loaded) -> ReviewLimits:
    """What the configuration asks for, with the thresholds of its bundles."""
    review = loaded.config.review
    thresholds = {
        view.name: dict(bundle.spec.thresholds)
        for view, bundle in zip(loaded.config.recipe.views, loaded.bundles, strict=True)
        if bundle.spec.kind == PATCHES
    }
    return ReviewLimits(review.borderline, review.unusual_sd, thresholds)


def reasons_to_review(record: PartRecord, limits: ReviewLimits, usual: UsualPictures) -> tuple[QueueEntry, ...]:
    """Every queue that the part belongs in. `usual` is what was learnt before this part.

    A late verdict was never applied and is not looked at; a forced reject is that and nothing else.
    """
    if record.late:
        return ()
    if record.verdict == "forced":
        return (QueueEntry("forced", _forced(record)),)
    entries = [QueueEntry("rejects", _rejected(record))] if record.verdict == "reject" else []
    nearest = max(_defect_scores(record, limits.thresholds), key=lambda score: score.way, default=None)
    if nearest is not None and abs(nearest.way) <= limits.borderline:
        entries.append(QueueEntry("borderline", _borderline(nearest)))
    farthest = usual.farthest(record)
    if farthest is not None and farthest[1].sds > limits.unusual_sd:
        entries.append(QueueEntry("unusual", _unusual(*farthest)))
    return tuple(entries)


def _defect_scores(record: PartRecord, thresholds: Mapping[str, Mapping[str, float]]) -> Iterator[_Score]:
    """Of each picture the score that decided, or of a sound one that of the defect nearest to its threshold."""
    for picture in record.pictures:
        view: str = picture["view"]
        limits = thresholds.get(view, {})
        seen: Mapping[str, Any] = picture if picture.get("defective") else picture.get("nearest_defect", {})
        label: str = seen.get("label") or ""
        if label in limits:
            yield _Score(view, label, float(seen["score"]), limits[label])


def _forced(record: PartRecord) -> str:
    where = "" if record.view is None else f" (view {record.view})"
    return f"Rejected without a vote: {record.reason}{where}."


def _rejected(record: PartRecord) -> str:
    score = "" if record.score is None else f" with a score of {record.score:.2f}"
    return f"Rejected for {record.label or record.reason}{score}."


def _borderline(nearest: _Score) -> str:
    return (
        f"View {nearest.view}: {nearest.label} with a score of {nearest.score:.3f}; "
        f"it rejects from {nearest.threshold:.3f} on."
    )


def _unusual(view: str, distance: Distance) -> str:
    return (
        f"View {view}: {distance.figure.words} {distance.value:.4g}, usually {distance.usual:.4g}; "
        f"that is {distance.sds:.1f} standard deviations away."
    )
