"""Writes a bundle: network, golden set, weights for maps, `model.yaml`, signature. Whole or not at all.

Must not know where the network comes from or what it is worth: `export_bundle.py` does.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from models.bundle import SPEC_FILE, Bundle, BundleError, load_bundle
from models.bundle_files import MAX_SPEC_BYTES
from models.engine import check_delegated, check_golden, open_engine
from models.signing import sign_bundle
from models.spec import (
    FORMAT,
    IDENTITY,
    PATCHES,
    POLICY_OF_KIND,
    CropRule,
    FeatureMap,
    FixedGeometry,
    GoldenSet,
    InputSpec,
    ModelSpec,
    NativeGeometry,
    NetworkFile,
    Preprocessing,
    Region,
)

NETWORK_FILE: Final = "network.tflite"
GOLDEN_FILE: Final = "golden.png"
HEAD_FILE: Final = "head.npy"
GOLDEN_TOLERANCE: Final = 0.08  # engines differ by a few steps of the int8 logits


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """What goes into a bundle. `golden` (n, patch, patch) u8 with `golden_scores` (n, classes) f32.

    `head_weights` (labels, channels) f32 belong to a network whose second output is of `map_shape`
    (1, height, width, channels); None, both, for one without.
    """

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
    kind: Literal["patches", "identity"] = PATCHES
    """identity: `labels` are part types, and `thresholds` has a least score for each of them."""
    region: Region | None = None
    parity: Mapping[str, object] = field(default_factory=dict[str, object])
    head_weights: NDArray[np.float32] | None = None
    map_shape: tuple[int, int, int, int] | None = None


def write_bundle(out: Path, plan: BundlePlan, key: Ed25519PrivateKey | None = None) -> Bundle:
    """Write, load again, check and, with a key, sign a bundle; an older one at `out` is replaced.

    BundleError, with nothing changed at `out`, if what was written does not load, is not wholly delegated, does not
    pass its own golden set, or the disk does not take it.
    """
    files = _files(plan)
    return write_files(out, _spec(plan, files), files, key)


def drafted(plan: BundlePlan, where: Path) -> Bundle:
    """The bundle of a plan without writing or proving it, to measure with; `where` stands in its messages."""
    spec = _spec(plan, _files(plan))
    golden = np.zeros((len(plan.golden), *spec.input_shape[1:]), dtype=np.int8)
    return Bundle(where, spec, "", plan.network, golden, plan.head_weights)


def write_files(out: Path, spec: ModelSpec, files: Mapping[str, bytes], key: Ed25519PrivateKey | None) -> Bundle:
    """As `write_bundle`, of values and files that are there already."""
    partial, older = out.with_name(f".{out.name}.partial"), out.with_name(f".{out.name}.older")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        for name, content in files.items():
            (partial / name).write_bytes(content)
        (partial / SPEC_FILE).write_bytes(spec_text(spec))
        _prove(partial)
        if key is not None:
            sign_bundle(partial, key)
        shutil.rmtree(older, ignore_errors=True)
        if out.exists():
            out.rename(older)
        partial.rename(out)
        shutil.rmtree(older, ignore_errors=True)
    except OSError as error:
        raise BundleError(
            f"{out}: the bundle cannot be written: {error.strerror}; make room and give the same command again"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return load_bundle(out)


def spec_text(spec: ModelSpec) -> bytes:
    """model.yaml as it is written; BundleError where it would be too long to be read again."""
    values = spec.model_dump(mode="json", exclude_none=True)
    text = yaml.dump(
        values, Dumper=_PlainDumper, sort_keys=False, width=108, default_flow_style=None, allow_unicode=True
    ).encode()
    if len(text) > MAX_SPEC_BYTES:
        raise BundleError(
            f"{SPEC_FILE}: expected at most {MAX_SPEC_BYTES} bytes, found {len(text)}; shorten the metrics"
        )
    return text


def _files(plan: BundlePlan) -> dict[str, bytes]:
    golden = plan.golden.reshape(-1, plan.golden.shape[2])
    ok, encoded = cv2.imencode(".png", golden, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not ok:
        raise ValueError(f"golden patches {plan.golden.shape} cannot be written as PNG")
    files = {NETWORK_FILE: plan.network, GOLDEN_FILE: bytes(encoded.tobytes())}
    if plan.head_weights is not None:
        packed = io.BytesIO()
        np.save(packed, plan.head_weights.astype(np.float32), allow_pickle=False)
        files[HEAD_FILE] = packed.getvalue()
    return files


def _prove(folder: Path) -> None:
    written = load_bundle(folder)
    engine = open_engine(written)
    check_delegated(written, engine)
    check_golden(written, engine)


class _PlainDumper(yaml.SafeDumper):
    """YAML without references, which the reader refuses."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _spec(plan: BundlePlan, files: Mapping[str, bytes]) -> ModelSpec:
    values = {
        "format": FORMAT,
        "kind": plan.kind,
        "product": plan.product,
        "version": plan.version,
        "labels": plan.labels,
        "thresholds": dict(
            zip(plan.labels if plan.kind == IDENTITY else plan.labels[1:], plan.thresholds, strict=True)
        ),
        "input": InputSpec.model_validate({"space_to_depth": plan.space_to_depth}),
        "preprocessing": Preprocessing(geometry=plan.geometry, crop=plan.crop, region=plan.region),
        "network": NetworkFile(
            file=NETWORK_FILE,
            sha256=_sha256(plan.network),
            size_bytes=len(plan.network),
            architecture=plan.architecture,
        ),
        "golden": GoldenSet(
            file=GOLDEN_FILE,
            sha256=_sha256(files[GOLDEN_FILE]),
            tolerance=GOLDEN_TOLERANCE,
            scores=tuple(tuple(round(float(score), 5) for score in row) for row in plan.golden_scores),
        ),
        "feature_map": _feature_map(plan.map_shape, files),
        "vote_policy": POLICY_OF_KIND[plan.kind],
        "metrics": dict(plan.metrics),
        "parity": dict(plan.parity),
        "provenance": dict(plan.provenance),
    }
    return ModelSpec.model_validate(values)


def _feature_map(shape: tuple[int, int, int, int] | None, files: Mapping[str, bytes]) -> FeatureMap | None:
    if shape is None or HEAD_FILE not in files:
        return None
    _, height, width, channels = shape
    return FeatureMap(
        height=height, width=width, channels=channels, head_file=HEAD_FILE, head_sha256=_sha256(files[HEAD_FILE])
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
