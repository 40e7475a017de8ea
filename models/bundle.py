"""Reads a bundle: a folder with `model.yaml`, the network and a golden set.

Every fault is one sentence with the file, what was expected and what was found. The network itself is not
opened here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import ValidationError

from models.patches import quantise_grid
from models.spec import ModelSpec

SPEC_FILE: Final = "model.yaml"
MAX_SPEC_BYTES: Final = 1 << 20


class BundleError(Exception):
    """One sentence: which file, what was expected, what was found."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle; `digest` is the SHA-256 of model.yaml, which holds those of all other files."""

    path: Path
    spec: ModelSpec
    digest: str
    network: bytes = field(repr=False)
    golden_patches: NDArray[np.int8] = field(repr=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names; the first is "defect-free"."""
        return self.spec.labels

    @property
    def network_path(self) -> Path:
        """Where the network lies, for messages."""
        return self.path / self.spec.network.file


def load_bundle(path: Path | str) -> Bundle:
    """Read and check the bundle in folder `path`; BundleError if anything is not as model.yaml says."""
    folder = Path(path)
    spec_path = folder / SPEC_FILE
    text = _read(spec_path)
    if len(text) > MAX_SPEC_BYTES:
        raise BundleError(f"{spec_path}: expected at most {MAX_SPEC_BYTES} bytes, found {len(text)}")
    spec = parse_spec(text, spec_path)
    network = _read(folder / spec.network.file)
    if len(network) != spec.network.size_bytes:
        kind = "truncated" if len(network) < spec.network.size_bytes else "too long"
        raise BundleError(
            f"{folder / spec.network.file}: {kind}: expected {spec.network.size_bytes} bytes, "
            f"found {len(network)}; copy the bundle again"
        )
    _check_digest(folder / spec.network.file, network, spec.network.sha256)
    golden = _read(folder / spec.golden.file)
    _check_digest(folder / spec.golden.file, golden, spec.golden.sha256)
    patches = _golden_patches(folder / spec.golden.file, golden, spec)
    return Bundle(folder, spec, hashlib.sha256(text).hexdigest(), network, patches)


def parse_spec(text: bytes, where: Path) -> ModelSpec:
    """The values of a `model.yaml`; BundleError names the first key that is wrong and how many are."""
    try:
        values: object = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise BundleError(f"{where}{line}: expected YAML, found something else; copy the bundle again") from error
    try:
        return ModelSpec.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BundleError(f"{where}: {key}: {first['msg']}{more}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BundleError(f"{path}: expected a file of the model bundle, found none") from error
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}") from error


def _check_digest(path: Path, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise BundleError(f"{path}: altered: expected SHA-256 {expected[:12]}…, found {found[:12]}…")


def _golden_patches(path: Path, content: bytes, spec: ModelSpec) -> NDArray[np.int8]:
    count, edge_px = len(spec.golden.scores), spec.preprocessing.geometry.patch_px
    picture = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    expected = (count * edge_px, edge_px)
    found = None if picture is None else picture.shape
    if picture is None or found != expected:
        what = "no picture" if found is None else f"{found}"
        raise BundleError(f"{path}: expected {count} patches as a picture of {expected}, found {what}")
    patches = np.zeros((count, *spec.input_shape[1:]), dtype=np.int8)
    grey = np.ascontiguousarray(picture, dtype=np.uint8)
    quantise_grid(grey, edge_px, spec.input.space_to_depth, patches)
    return patches
