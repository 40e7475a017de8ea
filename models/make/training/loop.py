"""The training loop: seeded, resumable after every epoch, with the time left, and stopped by a loss that is no number.

Knows nothing of quantisation, bundles or where a run is kept.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.make.errors import LossError
from models.make.frameworks import require
from models.make.manifest import DataError
from models.make.networks import NETWORKS, build, load_weights, penalty
from models.make.pictures import Picture
from models.make.product import Product
from models.make.progress import shown
from models.make.training.batches import Batch, ahead, draw_batch
from models.make.training.checkpoint import resume, save
from models.make.training.objective import averaged_logits, class_weights, cross_entropy, distilled
from models.make.training.plan import Distillation, TrainingPlan, autocast, device_of
from models.make.training.scoring import float_scores, patches_of, to_input
from models.make.windows import WindowSampler

log = logging.getLogger(__name__)

WEIGHT_DECAY = 0.02
VALIDATION_PATCHES = 512  # enough to see how an epoch went; thresholds are chosen on all of them later


@dataclass(frozen=True, slots=True)
class Learner:
    """What changes while a network learns."""

    network: Any
    optimizer: Any
    schedule: Any
    device: str


def train(
    product: Product,
    plan: TrainingPlan,
    train_set: Sequence[Picture],
    val_set: Sequence[Picture],
    teachers: Sequence[Any] = (),
    how: Distillation | None = None,
) -> Any:
    """A trained `Classifier` on the CPU in evaluation mode; resumes from the checkpoint if there is one.

    With `teachers` (networks) it learns from their averaged logits as `how` says. DataError where the pictures are not
    enough, LossError where the loss is no number.
    """
    learner, first, steps = _begin(product, plan)
    samplers = _samplers(product, train_set)
    weights = _weights(product, samplers[0], plan.seed)
    patches, labels = patches_of(val_set, product, NETWORKS[plan.network].space_to_depth)
    few = np.random.default_rng(0).permutation(labels.size)[:VALIDATION_PATCHES]
    for teacher in teachers:
        teacher.to(learner.device).eval()
    objective = Objective(teachers, how or Distillation(), weights, NETWORKS[plan.network].space_to_depth)
    for epoch in range(first, plan.epochs):
        begin = monotonic()
        require("torch").manual_seed(plan.seed * 1000 + epoch)  # dropout of a resumed run is that of an unbroken one
        warming = samplers[1] is not None and epoch < int(plan.epochs * _warm_up_share(product))
        sampler = samplers[1] if warming and samplers[1] is not None else samplers[0]
        batches = ahead(sampler, product, plan.seed, epoch, steps)
        try:
            loss = _epoch(learner, shown(batches, f"epoch {epoch + 1}/{plan.epochs}", steps), objective)
        except LossError as error:
            kept = f"epoch {epoch}, kept in {plan.checkpoint}" if epoch and plan.checkpoint else "none"
            raise LossError(
                f"{product.name}: epoch {epoch + 1}/{plan.epochs}, {error}; last good: {kept}; lower the learning rate"
            ) from error
        line = {"epoch": epoch + 1, "loss": round(loss, 5), **_validation(learner.network, patches[few], labels[few])}
        line["seconds"] = round(monotonic() - begin, 1)
        log.info("%s", " ".join(f"{key} {value}" for key, value in line.items()))
        save(plan, learner, epoch + 1)
        if plan.history is not None:
            with plan.history.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
    return learner.network.to("cpu").eval()


@dataclass(frozen=True, slots=True)
class Objective:
    """The loss of one batch for a student whose input is folded by `block`."""

    teachers: Sequence[Any]
    how: Distillation
    weights: NDArray[np.float32] | None
    block: int

    def loss(self, learner: Learner, batch: Batch) -> Any:
        """A scalar tensor."""
        torch, device = require("torch"), learner.device
        labels = torch.from_numpy(batch.labels).to(device)
        weights = None if self.weights is None else torch.from_numpy(self.weights).to(device)
        with autocast(device):
            logits = learner.network(to_input(batch.pixels, self.block, device))
        decay = penalty(learner.network)
        if not self.teachers:
            return cross_entropy(logits, labels, weights) + decay
        with torch.no_grad(), autocast(device):
            told = [teacher(to_input(batch.pixels, teacher.plan.space_to_depth, device)) for teacher in self.teachers]
        return distilled(logits, averaged_logits(told), labels, self.how, weights) + decay


def _begin(product: Product, plan: TrainingPlan) -> tuple[Learner, int, int]:
    """Fresh or resumed network with its optimiser; the first epoch to do, and the steps of one."""
    torch = require("torch")
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    device, options = device_of(plan.device), product.training
    network = build(plan.network, len(product.labels))
    if plan.weights is not None:
        log.info("%s", load_weights(network, plan.weights))
    network = network.to(device=device, memory_format=torch.channels_last)
    decay = 0.0 if NETWORKS[plan.network].weight_decay else WEIGHT_DECAY  # a network with a penalty decays by it
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.learning_rate, weight_decay=decay)
    steps = max(1, options.windows_per_epoch // options.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.learning_rate, total_steps=steps * plan.epochs + 1, pct_start=0.15
    )
    learner = Learner(network, optimizer, schedule, device)
    return learner, resume(plan, learner), steps


def _samplers(product: Product, train_set: Sequence[Picture]) -> tuple[WindowSampler, WindowSampler | None]:
    warm = product.training.warm_up
    try:
        return WindowSampler(train_set, product), WindowSampler(train_set, product, warm.patch_px) if warm else None
    except ValueError as error:
        raise DataError(f"{product.set_name}: {error}; add pictures or masks to the train split") from error


def _warm_up_share(product: Product) -> float:
    return product.training.warm_up.share if product.training.warm_up else 0.0


def _weights(product: Product, sampler: WindowSampler, seed: int) -> NDArray[np.float32] | None:
    """Loss weights from what is really drawn, where the product asks for them."""
    if not product.training.balance.weighting:
        return None
    rng = np.random.default_rng((seed, 0xBA1))
    drawn = [draw_batch(sampler, product, rng).labels for _ in range(max(1, 512 // product.training.batch))]
    return class_weights(np.concatenate(drawn), len(product.labels))


def _epoch(learner: Learner, batches: Iterator[Batch], objective: Objective) -> float:
    """Mean loss of an epoch. LossError at the first one that is no number, before it reaches the weights."""
    learner.network.train()
    total, steps = 0.0, 0
    for batch in batches:
        loss = objective.loss(learner, batch)
        value = float(loss.detach())
        if not np.isfinite(value):
            raise LossError(f"step {steps + 1}: the loss is {value}")
        learner.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        learner.optimizer.step()
        learner.schedule.step()
        total, steps = total + value, steps + 1
    return total / max(1, steps)


def _validation(network: Any, patches: NDArray[np.int8], labels: NDArray[np.intp]) -> dict[str, Any]:
    if labels.size == 0:
        return {}
    predicted = float_scores(network, patches).argmax(axis=1)
    defective = labels > 0
    return {
        "val_accuracy": round(float((predicted == labels).mean()), 4),
        "val_defect_recall": round(float((predicted[defective] > 0).mean()), 4) if defective.any() else None,
        "val_false_alarms": round(float((predicted[~defective] > 0).mean()), 4) if (~defective).any() else None,
    }
