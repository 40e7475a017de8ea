"""Builders for bundles in tests: the tiny bundle's folder, its values, and parts whose verdict can be foreseen."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from hypothesis import HealthCheck, settings

# A loaded machine must not fail a test.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TINY_BUNDLE = Path(__file__).parents[1] / "data" / "tiny_bundle"
# Tells type-a, type-b and type-c by how bright the upper quarter of a part is.
TINY_IDENTITY = Path(__file__).parents[1] / "data" / "tiny_identity"
# Its private half was thrown away: who makes the tiny bundle anew signs it with a new key and replaces this one.
TINY_KEY = Path(__file__).parents[1] / "data" / "tiny-key.pub"


def spec_values() -> dict[str, Any]:
    """The values of the tiny bundle's model.yaml, to be changed by a test."""
    values: dict[str, Any] = yaml.safe_load((TINY_BUNDLE / "model.yaml").read_text(encoding="utf-8"))
    values["labels"] = tuple(values["labels"])
    values["golden"]["scores"] = tuple(tuple(row) for row in values["golden"]["scores"])
    return values


def copy_of_tiny(folder: Path) -> Path:
    """A copy of the tiny bundle that a test may damage."""
    return shutil.copytree(TINY_BUNDLE, folder / "bundle")


def part_picture(*, spot: bool = False, hole: bool = False, height: int = 256, width: int = 128) -> np.ndarray:
    """A camera picture of a grey part on a dark background; the tiny network calls a spot or a hole a defect."""
    frame = np.random.default_rng(0).integers(0, 7, (height + 80, width + 96), dtype=np.uint8)
    part = np.full((height, width), 120, np.uint8)
    if spot:
        part[100:112, 40:52] = 255
    if hole:
        part[200:212, 90:102] = 0
    frame[40 : 40 + height, 48 : 48 + width] = part
    return frame
