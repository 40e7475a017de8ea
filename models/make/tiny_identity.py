"""The tiny identity bundle of the tests: a network set by hand that tells three part types by how bright a field is.

The field is the upper quarter of the part. Darker than about 80 is "type-a", 112 to 144 is "type-b", brighter than
about 176 is "type-c"; between them no type has enough score.
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
from models.spec import IDENTITY, CropRule, FixedGeometry, Region

LABELS: Final = ("type-a", "type-b", "type-c")
LEVELS: Final = (50, 128, 206)
LEAST_SCORES: Final = (0.9, 0.9, 0.9)
PATCH_PX: Final = 32
GEOMETRY: Final = FixedGeometry(kind="fixed", height_px=PATCH_PX, width_px=PATCH_PX, patch_px=PATCH_PX)
REGION: Final = Region(y=0.0, x=0.0, height=0.25, width=1.0)
STEEP: Final = 20.0
HALF_WAY: Final = 10.0  # between two types where the mean is half a unit, 32 levels, from the middle


def write_tiny_identity(out: Path) -> Bundle:
    """Write the bundle to `out`; needs the training environment."""
    golden = golden_fields()
    patches = fold(golden, 1)
    int8 = export_int8(tiny_identity_network(), patches, percentile=100.0)
    engine = LiteRtEngine(int8, Tensors((1, PATCH_PX, PATCH_PX, 1), 1 / 64, 0, len(LABELS)), out, 1)
    plan = BundlePlan(
        product="tiny-identity",
        version="1",
        labels=LABELS,
        thresholds=LEAST_SCORES,
        space_to_depth=1,
        geometry=GEOMETRY,
        crop=CropRule(background_max=10, min_fraction=0.3),
        network=int8,
        architecture="set by hand",
        golden=golden,
        golden_scores=engine.run(patches),
        metrics={},
        provenance={"made_by": "python -m models.make tiny-identity"},
        kind=IDENTITY,
        region=REGION,
    )
    return write_bundle(out, plan)


def golden_fields() -> Any:
    """Six fields (6, patch, patch) u8: two of each type."""
    fields = np.zeros((2 * len(LEVELS), PATCH_PX, PATCH_PX), dtype=np.uint8)
    for index, level in enumerate(LEVELS):
        fields[2 * index] = level
        fields[2 * index + 1] = np.linspace(level - 16, level + 16, PATCH_PX).astype(np.uint8)
    return fields


def tiny_identity_network() -> Any:
    """The field's mean above and below the middle, each weighed against being in between."""
    torch = require("torch")
    nn = torch.nn
    convolution, head = nn.Conv2d(1, 2, 1), nn.Linear(2, len(LABELS))
    with torch.no_grad():
        convolution.weight.copy_(torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))
        convolution.bias.zero_()
        head.weight.copy_(torch.tensor([[-STEEP, STEEP], [0.0, 0.0], [STEEP, -STEEP]]))
        head.bias.copy_(torch.tensor([-HALF_WAY, 0.0, -HALF_WAY]))
    return nn.Sequential(convolution, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head).eval()
