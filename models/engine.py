"""Runs the network of a bundle: the Protocol, LiteRT behind it, and the golden check that admits an engine.

Only `Interpreter` is used: LiteRT's `CompiledModel` holds Python's global lock while it runs. Knows nothing
of parts.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, BundleError
from models.native_words import native_words_kept
from models.spec import ModelSpec
from models.vote import vote

try:
    _module, _name = importlib.import_module("ai_edge_litert.interpreter"), "litert"
except ImportError:  # tflite-runtime: 7 to 22 times slower on INT8, needs numpy < 2
    _module, _name = importlib.import_module("tflite_runtime.interpreter"), "tflite-runtime"
Interpreter: Final[Any] = _module.Interpreter
ENGINE_NAME: Final = _name

DELEGATE_OP: Final = "DELEGATE"


@dataclass(frozen=True, slots=True)
class Tensors:
    """What a network must take and give: input (1, height, width, channels) int8, output (1, classes)."""

    input_shape: tuple[int, int, int, int]
    input_scale: float
    input_zero_point: int
    classes: int

    @classmethod
    def of(cls, spec: ModelSpec) -> Self:
        """What `model.yaml` says."""
        return cls(spec.input_shape, spec.input.scale, spec.input.zero_point, len(spec.labels))


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """What runs the network; `delegated`: one accelerated node holds the whole graph (None: unknown)."""

    name: str
    threads: int
    delegated: bool | None


class Engine(Protocol):
    """Scores for patches."""

    @property
    def identity(self) -> EngineIdentity:
        """What runs the network."""
        ...

    def run(self, patches: NDArray[np.int8]) -> NDArray[np.float32]:
        """Scores (n, classes) f32, rows summing to 1, of patches (n, height, width, channels) int8."""
        ...


class LiteRtEngine:
    """One LiteRT interpreter; used by one thread at a time. `where` names the network in messages."""

    def __init__(self, network: bytes, tensors: Tensors, where: Path, threads: int) -> None:
        with native_words_kept() as native_words:
            try:
                self._interpreter = Interpreter(model_content=network, num_threads=threads)
                self._interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                words = _first_line(error) or native_words()
                raise BundleError(f"{where}: expected a network that LiteRT can load, found: {words}") from error
        self._classes = tensors.classes
        self._input_index = _checked_input(self._interpreter, tensors, where)
        self._output_index, self._scale, self._zero_point = _checked_output(self._interpreter, tensors, where)
        self._identity = EngineIdentity(ENGINE_NAME, threads, _delegated(self._interpreter))

    @property
    def identity(self) -> EngineIdentity:
        """What runs the network."""
        return self._identity

    def run(self, patches: NDArray[np.int8]) -> NDArray[np.float32]:
        """Scores (n, classes) of patches (n, height, width, channels) int8."""
        raw = np.zeros((patches.shape[0], self._classes), dtype=np.float32)
        for index in range(patches.shape[0]):
            self._interpreter.set_tensor(self._input_index, patches[index : index + 1])
            self._interpreter.invoke()
            raw[index] = self._interpreter.get_tensor(self._output_index)[0]
        return softmax((raw - np.float32(self._zero_point)) * np.float32(self._scale))


def open_engine(bundle: Bundle, threads: int = 1) -> Engine:
    """An engine for the bundle's network; BundleError if the network is not what model.yaml says."""
    return LiteRtEngine(bundle.network, Tensors.of(bundle.spec), bundle.network_path, threads)


def check_golden(bundle: Bundle, engine: Engine) -> None:
    """Run the golden set; BundleError if a score or a decision differs from when the bundle was made."""
    expected = np.asarray(bundle.spec.golden.scores, dtype=np.float32)
    scores = engine.run(bundle.golden_patches)
    where = bundle.path / bundle.spec.golden.file
    if not bool(np.isfinite(scores).all()):
        raise BundleError(f"{where}: {engine.identity.name} gives scores that are not numbers")
    worst = np.abs(scores - expected).max(axis=1)
    patch = int(np.argmax(worst))
    if worst[patch] > bundle.spec.golden.tolerance:
        raise BundleError(
            f"{where}: {engine.identity.name} does not match: patch {patch} expected scores within "
            f"{bundle.spec.golden.tolerance:g} of those recorded, found {float(worst[patch]):.3f} away"
        )
    thresholds = bundle.spec.threshold_row
    for index in range(expected.shape[0]):
        then, now = vote(expected[index : index + 1], thresholds), vote(scores[index : index + 1], thresholds)
        if then.class_index != now.class_index:
            raise BundleError(
                f"{where}: {engine.identity.name} does not match: patch {index} expected class "
                f"{then.class_index}, found {now.class_index}"
            )


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Row-wise softmax; NaN and infinities stay visible as NaN."""
    with np.errstate(invalid="ignore"):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=np.float32(-np.inf)))
        return powers / powers.sum(axis=1, keepdims=True)


def _checked_input(interpreter: Any, tensors: Tensors, where: Path) -> int:
    detail = interpreter.get_input_details()[0]
    shape = tuple(int(length) for length in detail["shape"])
    _expect(where, "input", f"{tensors.input_shape} int8", f"{shape} {_dtype(detail)}")
    scale, zero_point = detail["quantization"]
    same_scale = abs(scale - tensors.input_scale) <= 1e-6 * tensors.input_scale
    if not same_scale or zero_point != tensors.input_zero_point:
        raise BundleError(
            f"{where}: expected input scale {tensors.input_scale} zero point {tensors.input_zero_point}, "
            f"found {float(scale):g} and {int(zero_point)}"
        )
    return int(detail["index"])


def _checked_output(interpreter: Any, tensors: Tensors, where: Path) -> tuple[int, float, int]:
    detail = interpreter.get_output_details()[0]
    shape = tuple(int(length) for length in detail["shape"])
    dtype = _dtype(detail)
    if dtype not in {"int8", "float32"} or shape != (1, tensors.classes):
        _expect(where, "output", f"(1, {tensors.classes}) int8 or float32", f"{shape} {dtype}")
    scale, zero_point = detail["quantization"]
    return (
        int(detail["index"]),
        float(scale) if dtype == "int8" else 1.0,
        int(zero_point) if dtype == "int8" else 0,
    )


def _expect(path: Path, what: str, expected: str, found: str) -> None:
    if expected != found:
        raise BundleError(f"{path}: another shape: expected {what} {expected}, found {found}")


def _dtype(detail: dict[str, Any]) -> str:
    return np.dtype(detail["dtype"]).name


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _delegated(interpreter: Any) -> bool | None:
    """Whether one delegate node holds the executed plan, from the interpreter's list of operations."""
    details = getattr(interpreter, "_get_ops_details", None)
    if details is None:
        return None
    ops: list[dict[str, Any]] = details()
    return sum(op["op_name"] == DELEGATE_OP for op in ops) == 1
