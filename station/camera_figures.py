"""What a technician needs to know of a picture to focus and expose: levels, histogram, sharpness; and of the pace.

Pure: pictures and frames in, figures out. It must not know terminals or cameras.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import fmean, pstdev

import numpy as np
from numpy.typing import NDArray

from drivers.camera.interface import Frame
from drivers.encoder.counts import signed_difference
from models.crop import Box, find_part
from models.sharpness import sharpness
from models.spec import CropRule

BINS = 16
SATURATED_LEVEL, DARK_LEVEL = 255, 5
PACE_FRAMES = 20
_SAMPLE_ROWS = 512


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """Levels are 0..255. Shares are of all pixels looked at: every line of a small picture, 512 or more of a large."""

    darkest: int
    mean: float
    brightest: int
    histogram: tuple[float, ...]
    """Share of the pixels in each of BINS equal ranges of brightness."""
    saturated: float
    """Share at SATURATED_LEVEL."""
    dark: float
    """Share at DARK_LEVEL or below."""
    sharpness: float
    """Of the part where one was found, as the recipe's sharpness_min has it; of the whole picture otherwise."""
    part: Box | None = None
    """Where the part was found."""
    problem: str | None = None
    """Why this picture would not be inspected."""


def figures_of(image: NDArray[np.uint8], rule: CropRule | None = None) -> PictureFigures:
    """The figures of a grey picture (height, width), and of the part that `rule` finds; ValueError when it is empty."""
    if not image.size:
        raise ValueError(f"a picture of {image.shape} has no pixel to measure")
    sample = image[:: max(1, image.shape[0] // _SAMPLE_ROWS)]
    levels = np.bincount(sample.reshape(-1), minlength=256)
    present = np.flatnonzero(levels)
    found = None if rule is None else find_part(image, rule)
    part = None if found is None else found.box
    shares = levels / sample.size
    return PictureFigures(
        darkest=int(present[0]),
        mean=float(shares @ np.arange(256)),
        brightest=int(present[-1]),
        histogram=tuple(float(share) for share in shares.reshape(BINS, -1).sum(axis=1)),
        saturated=float(shares[SATURATED_LEVEL:].sum()),
        dark=float(shares[: DARK_LEVEL + 1].sum()),
        sharpness=sharpness(image, part),
        part=part,
        problem=None if found is None or found.problem is None else found.problem.value,
    )


def part_text(picture: PictureFigures) -> str:
    """What was measured, and whether the station would inspect it."""
    part = picture.part
    where = (
        "the whole picture"
        if part is None
        else f"the part, {part.width_px}x{part.height_px} at ({part.x_px}, {part.y_px})"
    )
    return where if picture.problem is None else f"{where}; would not be inspected: {picture.problem}"


@dataclass(frozen=True, slots=True)
class PaceFigures:
    """How fast pictures and lines come; None where the frames do not tell."""

    frames_per_s: float | None
    frame_jitter_ms: float | None
    """Standard deviation of the time between frames."""
    line_period_us: float | None
    line_jitter_us: float | None
    """Standard deviation of the line period from frame to frame."""
    counts_per_line: float | None
    """Encoder counts from line to line within the last frame."""


class Pace:
    """The pace of the last PACE_FRAMES frames of one camera.

    `counts_per_line` is what the encoder divides by, None where it does not pace the lines. Without it, lines are
    taken to follow each other without a pause when `free_running`, and nothing is said about them otherwise.
    """

    def __init__(self, counts_per_line: int | None, *, free_running: bool) -> None:
        self._counts_per_line, self._free_running = counts_per_line, free_running
        self._frames: deque[Frame] = deque(maxlen=PACE_FRAMES)

    def add(self, frame: Frame) -> None:
        """One more frame; a repeated or older one begins anew."""
        if self._frames and frame.camera_ns <= self._frames[-1].camera_ns:
            self._frames.clear()
        self._frames.append(frame)

    def figures(self) -> PaceFigures:
        """The figures so far."""
        pairs = list(zip(self._frames, list(self._frames)[1:], strict=False))
        times_s = [(after.camera_ns - before.camera_ns) * 1e-9 for before, after in pairs]
        whole_s = sum(times_s)
        lines_us = [period for pair in pairs if (period := self._line_period_us(*pair)) is not None]
        return PaceFigures(
            frames_per_s=len(pairs) / whole_s if pairs else None,
            frame_jitter_ms=pstdev(times_s) * 1e3 if len(times_s) > 1 else None,
            line_period_us=fmean(lines_us) if lines_us else None,
            line_jitter_us=pstdev(lines_us) if len(lines_us) > 1 else None,
            counts_per_line=_counts_per_line(self._frames[-1]) if self._frames else None,
        )

    def _line_period_us(self, before: Frame, after: Frame) -> float | None:
        """From the first line of one frame to that of the next: by the counts between them, else by the lines."""
        between_us = (after.camera_ns - before.camera_ns) * 1e-3
        if self._counts_per_line is not None:
            if before.encoder is None or after.encoder is None:
                return None
            counts = abs(signed_difference(after.encoder.counts[0], before.encoder.counts[0]))
            return between_us * self._counts_per_line / counts if counts else None
        if self._free_running:
            return between_us / (before.height_px * (after.lost_before + 1))
        return None


def _counts_per_line(frame: Frame) -> float | None:
    track = frame.encoder
    if track is None or len(track.lines) == 1:
        return None
    return signed_difference(track.counts[-1], track.counts[0]) / track.lines[-1]
