"""Judges a run: did every part get the verdict that its own picture deserves, and did it go where the verdict says?

The reference is the same model on the same picture, looked at in peace: no camera, ring, worker, deadline or register
in between. A difference between reference and verdict is the runtime's fault; a defect that the reference misses too is
the model's. Must not run while the station does: it takes the processor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drivers.cell import causes
from drivers.cell.part_pictures import PartPictures
from drivers.plc.registers import VerdictCode
from models.bundle import Bundle
from models.engine import Engine, open_engine
from models.identity import IdentityInspector
from models.inspect import PartInspector
from models.spec import PATCHES
from station.config.load import Loaded
from station.sensors import pulses_of

_DEFECT_FREE = 0
_FORCED = "forced reject"


@dataclass(frozen=True, slots=True)
class Reference:
    """What the models say of a part in peace.

    `class_number` None when one of its pictures could not be looked at, or does not show the recipe's part.
    """

    passed: bool
    class_number: int | None


@dataclass(frozen=True, slots=True)
class JudgedView:
    """One picture of a part: which sensor's, at which of its pulses, and who looks at it."""

    sensor: str
    pulse: int
    bundle: Bundle
    height_px: int
    width_px: int
    class_numbers: tuple[int, ...]
    """The PLC's number of each class of the bundle."""
    identity: Bundle | None = None
    """Tells which part it is; `bundle` itself where nobody looks for defects."""
    part_type: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Over the judged parts (the newest that the cell still lists)."""

    judged: int
    escapes_by_model: int
    escapes_by_runtime: int
    wrong_verdicts: int
    """Verdicts that differ from the reference of the part's own picture: a mix-up, or a damaged picture."""
    confusion: dict[str, dict[str, int]]
    recall: dict[str, float | None]
    class_recall: dict[str, float | None]
    overkill: float | None
    sound_parts: int

    def as_dict(self) -> dict[str, object]:
        """For the demo's JSON."""
        return {
            "judged": self.judged,
            "escapes_by_model": self.escapes_by_model,
            "escapes_by_runtime": self.escapes_by_runtime,
            "wrong_verdicts": self.wrong_verdicts,
            "confusion": self.confusion,
            "recall": self.recall,
            "class_recall": self.class_recall,
            "overkill": self.overkill,
            "sound_parts": self.sound_parts,
        }


def judged_views(loaded: Loaded) -> list[JudgedView]:
    """The recipe's views, each with its place among its sensor's pulses."""
    views: list[JudgedView] = []
    for index, view in enumerate(loaded.config.recipe.views):
        camera, bundle = loaded.camera_of(index), loaded.bundles[index]
        pulse = pulses_of(loaded.config, view.camera).index(view.offset_counts)
        numbers = loaded.class_numbers[index]
        asked = loaded.config.recipe.identity if index == loaded.config.recipe.identity_view else None
        views.append(
            JudgedView(
                view.camera,
                pulse,
                bundle,
                camera.lines_per_frame,
                camera.width_px,
                numbers,
                identity=None if asked is None else loaded.identity,
                part_type="" if asked is None else asked.part_type,
            )
        )
    return views


