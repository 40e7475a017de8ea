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
from models.decision import decided_class
from models.features import Features, Output
from models.native_words import native_words_kept
from models.spec import ModelSpec

try:
    _module, _name = importlib.import_module("ai_edge_litert.interpreter"), "litert"
except ImportError:  # tflite-runtime: 7 to 22 times slower on INT8, needs numpy < 2
    _module, _name = importlib.import_module("tflite_runtime.interpreter"), "tflite-runtime"
Interpreter: Final[Any] = _module.Interpreter
ENGINE_NAME: Final = _name

DELEGATE_OP: Final = "DELEGATE"


@dataclass(frozen=True, slots=True)
class Tensors:
    """What a network must take and give: input (1, height, width, channels) int8, output (1, classes).

    `map_shape` (1, height, width, channels): a second output with the last feature map must be there too.
    """

    input_shape: tuple[int, int, int, int]
    input_scale: float
    input_zero_point: int
    classes: int
    map_shape: tuple[int, int, int, int] | None = None

    @classmethod
    def of(cls, spec: ModelSpec) -> Self:
        """What `model.yaml` says."""
        map_shape = None if spec.feature_map is None else spec.feature_map.shape
        return cls(spec.input_shape, spec.input.scale, spec.input.zero_point, len(spec.labels), map_shape)


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


class FeatureEngine(Engine, Protocol):
    """An engine that tells the last feature map as well."""

    def run_with_features(self, patches: NDArray[np.int8]) -> tuple[NDArray[np.float32], Features]:
        """Scores as `run` gives them, and the last feature map; BundleError where the network does not give it."""
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
        self._classes, self._map_shape, self._where = tensors.classes, tensors.map_shape, where
        self._input_index = _checked_input(self._interpreter, tensors, where)
        self._scores = _checked_output(self._interpreter, (1, tensors.classes), "output", where)
        self._map = None
        if tensors.map_shape is not None:
            self._map = _checked_output(self._interpreter, tensors.map_shape, "feature map", where)
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
            raw[index] = self._interpreter.get_tensor(self._scores.index)[0]
        return softmax(self._scores.real(raw))

    def run_with_features(self, patches: NDArray[np.int8]) -> tuple[NDArray[np.float32], Features]:
        """Scores as `run` gives them and the last feature map; BundleError without second output."""
        if self._map is None or self._map_shape is None:
            raise BundleError(f"{self._where}: expected a network with its feature map as second output, found none")
        count = patches.shape[0]
        raw = np.zeros((count, self._classes), dtype=np.float32)
        maps = np.zeros((count, *self._map_shape[1:]), dtype=self._map.dtype)
        for index in range(count):
            self._interpreter.set_tensor(self._input_index, patches[index : index + 1])
            self._interpreter.invoke()
            raw[index] = self._interpreter.get_tensor(self._scores.index)[0]
            maps[index] = self._interpreter.get_tensor(self._map.index)[0]
        return softmax(self._scores.real(raw)), Features(maps, self._map)

    def run_with_maps(self, patches: NDArray[np.int8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores as `run` gives them and the last feature map (n, h, w, c) f32; BundleError without second output."""
        scores, features = self.run_with_features(patches)
        return scores, features.real()


def open_engine(bundle: Bundle, threads: int = 1) -> LiteRtEngine:
    """An engine for the bundle's network; BundleError if the network is not what model.yaml says."""
    return LiteRtEngine(bundle.network, Tensors.of(bundle.spec), bundle.network_path, threads)


def check_delegated(bundle: Bundle, engine: Engine) -> None:
    """BundleError if the engine is known to run only parts of the network on its fast kernels."""
    if engine.identity.delegated is False:
        raise BundleError(
            f"{bundle.network_path}: expected a network that runs whole on the fast kernels of {engine.identity.name}, "
            "found one that it splits (7 to 22 times slower); quantise it again with `station model quantise`"
        )


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
    for index in range(expected.shape[0]):
        then = decided_class(bundle.spec, expected[index : index + 1])
        now = decided_class(bundle.spec, scores[index : index + 1])
        if then != now:
            raise BundleError(
                f"{where}: {engine.identity.name} does not match: patch {index} expected class {then}, found {now}"
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


def _checked_output(interpreter: Any, shape: tuple[int, ...], what: str, where: Path) -> Output:
    """The one output of this shape, wherever it stands among the outputs: their order is the converter's."""
    details: list[dict[str, Any]] = interpreter.get_output_details()
    shapes = [tuple(int(length) for length in detail["shape"]) for detail in details]
    fitting = [
        detail
        for detail, found in zip(details, shapes, strict=True)
        if found == shape and _dtype(detail) in {"int8", "float32"}
    ]
    if len(fitting) != 1:
        found = ", ".join(f"{found} {_dtype(detail)}" for detail, found in zip(details, shapes, strict=True))
        raise BundleError(f"{where}: another shape: expected {what} {shape} int8 or float32, found {found or 'none'}")
    (detail,) = fitting
    scale, zero_point = detail["quantization"] if _dtype(detail) == "int8" else (1.0, 0)
    return Output(int(detail["index"]), float(scale), int(zero_point), _dtype(detail))


def _expect(path: Path, what: str, expected: str, found: str) -> None:
    if expected != found:
        raise BundleError(f"{path}: another shape: expected {what} {expected}, found {found}")


def _dtype(detail: dict[str, Any]) -> str:
    return np.dtype(detail["dtype"]).name


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _delegated(interpreter: Any) -> bool | None:
    """Whether one delegate node takes the input and gives every output, from the interpreter's list of operations."""
    details = getattr(interpreter, "_get_ops_details", None)
    if details is None:
        return None
    ops: list[dict[str, Any]] = details()
    nodes = [op for op in ops if op["op_name"] == DELEGATE_OP]
    taken = {int(detail["index"]) for detail in interpreter.get_input_details()}
    given = {int(detail["index"]) for detail in interpreter.get_output_details()}
    return len(nodes) == 1 and taken <= set(nodes[0]["inputs"]) and given <= set(nodes[0]["outputs"])
