"""What the terminal says of a sweep, a cross-validation and an identity network. Words only; every rate with its n."""

from __future__ import annotations

from typing import Any

from models.make.evaluate.cross_validation import CrossValidated
from models.make.evaluate.identity import IdentityMeasured
from models.make.evaluate.intervals import Share, per_cent
from models.make.evaluate.sweep import Sweep


def sweep_lines(found: Sweep) -> list[str]:
    """The table of the reported split, the chosen threshold marked."""
    lines = [
        f"{found.split}: {found.defective_parts[1]} defective, {found.sound_parts[1]} sound parts a seed; mean ± sd",
        f"{'threshold':<10}{'accuracy':>17}{'recall':>17}{'F1':>17}{'overkill':>17}  missed",
    ]
    for row in found.reported:
        cells = "".join(f"{spread!s:>17}" for spread in (row.accuracy, row.recall, row.f1, row.overkill or "unknown"))
        mark = "  <- chosen on val" if row.threshold == found.chosen else ""
        lines.append(f"{row.threshold:<10}{cells}  {'/'.join(map(str, row.missed))}{mark}")
    if found.chosen is None:
        lines.append(f"none of them holds a recall of {found.recall_floor:.1%} on the validation parts of every seed")
    return lines


def fold_lines(found: CrossValidated) -> list[str]:
    """All folds together, mean and deviation, and which fold has no figures."""
    lines = [
        f"escapes      {found.pooled('escapes')} defective parts of all folds passed",
        f"overkill     {found.pooled('overkill')} sound parts of all folds rejected",
    ]
    for name, what in (("recall", "part recall"), ("overkill", "overkill"), ("right", "class"), ("patches", "patches")):
        spread = found.spread(name)
        seen = f"{spread} over {spread.seeds} folds (mean ± sd)" if spread else "unknown"
        lines.append(f"{what:<13}{seen}")
    lines += [f"fold {fold.index + 1}       no figures: {fold.refused}" for fold in found.found if fold.refused]
    return lines


def identity_lines(measured: IdentityMeasured) -> list[str]:
    """What decides first, and the three weakest types."""
    macro = "unknown" if measured.macro_f1 is None else f"{measured.macro_f1:.4f}"
    weakest = sorted((one for one in measured.level.classes if one.cases), key=lambda one: one.f1 or 0.0)[:3]
    return [
        f"mistaken    {measured.mistaken} pictures taken for another type",
        f"unknown     {measured.unknown} pictures",
        f"recognised  {measured.right} pictures",
        f"macro F1    {macro} over the types of {measured.level.cases} pictures",
        "weakest     " + ", ".join(f"{one.label} F1 {one.f1 or 0.0:.3f} ({one.cases})" for one in weakest),
    ]


def whole_part_lines(values: dict[str, Any]) -> list[str]:
    """What several bundles say together of parts, from `measure_whole_parts`."""
    counts = f"{values['parts']} parts, {values['pictures']} pictures"
    lines = [f"{' + '.join(values['bundles'])}, {values['split']} split: {counts}"]
    for name, words in (("escapes", "defective parts passed"), ("overkill", "sound parts rejected")):
        share = values[f"{name}_with_interval"]
        lines.append(f"{name:<14} {Share(share['count'], share['of'])} {words}")
    caught: dict[str, float | None] = values["recall_by_class"]
    lines.append(f"{'caught':<14} " + ", ".join(f"{label} {per_cent(rate)}" for label, rate in caught.items()))
    lines.append(f"{'missed':<14} " + (", ".join(values["missed_parts"]) or "none"))
    return lines
