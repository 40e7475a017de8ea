"""Checkpoints of a training: written whole or not at all, read back only for the plan that wrote them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from models.make.frameworks import require
from models.make.manifest import DataError
from models.make.training.plan import TrainingPlan

if TYPE_CHECKING:
    from models.make.training.loop import Learner

log = logging.getLogger(__name__)


def resume(plan: TrainingPlan, learner: Learner) -> int:
    """Epochs done already, with the learner set to where they ended. DataError for a checkpoint of another plan."""
    if plan.checkpoint is None or not plan.checkpoint.exists():
        return 0
    try:
        state: dict[str, Any] = require("torch").load(plan.checkpoint, weights_only=True, map_location=learner.device)
    except Exception as error:
        raise DataError(f"{plan.checkpoint}: no checkpoint can be read from it ({error}); remove it") from error
    if state["plan"] != _identity(plan):
        raise DataError(
            f"{plan.checkpoint}: expected a checkpoint of network, seed and epochs {_identity(plan)}, "
            f"found {state['plan']}; name another run or remove it"
        )
    learner.network.load_state_dict(state["network"])
    learner.optimizer.load_state_dict(state["optimizer"])
    learner.schedule.load_state_dict(state["schedule"])
    log.info("resumed after epoch %d of %d", state["epoch"], plan.epochs)
    return int(state["epoch"])


def save(plan: TrainingPlan, learner: Learner, epoch: int) -> None:
    """Keep the learner after `epoch`; a disk that cannot take it is said, and training goes on."""
    if plan.checkpoint is None:
        return
    state = {
        "plan": _identity(plan),
        "epoch": epoch,
        "network": learner.network.state_dict(),
        "optimizer": learner.optimizer.state_dict(),
        "schedule": learner.schedule.state_dict(),
    }
    partial = plan.checkpoint.with_suffix(".partial")
    try:
        require("torch").save(state, partial)
        partial.replace(plan.checkpoint)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        log.warning(
            "%s: the checkpoint of epoch %d cannot be written (%s); training goes on", plan.checkpoint, epoch, error
        )


def _identity(plan: TrainingPlan) -> list[Any]:
    return [plan.network, plan.seed, plan.epochs]
