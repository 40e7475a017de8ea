"""What training makes small: cross-entropy, weighted for rare classes where asked, and listening to teachers.

Source of the distillation loss: fastener study, P = softmax(z / T).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.make.frameworks import require
from models.make.training.plan import Distillation

LABEL_SMOOTHING: Final = 0.02


def class_weights(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Inverse frequency of each class among drawn labels, mean 1 over the classes that occur; 0 for the others."""
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    there = counts > 0
    weights = np.zeros(classes)
    weights[there] = 1.0 / counts[there]
    return (weights * there.sum() / weights.sum()).astype(np.float32)


def averaged_logits(logits: list[Any]) -> Any:
    """The ensemble: the mean of its members' logits."""
    return sum(logits[1:], logits[0]) / len(logits)


def cross_entropy(logits: Any, labels: Any, weights: Any = None) -> Any:
    """Cross-entropy with a little label smoothing; `weights` (classes,) or None."""
    functional = require("torch").nn.functional
    return functional.cross_entropy(logits.float(), labels, weight=weights, label_smoothing=LABEL_SMOOTHING)


def distilled(logits: Any, teacher_logits: Any, labels: Any, how: Distillation, weights: Any = None) -> Any:
    """The loss alpha T^2 KL(teacher, student) + (1 - alpha) CE; T^2 keeps the gradients' size when T changes."""
    functional = require("torch").nn.functional
    student = functional.log_softmax(logits.float() / how.temperature, dim=1)
    teacher = functional.log_softmax(teacher_logits.float() / how.temperature, dim=1)
    divergence = functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
    own = cross_entropy(logits, labels, weights) if how.alpha < 1.0 else 0.0
    return how.alpha * how.temperature**2 * divergence + (1.0 - how.alpha) * own
