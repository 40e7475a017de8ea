"""One product's figures: student, teachers, distilled student and its INT8 form, for one seed."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import Any

from models.make.data_set import DataSet
from models.make.evaluation import all_patches
from models.make.figures.int8_form import int8_engine
from models.make.figures.plan import Measured
from models.make.figures.speed import engine_ms
from models.make.judging import Judged, folded, judge, judge_with
from models.make.learning import Learning, learn
from models.make.networks import NETWORKS
from models.make.run_folder import RunFolder
from models.make.training.plan import Distillation
from models.make.training.scoring import float_scores, fold

log = logging.getLogger(__name__)


def teachers_of(row: Measured, data: DataSet, folder: Path, threads: int) -> tuple[RunFolder, ...]:
    """The finished teachers; one seed, because they cost most."""
    return tuple(
        learn(Learning(folder / f"teacher-{teacher.network}", teacher.network, 1, teacher.epochs, threads), data)
        for teacher in row.teachers
    )


def student_of(data: DataSet, folder: Path, seed: int, threads: int) -> RunFolder:
    """The student that learned alone."""
    return learn(Learning(folder / f"student-s{seed}", seed=seed, threads=threads), data)


def distilled_of(
    row: Measured, teachers: tuple[RunFolder, ...], student: RunFolder, data: DataSet, seed: int, threads: int
) -> RunFolder:
    """The student that listened to the ensemble, from where it ended alone."""
    wanted = Learning(
        student.path.parent / f"distilled-s{seed}",
        seed=seed,
        epochs=row.distil_epochs,
        threads=threads,
        weights=student.weights,
        teachers=tuple(teacher.path for teacher in teachers),
        how=Distillation(),
    )
    return learn(wanted, data)


def measure(
    row: Measured, data: DataSet, unseen: dict[str, DataSet], folder: Path, seed: int, threads: int
) -> dict[str, Any]:
    """All figures of one seed. `unseen`: other test parts, judged with the thresholds that this set's val gave."""
    student = student_of(data, folder, seed, threads)
    result = _of_run("student", student, data, unseen, threads)
    if row.teachers:
        distilled = distilled_of(row, teachers_of(row, data, folder, threads), student, data, seed, threads)
        result |= _of_run("distilled", distilled, data, unseen, threads)
    return result


def _of_run(
    what: str, run: RunFolder, data: DataSet, unseen: dict[str, DataSet], threads: int
) -> dict[str, dict[str, Any]]:
    """Figures of a run's float network, of its INT8 form, and of that on the unseen sets."""
    network, block = run.load_network(), NETWORKS[run.order.network].space_to_depth
    by_float = judge(folded(partial(float_scores, network), block), data)
    engine, size_bytes = int8_engine(run, data, threads)
    scorer = folded(engine.run, block)
    by_int8 = judge(scorer, data)
    part = fold(all_patches(data.pictures["test"][:1], data.product), block)
    speed = {
        "ms_a_part": engine_ms({what: (engine, part)})[what],
        "patches_of_that_part": int(part.shape[0]),
        "int8_bytes": size_bytes,
        "float_bytes": 4 * sum(int(weight.numel()) for weight in network.parameters()),
    }
    return {
        what: _figures(by_float),
        f"{what} INT8": _figures(by_int8) | speed,
        **{
            f"{what} INT8 on {name}": _figures(judge_with(scorer, by_int8.thresholds, other))
            for name, other in unseen.items()
        },
    }


def _figures(judged: Judged) -> dict[str, Any]:
    return {
        "patch_accuracy": judged.patches["accuracy"],
        **{key: judged.parts[key] for key in ("parts", "missed", "recall", "overkilled", "overkill", "right_class")},
    }
