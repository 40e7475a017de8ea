"""Writes a bundle: network, golden set, `model.yaml`. A folder appears whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from models.bundle import SPEC_FILE, Bundle, load_bundle
from models.engine import check_golden, open_engine
from models.spec import (
    FORMAT,
    CropRule,
    FixedGeometry,
    GoldenSet,
    InputSpec,
    ModelSpec,
    NativeGeometry,
    NetworkFile,
    Preprocessing,
)

NETWORK_FILE: Final = "network.tflite"
GOLDEN_FILE: Final = "golden.png"
GOLDEN_TOLERANCE: Final = 0.08  # engines differ by a few steps of the int8 logits


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """What goes into a bundle. `golden` (n, patch, patch) u8 with `golden_scores` (n, classes) f32."""

    product: str
    version: str
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    space_to_depth: int
    geometry: FixedGeometry | NativeGeometry
    crop: CropRule
    network: bytes
    architecture: str
    golden: NDArray[np.uint8]
    golden_scores: NDArray[np.float32]
    metrics: Mapping[str, object]
    provenance: Mapping[str, object]


def write_bundle(out: Path, plan: BundlePlan) -> Bundle:
    """Write, load again and check a bundle; an older one at `out` is replaced.

    BundleError if what was written does not load or does not pass its own golden set.
    """
    golden = plan.golden.reshape(-1, plan.golden.shape[2])
    ok, encoded = cv2.imencode(".png", golden, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not ok:
        raise ValueError(f"golden patches {plan.golden.shape} cannot be written as PNG")
    picture = bytes(encoded.tobytes())
    text = yaml.safe_dump(
        _spec(plan, picture).model_dump(mode="json"), sort_keys=False, width=108, default_flow_style=None
    )
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    (partial / NETWORK_FILE).write_bytes(plan.network)
    (partial / GOLDEN_FILE).write_bytes(picture)
    (partial / SPEC_FILE).write_text(text, encoding="utf-8")
    written = load_bundle(partial)
    check_golden(written, open_engine(written))
    if out.exists():
        shutil.rmtree(out)
    partial.rename(out)
    return load_bundle(out)


def _spec(plan: BundlePlan, picture: bytes) -> ModelSpec:
    values = {
        "format": FORMAT,
        "product": plan.product,
        "version": plan.version,
        "labels": plan.labels,
        "thresholds": dict(zip(plan.labels[1:], plan.thresholds, strict=True)),
        "input": InputSpec.model_validate({"space_to_depth": plan.space_to_depth}),
        "preprocessing": Preprocessing(geometry=plan.geometry, crop=plan.crop),
        "network": NetworkFile(
            file=NETWORK_FILE,
            sha256=_sha256(plan.network),
            size_bytes=len(plan.network),
            architecture=plan.architecture,
        ),
        "golden": GoldenSet(
            file=GOLDEN_FILE,
            sha256=_sha256(picture),
            tolerance=GOLDEN_TOLERANCE,
            scores=tuple(tuple(round(float(score), 5) for score in row) for row in plan.golden_scores),
        ),
        "metrics": dict(plan.metrics),
        "provenance": dict(plan.provenance),
    }
    return ModelSpec.model_validate(values)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
