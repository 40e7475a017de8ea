"""Grouped k-fold cross-validation: k networks, each judged on the physical parts that it never saw.

The test split stays out of it. Thresholds for a fold are chosen on the out-of-fold scores of the other folds' parts, so
no part decides the thresholds that it is judged by. A fold that is done is kept and not done again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.make.data.folds import folds
from models.make.evaluate.fold_files import FoldOrder, claim, read_fold, write_fold
from models.make.evaluate.intervals import Share
from models.make.evaluate.measures import Measured, measure
from models.make.evaluate.scored import NetworkScorer, ScoredPicture, joined
from models.make.evaluate.sweep import Spread
from models.make.manifest import DataError, Row, audit, read_manifest
from models.make.pictures import load_pictures
from models.make.product import Product
from models.make.progress import shown
from models.make.thresholds import Thresholds, choose_thresholds
from models.make.training.loop import train
from models.make.training.plan import Device, TrainingPlan

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoldSettings:
    """How it is run; `device` as in training."""

    out: Path
    threads: int = 2
    device: Device = "auto"


@dataclass(frozen=True, slots=True)
class FoldFigures:
    """One fold: its figures, or the sentence why no thresholds could be chosen for it."""

    index: int
    measured: Measured | None
    thresholds: Thresholds | None
    refused: str | None


@dataclass(frozen=True, slots=True)
class CrossValidated:
    """All folds together."""

    order: FoldOrder
    found: tuple[FoldFigures, ...]

    def pooled(self, what: str) -> Share:
        """`escapes`, `overkill` or `right` over the parts of all folds that have figures."""
        shares = [self._share(fold.measured, what) for fold in self.found if fold.measured is not None]
        return Share(sum(share.count for share in shares), sum(share.of for share in shares))

    def spread(self, what: str) -> Spread | None:
        """Mean and deviation over folds; `patches` is the share of patches with the right class."""
        return Spread.of([self._share(fold.measured, what).rate for fold in self.found if fold.measured is not None])

    @staticmethod
    def _share(measured: Measured, what: str) -> Share:
        shares = {
            "escapes": measured.escapes,
            "recall": measured.recall,
            "overkill": measured.overkill,
            "right": measured.parts.right,
            "patches": measured.patches.right,
        }
        return shares[what]

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        names = ("recall", "overkill", "right", "patches")
        spreads = {name: self.spread(name) for name in names}
        return {
            "order": self.order.model_dump(mode="json"),
            "test_split": "left out",
            "mean_and_sd_over_folds": {name: spread.as_json() if spread else None for name, spread in spreads.items()},
            "pooled": {name: self.pooled(name).as_json() for name in ("escapes", *names)},
            "folds": [
                {
                    "fold": fold.index + 1,
                    "refused": fold.refused,
                    "thresholds": fold.thresholds.as_json() if fold.thresholds else None,
                    "figures": fold.measured.as_json() if fold.measured else None,
                }
                for fold in self.found
            ],
        }


def cross_validate(folder: Path, order: FoldOrder, settings: FoldSettings) -> CrossValidated:
    """Train what is not there yet, then judge; DataError, LossError or TrainingUnavailableError say why not."""
    rows = fold_rows(folder, order.product, order.limit)
    pairs = folds(rows, order.folds, order.seed)
    claim(settings.out, order)
    scored: list[list[ScoredPicture]] = []
    for index, (train_rows, held_out) in enumerate(shown(pairs, "folds", len(pairs))):
        kept = settings.out / f"fold-{index + 1}.json"
        if not kept.exists():
            log.info("fold %d/%d: %d to learn, %d held out", index + 1, order.folds, len(train_rows), len(held_out))
            write_fold(kept, _one_fold(folder, order, settings, index, (train_rows, held_out)))
        scored.append(read_fold(kept, held_out, order.product))
    return CrossValidated(order, tuple(judge_fold(order.product, scored, index) for index in range(len(scored))))


def fold_rows(folder: Path, product: Product, limit: int | None = None) -> list[Row]:
    """Train and val rows, audited; with `limit` so many pictures of each class, for trials."""
    rows = read_manifest(folder, product.set_name)
    audit(rows)
    taken: dict[str, int] = {}
    chosen: list[Row] = []
    for row in rows:
        if row.split != "test" and (limit is None or taken.get(row.class_name, 0) < limit):
            taken[row.class_name] = taken.get(row.class_name, 0) + 1
            chosen.append(row)
    return chosen


def judge_fold(product: Product, scored: Sequence[Sequence[ScoredPicture]], index: int) -> FoldFigures:
    """The figures of one fold at thresholds from the parts of all others."""
    others = [picture for at, fold in enumerate(scored) if at != index for picture in fold]
    try:
        chosen = choose_thresholds(joined(others), product.labels, product.recall_floor, product.sound_is_a_class)
    except DataError as error:
        return FoldFigures(index, None, None, str(error))
    return FoldFigures(index, measure(scored[index], product.labels, chosen.values), chosen, None)


def _one_fold(
    folder: Path, order: FoldOrder, settings: FoldSettings, index: int, rows: tuple[Sequence[Row], Sequence[Row]]
) -> list[ScoredPicture]:
    checkpoint = settings.out / f"fold-{index + 1}.checkpoint.pt"
    plan = TrainingPlan(order.network, order.seed + index, order.epochs, settings.threads, checkpoint, settings.device)
    # nothing is chosen by the validation pictures while it learns, so none are given: the held-out parts stay unseen
    network = train(order.product, plan, load_pictures(folder, rows[0], order.product), [])
    scorer = NetworkScorer(f"fold {index + 1}", network, order.network, order.product)
    found = [scorer.score(folder, row) for row in shown(rows[1], f"fold {index + 1}, held out", len(rows[1]))]
    checkpoint.unlink(missing_ok=True)
    return found
