"""Scores of pictures: from a bundle through the runtime's own inspector, or from a float network on the same patches.

What comes out is the same for both, so that everything behind it cannot tell them apart. Judges nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.crop import Box
from models.engine import open_engine
from models.inspect import PartInspector
from models.make.evaluation import FRAME_PX, framed
from models.make.manifest import DataError, Row, read_manifest
from models.make.networks import NETWORKS
from models.make.pictures import Picture, load_picture, mask_to_scale
from models.make.product import Product
from models.make.progress import shown
from models.make.run_folder import RunFolder
from models.make.thresholds import PartScores
from models.make.training.scoring import float_scores, fold
from models.make.windows import AMBIGUOUS, grid, label_of
from models.patches import evenly
from models.spec import NativeGeometry


@dataclass(frozen=True, slots=True)
class ScoredPicture:
    """One picture: `scores` (patches, classes) f32, `patch_labels` (patches,), `origins` (y_px, x_px) of the patches.

    `judged_with` names its verdict: the physical part, or the picture where each is judged alone. With a `problem` it
    was not inspected and has no scores. Origins are at the geometry's scale.
    """

    row: Row
    judged_with: str
    label_index: int
    scores: NDArray[np.float32]
    patch_labels: NDArray[np.intp]
    origins: tuple[tuple[int, int], ...]
    problem: str | None = None

    def __post_init__(self) -> None:
        count = self.scores.shape[0]
        if not (count == self.patch_labels.size == len(self.origins)) or (self.problem is not None and count):
            raise ValueError(f"{self.row.path}: {count} scores, {self.patch_labels.size} labels, {self.problem!r}")


class Scorer(Protocol):
    """Something that gives scores for pictures."""

    @property
    def name(self) -> str:
        """How people call it."""
        ...

    @property
    def about(self) -> str:
        """What was measured: which network, through what."""
        ...

    @property
    def product(self) -> Product:
        """Labels and geometry."""
        ...

    @property
    def thresholds(self) -> tuple[float, ...] | None:
        """Its own thresholds of the classes from 1 on, None if it has none yet."""
        ...

    def score(self, folder: Path, row: Row) -> ScoredPicture:
        """One picture of a data folder; DataError where the file cannot be used."""
        ...


class BundleScorer:
    """A bundle as the station runs it: framed picture, crop, patches, engine."""

    def __init__(self, bundle: Bundle, product: Product, threads: int) -> None:
        if bundle.labels != product.labels:
            raise DataError(
                f"{bundle.path}: expected the labels of product {product.name} ({', '.join(product.labels)}), "
                f"found {', '.join(bundle.labels)}"
            )
        preprocessing = bundle.spec.preprocessing
        self._bundle = bundle
        self._product = product.model_copy(update={"geometry": preprocessing.geometry, "crop": preprocessing.crop})
        whole = NativeGeometry(kind="native", patch_px=preprocessing.geometry.patch_px, max_patches=4096)
        self._as_delivered = product.model_copy(update={"geometry": whole, "crop_pictures": False})
        self._engine = open_engine(bundle, threads)
        self._inspector = PartInspector(bundle, self._engine)

    @property
    def name(self) -> str:
        """Product and version."""
        return f"{self._bundle.spec.product} {self._bundle.spec.version}"

    @property
    def about(self) -> str:
        """Network and engine."""
        return (
            f"INT8 bundle, {self._bundle.spec.network.architecture}, {self._engine.identity.name}, "
            "through the runtime's inspector (crop, patches, engine, vote)"
        )

    @property
    def product(self) -> Product:
        """The product with the bundle's own geometry."""
        return self._product

    @property
    def thresholds(self) -> tuple[float, ...] | None:
        """Those of model.yaml."""
        return self._bundle.spec.threshold_row

    def score(self, folder: Path, row: Row) -> ScoredPicture:
        """Inspect the picture, laid into a dark frame; each patch's label comes from the mask under it."""
        picture = load_picture(folder, row, self._as_delivered)
        # a frame of its own for each picture, the same in every run and order
        frame = framed(picture.pixels, np.random.default_rng(zlib.crc32(row.path.encode())))
        inspection = self._inspector.inspect(frame)
        if inspection.problem is not None or inspection.scores is None or inspection.box is None:
            return _not_inspected(row, picture, self._product, inspection.problem or "no scores")
        labels = self._patch_labels(picture, inspection.box, inspection.patch_origins)
        judged_with = self._product.verdict_of(row.group, row.path)
        return ScoredPicture(
            row, judged_with, picture.label_index, inspection.scores.copy(), labels, inspection.patch_origins
        )

    def _patch_labels(self, picture: Picture, box: Box, origins: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
        product, edge = self._product, self._product.geometry.patch_px
        if not picture.mask.any():
            known = picture.label_index == 0 or product.mask_values == "picture"
            return np.full(len(origins), picture.label_index if known else AMBIGUOUS, dtype=np.intp)
        whole = np.pad(picture.mask, FRAME_PX)
        mask = mask_to_scale(whole[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px], product)
        found = [
            label_of(mask[y : y + edge, x : x + edge], len(product.labels), product.min_mask_px) for y, x in origins
        ]
        return np.array(found, dtype=np.intp)


class NetworkScorer:
    """A float network on the patches that inspection cuts; the crop rule is not part of the measurement."""

    def __init__(self, name: str, network: Any, architecture: str, product: Product) -> None:
        self._name, self._network, self._architecture, self._product = name, network, architecture, product
        self._block = NETWORKS[architecture].space_to_depth

    @classmethod
    def of_run(cls, run: RunFolder) -> NetworkScorer:
        """The trained network of a run; DataError where training is not finished."""
        return cls(run.name, run.load_network(), run.order.network, run.product)

    @property
    def name(self) -> str:
        """The run's name."""
        return self._name

    @property
    def about(self) -> str:
        """Network."""
        return f"float network {self._architecture}, on the patches that inspection cuts (the crop is not measured)"

    @property
    def product(self) -> Product:
        """As it was when the run was ordered."""
        return self._product

    @property
    def thresholds(self) -> tuple[float, ...] | None:
        """None: a run has no thresholds, they are chosen on validation parts."""
        return None

    def score(self, folder: Path, row: Row) -> ScoredPicture:
        """All patches of the picture; one score that is no number makes it "not inspected"."""
        picture = load_picture(folder, row, self._product)
        windows, labels = grid(picture, self._product)
        scores = float_scores(self._network, fold(windows, self._block))
        if not windows.size or not bool(np.isfinite(scores).all()):
            problem = "a score is not a number" if windows.size else "part smaller than a patch"
            return _not_inspected(row, picture, self._product, problem)
        height, width = picture.pixels.shape
        edge = self._product.geometry.patch_px
        origins = tuple((y, x) for y in evenly(height, edge) for x in evenly(width, edge))
        judged_with = self._product.verdict_of(row.group, row.path)
        return ScoredPicture(row, judged_with, picture.label_index, scores, labels, origins)


def score_split(scorer: Scorer, folder: Path, split: str) -> list[ScoredPicture]:
    """Every picture of a split, with progress; DataError where the split is empty."""
    rows = [row for row in read_manifest(folder, scorer.product.set_name) if row.split == split]
    if not rows:
        raise DataError(f"{folder}: {scorer.product.set_name}: expected pictures in the split {split!r}, found none")
    return [scorer.score(folder, row) for row in shown(rows, f"{scorer.name}, {split}", len(rows))]


def joined(pictures: Sequence[ScoredPicture]) -> list[PartScores]:
    """One PartScores a physical part; a part of which one picture was not inspected has no scores: it says nothing."""
    return [
        PartScores(
            np.concatenate([picture.scores for picture in group]),
            max(picture.label_index for picture in group),
            np.concatenate([picture.patch_labels for picture in group]),
        )
        for group in by_part(pictures).values()
        if all(picture.problem is None for picture in group)
    ]


def by_part(pictures: Sequence[ScoredPicture]) -> dict[str, list[ScoredPicture]]:
    """Pictures of each verdict, in order."""
    groups: dict[str, list[ScoredPicture]] = {}
    for picture in pictures:
        groups.setdefault(picture.judged_with, []).append(picture)
    return groups


def _not_inspected(row: Row, picture: Picture, product: Product, problem: str) -> ScoredPicture:
    nothing = np.zeros((0, len(product.labels)), np.float32)
    judged_with = product.verdict_of(row.group, row.path)
    return ScoredPicture(row, judged_with, picture.label_index, nothing, np.zeros(0, np.intp), (), problem)
