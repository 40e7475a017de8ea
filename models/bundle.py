"""Reads a bundle: a folder with `model.yaml`, its signature, the network, a golden set and, maybe, weights for maps.

Every fault is one sentence with the file, what was expected and what was found. Must not know who is trusted
(`verify.py` does); the network itself is not opened here.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import ValidationError

from models.bundle_files import (
    MAX_SPEC_BYTES,
    SIGNATURE_FILE,
    SPEC_FILE,
    BundleError,
    expect_no_other,
    read_named,
    read_plain,
)
from models.patches import quantise_grid
from models.spec import ModelSpec

__all__ = ["SIGNATURE_FILE", "SPEC_FILE", "Bundle", "BundleError", "load_bundle", "load_checked", "parse_spec"]

MAX_GOLDEN_PX: Final = 1 << 26
PNG_SIZE: Final = slice(16, 24)  # width and height in the first chunk


class _PlainLoader(yaml.SafeLoader):
    """YAML without references: nested ones grow without bound."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("expected no reference")
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle; `digest` is the SHA-256 of model.yaml, which holds those of all other files.

    `head_weights` (labels, channels) f32: the linear layer behind the feature map, None without a feature map.
    """

    path: Path
    spec: ModelSpec
    digest: str
    network: bytes = field(repr=False)
    golden_patches: NDArray[np.int8] = field(repr=False)
    head_weights: NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names; the first is "defect-free"."""
        return self.spec.labels

    @property
    def network_path(self) -> Path:
        """Where the network lies, for messages."""
        return self.path / self.spec.network.file


def load_bundle(path: Path | str) -> Bundle:
    """Read and check the bundle in folder `path`; BundleError if anything is not as model.yaml says.

    Whether anybody who is trusted vouches for model.yaml is not looked at: see `models.verify.load_trusted`.
    """
    folder = Path(path)
    spec_path = folder / SPEC_FILE
    text = read_plain(spec_path, MAX_SPEC_BYTES)
    spec = parse_spec(text, spec_path)
    expect_no_other(folder, spec.file_digests)
    _expect_size(folder / spec.network.file, spec.network.size_bytes)
    contents = read_named(folder, spec.file_digests)
    return Bundle(
        path=folder,
        spec=spec,
        digest=hashlib.sha256(text).hexdigest(),
        network=contents[spec.network.file],
        golden_patches=_golden_patches(folder / spec.golden.file, contents[spec.golden.file], spec),
        head_weights=_head_weights(folder, contents, spec),
    )


def load_checked(path: Path | str, digest: str) -> Bundle:
    """The bundle that was checked before and had this digest; BundleError if it is another one by now."""
    bundle = load_bundle(path)
    if bundle.digest != digest:
        raise BundleError(
            f"{bundle.path}: exchanged since the station checked it: expected the bundle {digest[:12]}…, found "
            f"{bundle.digest[:12]}…; restart the station, which checks the new one"
        )
    return bundle


def parse_spec(text: bytes, where: Path) -> ModelSpec:
    """The values of a `model.yaml`; BundleError names the first key that is wrong and how many are."""
    try:
        values = json.dumps(yaml.load(text, _PlainLoader), default=str)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise BundleError(f"{where}{line}: expected YAML, found something else; copy the bundle again") from error
    try:
        return ModelSpec.model_validate_json(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BundleError(f"{where}: {key}: {first['msg']}{more}") from error


def _expect_size(path: Path, expected: int) -> None:
    """A truncated network is called truncated; one that is no plain file is told by whoever reads it."""
    try:
        found = path.lstat().st_size
    except OSError:
        return
    if path.is_file() and not path.is_symlink() and found != expected:
        kind = "truncated" if found < expected else "too long"
        raise BundleError(f"{path}: {kind}: expected {expected} bytes, found {found}; copy the bundle again")


def _head_weights(folder: Path, contents: Mapping[str, bytes], spec: ModelSpec) -> NDArray[np.float32] | None:
    if spec.feature_map is None:
        return None
    path, expected = folder / spec.feature_map.head_file, (len(spec.labels), spec.feature_map.channels)
    content = contents[spec.feature_map.head_file]
    try:
        weights: NDArray[np.generic] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
        found = f"{weights.shape} {weights.dtype}"
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise BundleError(f"{path}: expected weights {expected} as a NumPy file, found something else") from error
    if weights.shape != expected or weights.dtype != np.float32 or not bool(np.isfinite(weights).all()):
        raise BundleError(f"{path}: expected finite weights {expected} float32, found {found}")
    return weights.astype(np.float32, copy=False)


def _golden_patches(path: Path, content: bytes, spec: ModelSpec) -> NDArray[np.int8]:
    count, edge_px = len(spec.golden.scores), spec.preprocessing.geometry.patch_px
    expected = (count * edge_px, edge_px)
    if expected[0] * expected[1] > MAX_GOLDEN_PX:
        raise BundleError(f"{path}: expected at most {MAX_GOLDEN_PX} pixels, found {count} patches of {edge_px} px")
    # A picture says how large it is before it is decoded, which takes memory for as much as it says.
    said = int.from_bytes(content[PNG_SIZE][4:], "big"), int.from_bytes(content[PNG_SIZE][:4], "big")
    picture = None
    if content.startswith(b"\x89PNG") and said == expected:
        picture = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None or picture.shape != expected:
        what = "no picture" if said == expected or not content.startswith(b"\x89PNG") else f"{said}"
        raise BundleError(f"{path}: expected {count} patches as a picture of {expected}, found {what}")
    patches = np.zeros((count, *spec.input_shape[1:]), dtype=np.int8)
    grey = np.ascontiguousarray(picture, dtype=np.uint8)
    quantise_grid(grey, edge_px, spec.input.space_to_depth, patches)
    return patches
