"""What a model says of one picture, as the API tells it: verdict, every patch with all its scores, activation map.

Pure functions of an inspection. Must not know where picture and model come from.
"""

from __future__ import annotations

import base64
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.bundle import Bundle
from models.explained import Explanation
from models.inspect import Inspection
from models.maps import STRONGEST, heat
from station.api.forms import Document

MAP_EDGE_PX: Final = 1024
"""The map's longer edge at most: it is laid over a preview."""
_SCORE_DIGITS: Final = 4

Verdict = Literal["pass", "reject", "forced"]


class PatchScores(Document):
    """One patch in the picture's own pixels, with the score of every class."""

    y_px: int
    x_px: int
    height_px: int
    width_px: int
    scores: dict[str, float]


class Classified(Document):
    """What a model says of a picture. `problem`: why it could not be inspected, which is a forced reject.

    `map` is a PNG with transparency over the whole picture, for `map_label`: the verdict's class, or for a pass the
    defect that came nearest.
    """

    verdict: Verdict
    label: str | None
    score: float | None
    problem: str | None
    patches: list[PatchScores]
    map: str | None = Field(description="data:image/png;base64,…")
    map_label: str | None
    model: str


class Candidate(Document):
    """What another model would have said of a kept picture; it decides nothing."""

    bundle: str
    label: str | None
    score: float | None
    problem: str | None
    defective: bool
    patches: list[PatchScores]
    verdict_differs: bool


def verdict_of(inspection: Inspection) -> Verdict:
    """What the line would have made of it."""
    if inspection.problem is not None or inspection.vote is None or inspection.vote.problem is not None:
        return "forced"
    return "reject" if inspection.vote.defective else "pass"


def patches_of(explanation: Explanation, labels: tuple[str, ...]) -> list[PatchScores]:
    """Every patch, in the picture's own pixels; none where nothing was inspected."""
    inspection = explanation.inspection
    if inspection.box is None or inspection.scores is None:
        return []
    (step_y, step_x), box = explanation.scale, inspection.box
    return [
        PatchScores(
            y_px=round(box.y_px + y * step_y),
            x_px=round(box.x_px + x * step_x),
            height_px=max(1, round(explanation.patch_px * step_y)),
            width_px=max(1, round(explanation.patch_px * step_x)),
            scores={label: round(float(score), _SCORE_DIGITS) for label, score in zip(labels, row, strict=True)},
        )
        for (y, x), row in zip(inspection.patch_origins, inspection.scores, strict=True)
    ]


def said(inspection: Inspection, labels: tuple[str, ...]) -> tuple[str | None, float | None]:
    """The class and its score; None where nothing was judged."""
    if verdict_of(inspection) == "forced" or inspection.vote is None:
        return None, None
    return labels[inspection.vote.class_index], round(float(inspection.vote.score), _SCORE_DIGITS)


def nearest_defect(inspection: Inspection) -> int | None:
    """The defect class with the highest score of any patch; None where nothing was judged."""
    if inspection.scores is None or inspection.problem is not None:
        return None
    return 1 + int(np.argmax(inspection.scores[:, 1:].max(axis=0)))


def model_name(bundle: Bundle) -> str:
    """For people, with the first digits of its digest."""
    return f"{bundle.path.name} {bundle.digest[:8]}"


def map_png(explanation: Explanation, shape: tuple[int, int]) -> bytes | None:
    """The map over a picture of `shape` (height, width), RGBA, MAP_EDGE_PX at most; None without one."""
    box, part_map = explanation.inspection.box, explanation.part_map
    if box is None or part_map is None:
        return None
    shrink = min(1.0, MAP_EDGE_PX / max(shape))
    height, width = (max(1, round(edge * shrink)) for edge in shape)
    top, left = round(box.y_px * shrink), round(box.x_px * shrink)
    bottom, right = round((box.y_px + box.height_px) * shrink), round((box.x_px + box.width_px) * shrink)
    if bottom <= top or right <= left:
        return None
    laid: NDArray[np.float32] = np.zeros((height, width), dtype=np.float32)
    laid[top:bottom, left:right] = cv2.resize(heat(part_map), (right - left, bottom - top))[
        : height - top, : width - left
    ]
    coloured: NDArray[np.uint8] = np.zeros((height, width, 4), dtype=np.uint8)
    coloured[:, :, :3] = cv2.applyColorMap((laid * 255.0).round().astype(np.uint8), cv2.COLORMAP_TURBO)
    coloured[:, :, 3] = (laid * (255.0 * STRONGEST)).round().astype(np.uint8)
    done: Any = cv2.imencode(".png", coloured, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return bytes(done[1]) if done[0] else None


def data_url(png: bytes | None) -> str | None:
    """For an <img>."""
    return None if png is None else f"data:image/png;base64,{base64.b64encode(png).decode()}"
