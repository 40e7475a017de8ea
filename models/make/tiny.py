"""The tiny bundle of the tests: a network set by hand, not trained, whose verdict a test can foresee.

A patch with a pixel brighter than about 240 shows a "spot", one with a pixel darker than about 16 a "hole".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from models.bundle import Bundle
from models.engine import LiteRtEngine, Tensors
from models.make.frameworks import require
from models.make.quantise import export_int8
from models.make.training.scoring import fold
from models.make.writing import BundlePlan, write_bundle
from models.spec import SOUND_LABEL, CropRule, FixedGeometry

LABELS: Final = (SOUND_LABEL, "spot", "hole")
PATCH_PX: Final = 32
GEOMETRY: Final = FixedGeometry(kind="fixed", height_px=128, width_px=64, patch_px=PATCH_PX)
KNEE: Final = 1.5  # levels 224 and 32


def write_tiny_bundle(out: Path) -> Bundle:
    """Write the bundle to `out`; needs the training environment."""
    golden = golden_windows()
    patches = fold(golden, 1)
    int8 = export_int8(tiny_network(), patches, percentile=100.0)
    tensors = Tensors((1, PATCH_PX, PATCH_PX, 1), 1 / 64, 0, len(LABELS))
    engine = LiteRtEngine(int8, tensors, out, 1)
    plan = BundlePlan(
        product="tiny",
        version="1",
        labels=LABELS,
        thresholds=(0.5, 0.5),
        space_to_depth=1,
        geometry=GEOMETRY,
        crop=CropRule(background_max=10, min_fraction=0.3),
        network=int8,
        architecture="set by hand",
        golden=golden,
        golden_scores=engine.run(patches),
        metrics={},
        provenance={"made_by": "python -m models.make tiny"},
    )
    return write_bundle(out, plan)


def golden_windows() -> Any:
    """Six windows (6, patch, patch) u8: two sound, two with a spot, two with a hole."""
    windows = np.full((6, PATCH_PX, PATCH_PX), 120, dtype=np.uint8)
    windows[1] = np.linspace(70, 200, PATCH_PX).astype(np.uint8)
    windows[2, 4:8, 4:8] = 255
    windows[3, 20:23, 9:12] = 250
    windows[4, 10:14, 2:6] = 0
    windows[5, 25:30, 25:30] = 3
    return windows


def tiny_network() -> Any:
    """Brightest and darkest pixel beyond the knee, each weighed against being sound."""
    torch = require("torch")
    nn = torch.nn
    convolution, head = nn.Conv2d(1, 2, 1), nn.Linear(2, len(LABELS))
    with torch.no_grad():
        convolution.weight.copy_(torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))
        convolution.bias.fill_(-KNEE)
        head.weight.copy_(torch.tensor([[-20.0, -20.0], [20.0, 0.0], [0.0, 20.0]]))
        head.bias.copy_(torch.tensor([5.0, -5.0, -5.0]))
    return nn.Sequential(convolution, nn.ReLU(), nn.MaxPool2d(PATCH_PX), nn.Flatten(), head).eval()
