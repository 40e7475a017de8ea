"""From an order to a finished run: one training, or a distillation from finished runs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.make.code_version import code_version, library_versions
from models.make.data_set import DataSet
from models.make.frameworks import expect
from models.make.manifest import DataError
from models.make.networks import check_edge, plan_named
from models.make.run_folder import RunFolder, RunOrder
from models.make.training.loop import train
from models.make.training.plan import Device, Distillation, TrainingPlan

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Learning:
    """What can differ between two runs on one data set; None takes the product's own value."""

    run: Path
    network: str | None = None
    seed: int = 1
    epochs: int | None = None
    threads: int = 2
    device: Device = "auto"
    weights: Path | None = None
    limit: int | None = None
    teachers: tuple[Path, ...] = ()
    how: Distillation | None = None


def learn(wanted: Learning, data: DataSet) -> RunFolder:
    """The finished run; one that is there already with the same order is returned as it is, a stopped one goes on.

    DataError, LossError or TrainingUnavailableError say why there is none.
    """
    expect("torch")
    product = data.product
    network = wanted.network or product.training.network
    plan = plan_named(network)
    warm = product.training.warm_up
    for edge_px in (product.geometry.patch_px, *((warm.patch_px,) if warm else ())):
        check_edge(plan, edge_px)
    teachers = _open_teachers(wanted.teachers, data)
    how = (wanted.how or Distillation()) if teachers else None
    order = RunOrder(
        product=product,
        network=network,
        seed=wanted.seed,
        epochs=wanted.epochs or product.training.epochs,
        threads=wanted.threads,
        limit=wanted.limit,
        teachers=tuple(teacher.name for teacher in teachers),
        temperature=how.temperature if how else None,
        alpha=how.alpha if how else None,
        weights_from=f"{wanted.weights.parent.name}/{wanted.weights.name}" if wanted.weights else None,
        data_digest=data.audit.digest,
        audit={
            "groups_in_two_splits": data.audit.groups_in_two_splits,
            "files_in_two_splits": data.audit.files_in_two_splits,
        },
        pictures=data.picture_counts,
        parts=data.part_counts,
        code=code_version(),
        libraries=library_versions(),
    )
    run = RunFolder.create(wanted.run, order)
    if run.weights.exists():
        log.info("%s: finished already", run.path)
        return run
    training = TrainingPlan(
        network, order.seed, order.epochs, wanted.threads, run.checkpoint, wanted.device, wanted.weights, run.history
    )
    networks = [teacher.load_network() for teacher in teachers]
    run.keep_weights(train(product, training, data.pictures["train"], data.pictures["val"], networks, how))
    return run


def _open_teachers(paths: Sequence[Path], data: DataSet) -> list[RunFolder]:
    teachers = [RunFolder.open(path) for path in paths]
    for teacher in teachers:
        if teacher.product.labels != data.product.labels:
            raise DataError(
                f"{teacher.path}: expected a teacher with the labels {', '.join(data.product.labels)}, "
                f"found {', '.join(teacher.product.labels)}"
            )
        if teacher.order.data_digest != data.audit.digest:
            raise DataError(
                f"{teacher.path}: expected a teacher of the same data set and splits, found another one's digest; "
                "a teacher that saw test parts would tell the student about them"
            )
    return teachers
