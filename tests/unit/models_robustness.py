"""A small data set and product for the tiny bundle, whose verdict on every picture can be foreseen."""

import argparse
import csv
import hashlib
from pathlib import Path

import cv2
import numpy as np

from models.make.commands import robustness

PRODUCT = """name: tiny
set_name: tiny_set
labels: [defect-free, spot, hole]
label_of_class: {ok: defect-free, spot: spot, hole: hole}
mask_values: index
geometry: {kind: fixed, height_px: 128, width_px: 64, patch_px: 32}
crop: {background_max: 10, min_fraction: 0.3}
training: {network: none, epochs: 1, windows_per_epoch: 2, batch: 2}
"""


def picture(class_name: str, seed: int) -> np.ndarray:
    part = np.random.default_rng(seed).integers(115, 126, (128, 64), dtype=np.uint8)
    if class_name == "spot":
        part[50:58, 20:28] = 255
    if class_name == "hole":
        part[90:98, 40:48] = 0
    return part


def write_data(folder: Path, classes: tuple[str, ...] = ("ok", "ok", "ok", "spot", "spot", "hole")) -> Path:
    """A manifest, a product file and one picture a part, all of the test split."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "product.yaml").write_text(PRODUCT, encoding="utf-8")
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["set", "path", "class", "label", "split", "sha256", "group", "width", "height", "mask", "flags"]
        )
        for index, name in enumerate(classes):
            path = folder / f"{index}.png"
            cv2.imwrite(str(path), picture(name, index))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            writer.writerow(["tiny_set", path.name, name, "", "test", digest, f"part{index}", 64, 128, "", ""])
    return folder


def run(*arguments: str) -> int:
    """`robustness` with these arguments; its exit code, or the error that the command line turns into a sentence."""
    top = argparse.ArgumentParser()
    robustness.add(top.add_subparsers())
    options = top.parse_args(["robustness", *arguments])
    return int(options.run_command(options))
