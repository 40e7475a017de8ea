"""Measures a bundle at every strength: perturbed frames through the runtime's inspector, part by part.

Pictures are read and perturbed by threads that work a little ahead of the inspector. Knows nothing of reports.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.crop import Box
from models.engine import open_engine
from models.inspect import Inspection, PartInspector
from models.make.evaluation import FRAME_PX, framed
from models.make.manifest import DataError, Row
from models.make.pictures import read_grey
from models.make.product import Product
from models.make.progress import shown
from models.make.robustness.perturbations import Perturbation, generator_for
from models.make.robustness.results import UNPERTURBED, Rung
from models.vote import UNKNOWN_CLASS

Task = TypeVar("Task")
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Step:
    """One strength of one perturbation; without a perturbation: the pictures as they are."""

    perturbation: Perturbation | None
    strength: float

    @property
    def name(self) -> str:
        """As it stands in the results."""
        return self.perturbation.name if self.perturbation else UNPERTURBED


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a bundle on the pictures of one split, with the seed of everything that is drawn."""

    bundle: Bundle
    product: Product
    folder: Path
    rows: Sequence[Row]
    seed: int
    sharpness_min: float = 0.0

    def frame(self, step: Step, picture: int) -> NDArray[np.uint8]:
        """The frame (height, width) u8 of a picture as the camera would deliver it under the step."""
        pixels = read_grey(self.folder / self.rows[picture].path)
        frame = framed(pixels, np.random.default_rng(picture))
        if step.perturbation is None:
            return frame
        part = Box(FRAME_PX, FRAME_PX, pixels.shape[1], pixels.shape[0])
        rng = generator_for(self.seed, step.perturbation, picture)
        return np.ascontiguousarray(step.perturbation.apply(frame, part, step.strength, rng))

    def label_index(self, picture: int) -> int:
        """Of the picture, as its manifest row has it."""
        row = self.rows[picture]
        label = self.product.label_of_class.get(row.class_name)
        if label is None:
            raise DataError(
                f"{row.path}: expected one of the classes {', '.join(sorted(self.product.label_of_class))}, "
                f"found {row.class_name!r}; correct the manifest or the product"
            )
        return self.product.labels.index(label)


def measured(subject: Subject, steps: Sequence[Step], threads: int) -> Iterator[Rung]:
    """The rung of every step, in order, as soon as it is whole; DataError names a picture that cannot be read."""
    inspector = PartInspector(subject.bundle, open_engine(subject.bundle, threads))
    pictures = len(subject.rows)
    truths = [subject.label_index(picture) for picture in range(pictures)]
    tasks = [(step, picture) for step in steps for picture in range(pictures)]
    seen: list[tuple[int, int]] = []
    problems: Counter[str] = Counter()
    frames = ahead(tasks, lambda task: subject.frame(*task), threads)
    for (step, picture), frame in shown(frames, "robustness", len(tasks)):
        inspection = inspector.inspect(frame, subject.sharpness_min)
        class_index, problem = outcome(inspection)
        seen.append((truths[picture], class_index))
        if problem is not None:
            problems[problem] += 1
        if picture == pictures - 1:
            groups = [subject.product.verdict_of(row.group, row.path) for row in subject.rows]
            yield rung_of(step, subject.product.labels, parts_seen(groups, seen), problems)
            seen, problems = [], Counter()


def outcome(inspection: Inspection) -> tuple[int, str | None]:
    """The class that was seen, or UNKNOWN_CLASS and why the picture was not inspected."""
    if inspection.problem is not None or inspection.vote is None:
        return UNKNOWN_CLASS, inspection.problem or "no vote"
    return inspection.vote.class_index, None


def parts_seen(groups: Sequence[str], seen: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Physical parts (label index, class seen) from pictures: one defective or refused picture rejects the part.

    A part with a picture that was not inspected counts as not inspected, whatever its others show.
    """
    by_part: dict[str, list[tuple[int, int]]] = {}
    for group, pair in zip(groups, seen, strict=True):
        by_part.setdefault(group, []).append(pair)
    parts: list[tuple[int, int]] = []
    for pairs in by_part.values():
        classes = [class_index for _, class_index in pairs]
        worst = UNKNOWN_CLASS if UNKNOWN_CLASS in classes else max(classes)
        parts.append((max(truth for truth, _ in pairs), worst))
    return parts


def rung_of(step: Step, labels: Sequence[str], parts: Sequence[tuple[int, int]], problems: Counter[str]) -> Rung:
    """Counts of parts (label index, class seen)."""
    counts = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    for truth, class_index in parts:
        counts[truth, len(labels) if class_index == UNKNOWN_CLASS else class_index] += 1
    rows = {label: tuple(int(count) for count in row) for label, row in zip(labels, counts, strict=True)}
    return Rung(step.name, step.strength, tuple(labels), rows, dict(problems))


def ahead(tasks: Iterable[Task], work: Callable[[Task], Done], threads: int) -> Iterator[tuple[Task, Done]]:
    """Every task with what became of it, in order; at most two a thread are done before they are asked for."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[Task, Future[Done]]] = deque()
        try:
            for task in tasks:
                waiting.append((task, pool.submit(work, task)))
                if len(waiting) > 2 * threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