def references(
    parts: Iterable[PartPictures], views: Sequence[JudgedView], threads: int = 2
) -> tuple[dict[str, Reference], dict[str, str]]:
    """The reference verdict of each part by its name, and the problem of each part that has no pictures.

    Each picture is placed on a black sensor picture as the camera sees it, and looked at in peace.
    """
    used = [bundle for view in views for bundle in (view.bundle, view.identity) if bundle is not None]
    engines = {bundle.path: open_engine(bundle, threads) for bundle in used}
    inspectors = [_lookers(view, engines) for view in views]
    sensors = [np.zeros((view.height_px, view.width_px), np.uint8) for view in views]
    verdicts: dict[str, Reference] = {}
    unreadable: dict[str, str] = {}
    for part in parts:
        found: list[tuple[float, int]] = []
        looked_at = True
        for view, (identity, inspector), sensor in zip(views, inspectors, sensors, strict=True):
            sensor.fill(0)
            for placed in part.pictures:
                if (placed.sensor, placed.pulse) == (view.sensor, view.pulse):
                    height, width = placed.picture.shape
                    sensor[placed.y_px : placed.y_px + height, placed.x_px : placed.x_px + width] = placed.picture
            if identity is not None and not identity.look(sensor).shows(view.part_type):
                looked_at = False
                continue
            if inspector is None:
                continue
            seen = inspector.inspect(sensor)
            if seen.problem is not None or seen.vote is None:
                looked_at = False
            elif not seen.sound:
                found.append((seen.vote.score, view.class_numbers[seen.vote.class_index]))
        worst = max(found, default=(0.0, _DEFECT_FREE))[1]
        verdicts[part.name] = Reference(looked_at and not found, worst if looked_at else None)
        if part.problem is not None:
            unreadable[part.name] = part.problem
    return verdicts, unreadable


def _lookers(view: JudgedView, engines: Mapping[Path, Engine]) -> tuple[IdentityInspector | None, PartInspector | None]:
    identity = None if view.identity is None else IdentityInspector(view.identity, engines[view.identity.path])
    finds = view.bundle.spec.kind == PATCHES
    return identity, PartInspector(view.bundle, engines[view.bundle.path]) if finds else None


def judge(
    rows: Sequence[Mapping[str, Any]], seen: Mapping[str, Reference], labels: Sequence[str], good_bin: str
) -> Judgement:
    """Compare the cell's rows (one a part: truth, verdict as the PLC read it, bin) with the references."""
    by_model = by_runtime = wrong = sound_parts = sound_rejected = 0
    confusion: dict[str, Counter[str]] = {}
    for row in rows:
        reference = seen[row["name"]]
        said = _said(row, labels)
        confusion.setdefault(row["label"], Counter())[said] += 1
        sound = not row["defective"] and row["problem"] is None
        in_good_bin = row["bin"] == good_bin
        if not sound and in_good_bin:
            if reference.passed and row["verdict_code"] == VerdictCode.PASS:
                by_model += 1
            elif row.get("cause") != causes.GATE_STAYED_OPEN:  # the mechanics' escape, which the cell counts by itself
                by_runtime += 1
        if sound:
            sound_parts += 1
            sound_rejected += not in_good_bin
        wrong += said != _FORCED and said != _expected(reference, labels)
    named = {label: dict(sorted(row.items())) for label, row in sorted(confusion.items())}
    bad = {label: row for label, row in named.items() if label != labels[_DEFECT_FREE]}
    return Judgement(
        judged=len(rows),
        escapes_by_model=by_model,
        escapes_by_runtime=by_runtime,
        wrong_verdicts=wrong,
        confusion=named,
        recall={label: _share(sum(row.values()) - row.get(labels[0], 0), row) for label, row in bad.items()},
        class_recall={label: _share(row.get(label, 0), row) for label, row in named.items()},
        overkill=round(sound_rejected / sound_parts, 4) if sound_parts else None,
        sound_parts=sound_parts,
    )


def _said(row: Mapping[str, Any], labels: Sequence[str]) -> str:
    """The verdict in the classifier's words; anything that was no inspection is a forced reject."""
    if row["verdict_code"] == VerdictCode.PASS:
        return labels[_DEFECT_FREE]
    index: int | None = row["defect_class"]
    if row["verdict_code"] == VerdictCode.DEFECT and index is not None and 0 < index < len(labels):
        return labels[index]
    return _FORCED


def _expected(reference: Reference, labels: Sequence[str]) -> str:
    index = reference.class_number
    if index is None or index < 0:
        return _FORCED
    return labels[index]


def _share(hits: int, row: Mapping[str, int]) -> float | None:
    total = sum(row.values())
    return round(hits / total, 4) if total else None
