"""A training run on disk: what was ordered, the weights, and what was made of them. Written whole or not at all.

`order.json`, `weights.pt`, `checkpoint.pt` and `history.jsonl` come from training; `network.tflite`, `head.npy` and
`parity.json` from quantising. It names no folder of the machine that made it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import Field, JsonValue, ValidationError

from models.make.frameworks import require
from models.make.manifest import DataError
from models.make.networks import build
from models.make.product import Product
from models.spec import Strict

ORDER_FILE = "order.json"


class RunOrder(Strict):
    """What a run is: everything that decides its weights."""

    product: Product
    network: str
    seed: int
    epochs: int
    threads: int = 2
    limit: int | None = Field(default=None, description="So many pictures a split and class, for trials.")
    teachers: tuple[str, ...] = Field(default=(), description="Names of the runs that taught it.")
    temperature: float | None = None
    alpha: float | None = None
    weights_from: str | None = None
    data_digest: str = Field(description="SHA-256 over file digests and splits.")
    audit: dict[str, JsonValue] = Field(description="What was checked before training.")
    pictures: dict[str, int]
    parts: dict[str, int]
    code: str = Field(description="Version of the code that trained.")
    libraries: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder and its order."""

    path: Path
    order: RunOrder

    @classmethod
    def create(cls, path: Path, order: RunOrder) -> Self:
        """The folder, made now or there already with the same order; DataError where another order lies in it."""
        file = path / ORDER_FILE
        if file.exists():
            found = cls.open(path)
            if _what_decides(found.order) != _what_decides(order):
                raise DataError(f"{path}: another run lies here (its order differs); name another folder or remove it")
            return found
        try:
            path.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial")
            partial.write_text(order.model_dump_json(indent=1) + "\n", encoding="utf-8")
            partial.replace(file)
        except OSError as error:
            raise DataError(f"{path}: the run cannot be written: {error.strerror}") from error
        return cls(path, order)

    @classmethod
    def open(cls, path: Path) -> Self:
        """An existing run; DataError where there is none."""
        file = path / ORDER_FILE
        try:
            return cls(path, RunOrder.model_validate_json(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise DataError(f"{file}: expected a training run, found none; `station model train` makes one") from error
        except ValidationError as error:
            first = error.errors()[0]
            raise DataError(f"{file}: {'.'.join(str(key) for key in first['loc'])}: {first['msg']}") from error

    @property
    def product(self) -> Product:
        """The product as it was when the run was ordered."""
        return self.order.product

    @property
    def name(self) -> str:
        """How other runs call it."""
        return self.path.name

    @property
    def weights(self) -> Path:
        """The trained float weights."""
        return self.path / "weights.pt"

    @property
    def checkpoint(self) -> Path:
        """Where an unfinished training goes on from."""
        return self.path / "checkpoint.pt"

    @property
    def history(self) -> Path:
        """A line of JSON an epoch."""
        return self.path / "history.jsonl"

    @property
    def int8(self) -> Path:
        """The quantised network."""
        return self.path / "network.tflite"

    @property
    def head(self) -> Path:
        """Weights of the linear head (classes, channels) f32, for activation maps."""
        return self.path / "head.npy"

    @property
    def parity(self) -> Path:
        """What quantising changed."""
        return self.path / "parity.json"

    def load_network(self) -> Any:
        """The trained float `Classifier` in evaluation mode; DataError where training is not finished."""
        torch = require("torch")
        if not self.weights.exists():
            raise DataError(f"{self.weights}: expected trained weights, found none; finish `station model train`")
        network = build(self.order.network, len(self.product.labels))
        network.load_state_dict(torch.load(self.weights, weights_only=True, map_location="cpu"))
        return network.eval()

    def keep_weights(self, network: Any) -> None:
        """Write the trained weights, then drop the checkpoint. DataError, with the checkpoint kept, on a full disk."""
        partial = self.weights.with_suffix(".partial")
        try:
            require("torch").save(network.state_dict(), partial)
            partial.replace(self.weights)
        except (OSError, RuntimeError) as error:
            partial.unlink(missing_ok=True)
            raise DataError(
                f"{self.weights}: cannot be written ({error}); make room and give the same command again: "
                "training goes on from its checkpoint"
            ) from error
        self.checkpoint.unlink(missing_ok=True)

    def write_json(self, path: Path, values: dict[str, Any]) -> None:
        """A JSON file of the run, whole or not at all."""
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(values, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        partial.replace(path)


def _what_decides(order: RunOrder) -> dict[str, Any]:
    """Without what changes no weight: how verdicts are counted, and notes."""
    unimportant = {"threads": True, "libraries": True, "code": True, "audit": True}
    return order.model_dump(exclude={**unimportant, "product": {"judged", "notes", "recall_floor"}})
