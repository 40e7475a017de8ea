"""What each strength looks like: one defective part, a close look at its defect and the part as a whole."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.crop import Box
from models.make.evaluation import FRAME_PX
from models.make.manifest import DataError, Row
from models.make.pictures import read_grey
from models.make.robustness.measure import Step, Subject
from models.make.robustness.perturbations import generator_for

CLOSE_PX: Final = 256
WHOLE_HEIGHT_PX: Final = 200
MARK_PX: Final = 8
JPEG_QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class Sample:
    """Two pictures of one step, as the content of data URIs (base64 JPEG), with what they show."""

    caption: str
    close: str
    whole: str


def sample_picture(subject: Subject) -> int:
    """The picture that is shown: the first defective one with a mask, else the first defective one, else the first."""
    defective = [index for index in range(len(subject.rows)) if subject.label_index(index)]
    masked = [index for index in defective if subject.rows[index].mask]
    return (masked or defective or [0])[0]


def samples_of(subject: Subject, steps: Sequence[Step], picture: int) -> list[Sample]:
    """The picture under every step, the strongest last."""
    middle = _defect_middle(subject, subject.rows[picture])
    if steps[-1].perturbation is not None and steps[-1].perturbation.looked_at == "marks":
        middle = _most_marked(subject, steps[-1], picture)
    out: list[Sample] = []
    for step in steps:
        frame = subject.frame(step, picture)
        row = _moved(subject, step, picture, middle[0], frame.shape)
        top = int(np.clip(row - CLOSE_PX // 2, 0, max(0, frame.shape[0] - CLOSE_PX)))
        left = int(np.clip(middle[1] - CLOSE_PX // 2, 0, max(0, frame.shape[1] - CLOSE_PX)))
        width = max(1, round(frame.shape[1] * WHOLE_HEIGHT_PX / frame.shape[0]))
        whole = cv2.resize(frame, (width, WHOLE_HEIGHT_PX), interpolation=cv2.INTER_AREA)
        caption = step.perturbation.said(step.strength) if step.perturbation else "without"
        out.append(Sample(caption, _jpeg(frame[top : top + CLOSE_PX, left : left + CLOSE_PX]), _jpeg(whole)))
    return out


def _most_marked(subject: Subject, step: Step, picture: int) -> tuple[int, int]:
    """Middle (row, column) of the close look that shows most of what the step laid over the frame."""
    changed = (subject.frame(step, picture) != subject.frame(Step(None, 0.0), picture)).astype(np.float32)
    around = np.asarray(cv2.boxFilter(changed, -1, (CLOSE_PX, CLOSE_PX), borderType=cv2.BORDER_CONSTANT), np.float32)
    row, column = divmod(int(np.argmax(around)), changed.shape[1])
    return row, column


def _moved(subject: Subject, step: Step, picture: int, row: int, shape: tuple[int, ...]) -> int:
    """Where a row of the frame lies under the step: a picture that has it marked is perturbed alike."""
    if step.perturbation is None or step.perturbation.looked_at != "moved defect":
        return row
    marked = np.zeros(shape, dtype=np.uint8)
    marked[max(0, row - MARK_PX) : row + MARK_PX] = 255
    whole = Box(0, 0, shape[1], shape[0])
    rng = generator_for(subject.seed, step.perturbation, picture)
    seen = np.flatnonzero(step.perturbation.apply(marked, whole, step.strength, rng)[:, 0])
    return int(seen.mean()) if seen.size else row


def _defect_middle(subject: Subject, row: Row) -> tuple[int, int]:
    """Row and column, in the frame, of the defect's middle, or of the picture's where there is no mask picture."""
    height, width = read_grey(subject.folder / row.path).shape
    try:
        marked = np.argwhere(read_grey(subject.folder / row.mask) > 0) if row.mask else np.zeros((0, 2))
    except DataError:  # polygons are no picture
        marked = np.zeros((0, 2))
    if not len(marked):
        return height // 2 + FRAME_PX, width // 2 + FRAME_PX
    y, x = marked[len(marked) // 2]
    return int(y) + FRAME_PX, int(x) + FRAME_PX


def _jpeg(picture: NDArray[np.uint8] | Any) -> str:
    fine, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not fine:
        raise DataError(f"a sample picture of {picture.shape} could not be compressed")
    return base64.b64encode(content.tobytes()).decode()
