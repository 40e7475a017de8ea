"""What an audit of a data set found: values for a person, for JSON and for a bundle's provenance. Reads no file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import JsonValue

MOST_PLACES_TOLD: Final = 3


class Level(StrEnum):
    """How bad: a leak makes test figures worthless, a fault must be mended first, a warning must be known."""

    LEAK = "leak"
    FAULT = "fault"
    WARNING = "warning"


class Kind(StrEnum):
    """What was found; the text is the heading for people."""

    PART_IN_TWO_SPLITS = "one physical part in two splits"
    FILE_IN_TWO_SPLITS = "one file in two splits"
    PIXELS_IN_TWO_SPLITS = "one picture, saved anew, in two splits"
    COPY_IN_TWO_SPLITS = "a copy (turned, mirrored, shifted, other light) in two splits"
    UNREADABLE = "a picture that cannot be used"
    OTHER_DIGEST = "a file that is not the one in the manifest"
    BAD_MASK = "a mask that cannot be used"
    TWO_LABELS = "one picture under two labels"
    EMPTY_CLASS = "a class without training pictures"
    COPY_UNDER_TWO_LABELS = "copies under two labels"
    COPY_OF_OTHER_PART = "copies in two parts of one split: probably one part"
    MAYBE_A_COPY = "pictures that look much alike: look at them"
    EMPTY_MASK = "a mask without a marked pixel"
    MARKED_SOUND = "a sound picture with marked pixels in its mask"
    MISSING_IN_SPLIT = "a class that a split lacks"
    ONE_PART_ONLY = "a class of one part only"
    COLOUR = "a colour picture, converted to grey"
    OTHER_LIGHT = "a split in another light than the training pictures"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `paths` are one or two pictures; `score` is the likeness of two, 0..1."""

    level: Level
    kind: Kind
    text: str
    paths: tuple[str, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Light:
    """Mean grey levels of a split's pictures of a class ("" is all): 5 %, median, 95 %; share of saturated pixels."""

    split: str
    class_name: str
    low: float
    median: float
    high: float
    saturated: float


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Everything an audit of one set found.

    `counts` is (class, split, pictures, parts); `threshold` the likeness from which two pictures are copies, `scores`
    all likenesses that were measured, `data_digest` the one of `manifest.audit`.
    """

    set_name: str
    pictures: dict[str, int]
    parts: dict[str, int]
    counts: tuple[tuple[str, str, int, int], ...]
    light: tuple[Light, ...]
    findings: tuple[Finding, ...]
    threshold: float
    scores: tuple[float, ...]
    data_digest: str

    def of(self, level: Level) -> tuple[Finding, ...]:
        """Findings of one level."""
        return tuple(finding for finding in self.findings if finding.level is level)

    @property
    def good(self) -> bool:
        """Neither leak nor fault."""
        return not self.of(Level.LEAK) and not self.of(Level.FAULT)

    @property
    def number_of_kind(self) -> dict[str, int]:
        """How often each kind was found."""
        return {kind.name.lower(): count for kind in Kind if (count := sum(f.kind is kind for f in self.findings))}

    @property
    def digest(self) -> str:
        """SHA-256 of the result: the same for the same pictures, splits and findings."""
        return hashlib.sha256(json.dumps(self._values(), sort_keys=True).encode()).hexdigest()

    def provenance(self) -> dict[str, JsonValue]:
        """The short form that goes into a bundle."""
        return {
            "set": self.set_name,
            "pictures": dict(self.pictures),
            "parts": dict(self.parts),
            "pairs_compared": len(self.scores),
            "likeness_threshold": self.threshold,
            **{f"{level.value}s": len(self.of(level)) for level in Level},
            "found": dict(self.number_of_kind),
            "data_digest": self.data_digest,
            "digest": self.digest,
        }

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {**self._values(), "good": self.good, "digest": self.digest}

    def _values(self) -> dict[str, Any]:
        return {
            "set": self.set_name,
            "pictures": self.pictures,
            "parts": self.parts,
            "counts": [
                {"class": name, "split": split, "pictures": pictures, "parts": parts}
                for name, split, pictures, parts in self.counts
            ],
            "light": [
                {
                    "split": one.split,
                    "class": one.class_name,
                    "mean_level": [one.low, one.median, one.high],
                    "saturated": one.saturated,
                }
                for one in self.light
            ],
            "likeness_threshold": self.threshold,
            "pairs_compared": len(self.scores),
            "likeness_histogram": histogram(self.scores),
            "found": self.number_of_kind,
            "findings": [
                {
                    "level": one.level.value,
                    "kind": one.kind.name.lower(),
                    "text": one.text,
                    "paths": list(one.paths),
                    "score": one.score,
                }
                for one in self.findings
            ],
            "data_digest": self.data_digest,
        }


def histogram(scores: tuple[float, ...]) -> list[int]:
    """Twenty bins of 0..1."""
    bins = [0] * 20
    for score in scores:
        bins[min(19, max(0, int(score * 20)))] += 1
    return bins


def summary(result: AuditResult) -> list[str]:
    """Lines for a terminal, the worst first."""
    total = sum(result.pictures.values())
    by_split = ", ".join(
        f"{split} {result.pictures[split]} of {result.parts[split]} parts" for split in result.pictures
    )
    lines = [f"{result.set_name}: {total} pictures ({by_split})"]
    for level in Level:
        kinds = list(dict.fromkeys(finding.kind for finding in result.of(level)))
        for kind in kinds:
            found = [finding for finding in result.of(level) if finding.kind is kind]
            lines.append(f"{level.value.upper():7} {len(found)} × {kind.value}")
            lines.extend(f"          {finding.text}" for finding in found[:MOST_PLACES_TOLD])
            if len(found) > MOST_PLACES_TOLD:
                lines.append(f"          … and {len(found) - MOST_PLACES_TOLD} more: see --html or --json")
    verdict = "good: no leak, no fault" if result.good else "NOT GOOD: mend leaks and faults before training"
    lines.append(
        f"{verdict}; {len(result.scores)} pairs compared, copies from likeness {result.threshold:g} on, "
        f"audit {result.digest[:12]}"
    )
    return lines
