"""Patch results of a picture, packed for the record and unpacked for people. Pure.

A million records hold these, so that nothing is said twice: the patches' places are rows and columns wherever they
make a grid, and of the classes only those seen are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SCORE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class PatchSeen:
    """One patch: its upper left corner, its class as the PLC numbers it, the class's name, its score 0..1."""

    y_px: int
    x_px: int
    class_index: int
    label: str
    score: float


def packed(patches: Sequence[PatchSeen]) -> dict[str, Any]:
    """`patches` [[class, score], ...] in the given order, `patch_labels` of the classes seen, and where they are.

    `patch_rows` [y, ...] and `patch_columns` [x, ...] where each row has a patch in each column, told row by row;
    `patch_places` [[y, x], ...] otherwise. Empty for no patches.
    """
    if not patches:
        return {}
    places = [(patch.y_px, patch.x_px) for patch in patches]
    rows, columns = list(dict.fromkeys(y for y, _ in places)), list(dict.fromkeys(x for _, x in places))
    grid = [(y, x) for y in rows for x in columns] == places
    return {
        "patches": [[patch.class_index, round(patch.score, _SCORE_DIGITS)] for patch in patches],
        "patch_labels": {str(patch.class_index): patch.label for patch in patches},
        **({"patch_rows": rows, "patch_columns": columns} if grid else {"patch_places": [list(p) for p in places]}),
    }


def unpacked(picture: Mapping[str, Any]) -> list[PatchSeen]:
    """The inverse of `packed`, from a picture's entry in a record; none where it has none."""
    results: list[tuple[int, float]] = [(int(index), float(score)) for index, score in picture.get("patches", ())]
    labels: Mapping[str, str] = picture.get("patch_labels", {})
    places: Sequence[Sequence[int]] = picture.get("patch_places", ())
    if results and not places:
        places = [(y_px, x_px) for y_px in picture["patch_rows"] for x_px in picture["patch_columns"]]
    return [
        PatchSeen(y_px, x_px, index, labels.get(str(index), str(index)), score)
        for (y_px, x_px), (index, score) in zip(places, results, strict=True)
    ]
