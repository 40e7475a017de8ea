"""A small data set of grey parts, half of them with a bright or a dark spot, and its product: learnt in seconds."""

import csv
import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from models.make.data_set import DataSet, load_data_set
from models.make.product import Product, load_product

LABELS = ("defect-free", "bright", "dark")


def write_data(folder: Path, parts_each: int = 12) -> Path:
    """A data folder: `parts_each` parts a split, every second one defective."""
    rng = np.random.default_rng(5)
    rows: list[list[object]] = []
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "val", "test"):
        for index in range(parts_each):
            label = LABELS[(index % 4 + 1) // 2] if index % 2 else LABELS[0]
            picture = rng.integers(100, 140, (96, 64), dtype=np.uint8)
            mask = np.zeros_like(picture)
            if label != LABELS[0]:
                y, x = int(rng.integers(8, 80)), int(rng.integers(8, 48))
                picture[y : y + 8, x : x + 8] = 240 if label == "bright" else 20
                mask[y : y + 8, x : x + 8] = LABELS.index(label)
            name = f"{split}{index:02}"
            cv2.imwrite(str(folder / f"{name}.png"), picture)
            cv2.imwrite(str(folder / f"{name}_mask.png"), mask)
            digest = hashlib.sha256((folder / f"{name}.png").read_bytes()).hexdigest()
            nok = "ok" if label == LABELS[0] else "nok"
            rows.append(["spots", f"{name}.png", label, nok, split, digest, name, f"{name}_mask.png", ""])
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "path", "class", "label", "split", "sha256", "group", "mask", "flags"])
        writer.writerows(rows)
    return folder


def write_product(path: Path, **training: Any) -> Path:
    """The product's YAML file, with other training values where given."""
    values: dict[str, Any] = {
        "name": "spots",
        "set_name": "spots",
        "labels": list(LABELS),
        "label_of_class": {label: label for label in LABELS},
        "mask_values": "index",
        "geometry": {"kind": "native", "patch_px": 32, "max_patches": 16},
        "crop": {"background_max": 9, "may_touch_border": True},
        "min_mask_px": 16,
        "recall_floor": 0.9,
        "training": {
            "network": "rn18-012-s2d4",
            "epochs": 2,
            "windows_per_epoch": 64,
            "batch": 16,
            "learning_rate": 0.005,
            **training,
        },
    }
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def spots(folder: Path, **training: Any) -> tuple[Product, DataSet]:
    """The product and its loaded data in `folder`."""
    product = load_product(str(write_product(folder / "spots.yaml", **training)))
    data = folder / "data"
    return product, load_data_set(data if data.exists() else write_data(data), product)
