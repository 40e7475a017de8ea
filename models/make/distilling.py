"""What distilling brought: student alone, each teacher, their ensemble and the distilled student, side by side.

As the fastener study reports it, with parts instead of pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.make.data_set import DataSet
from models.make.judging import Judged, folded, judge
from models.make.run_folder import RunFolder
from models.make.training.scoring import float_logits, float_scores, fold, softmax_rows


def compare(run: RunFolder, teachers: Sequence[RunFolder], student: RunFolder | None, data: DataSet) -> dict[str, Any]:
    """Figures of the test split by name; thresholds are chosen for each of them on val."""
    networks = {teacher.name: teacher.load_network() for teacher in teachers}
    found: dict[str, Any] = {}
    if student is not None:
        found["student alone"] = _figures(_judged(student.load_network(), data))
    for name, network in networks.items():
        found[f"teacher {name}"] = _figures(_judged(network, data))
    if len(networks) > 1:
        found["ensemble"] = _figures(judge(partial(_ensemble, list(networks.values())), data))
    found["distilled student"] = _figures(_judged(run.load_network(), data))
    return found


def lines(found: dict[str, Any]) -> list[str]:
    """The comparison as a table for the terminal."""
    rows = [f"{'':28}{'patch acc.':>12}{'part recall':>13}{'missed':>8}{'overkill':>10}{'right class':>13}"]
    rows += [
        f"{name:28}{_number(figures['patch_accuracy']):>12}{_number(figures['recall']):>13}{figures['missed']:>8}"
        f"{_number(figures['overkill']):>10}{_number(figures['right_class']):>13}"
        for name, figures in found.items()
    ]
    return rows


def _judged(network: Any, data: DataSet) -> Judged:
    return judge(folded(partial(float_scores, network), network.plan.space_to_depth), data)


def _ensemble(networks: Sequence[Any], windows: NDArray[np.uint8]) -> NDArray[np.float32]:
    logits = [float_logits(network, fold(windows, network.plan.space_to_depth)) for network in networks]
    return softmax_rows(np.mean(logits, axis=0))


def _figures(judged: Judged) -> dict[str, Any]:
    return {
        "patch_accuracy": judged.patches["accuracy"],
        **{key: judged.parts[key] for key in ("parts", "recall", "missed", "overkill", "overkilled", "right_class")},
        "thresholds": list(judged.thresholds),
    }


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"
