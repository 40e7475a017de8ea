"""What can differ between two trainings of one product, and on which device they run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models.make.errors import MakingError
from models.make.frameworks import require

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """`checkpoint`: file to save to after each epoch and to resume from; `weights`: file to begin with."""

    network: str
    seed: int
    epochs: int
    threads: int
    checkpoint: Path | None = None
    device: Device = "auto"
    weights: Path | None = None
    history: Path | None = None


@dataclass(frozen=True, slots=True)
class Distillation:
    """How much a student listens to its teachers: loss = alpha T^2 KL(teacher, student) + (1 - alpha) CE.

    Source: fastener study; `temperature` T softens both distributions. Its best alpha was 1.
    """

    temperature: float = 4.0
    alpha: float = 0.9

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and 0.0 <= self.alpha <= 1.0):
            raise ValueError(f"temperature above 0 and alpha in 0..1, found {self.temperature} and {self.alpha}")


def device_of(wanted: Device) -> str:
    """The device for torch: a GPU where there is one, unless said otherwise. MakingError where it is missing."""
    available = bool(require("torch").cuda.is_available())
    if wanted == "cuda" and not available:
        raise MakingError("device cuda: expected a GPU that PyTorch can use, found none; say --device cpu or auto")
    return "cuda" if available and wanted != "cpu" else "cpu"


def autocast(device: str) -> Any:
    """Low precision where it is faster: on GPUs, and on processors with matrix tiles (AMX).

    Without tiles bfloat16 is slower than float32: 0.65 to 0.75 of its windows a second, measured on AVX512-BF16.
    """
    torch = require("torch")
    tiles = bool(torch.cpu._is_amx_tile_supported())  # noqa: SLF001  there is no public name
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda" or tiles)
