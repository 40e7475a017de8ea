"""Small data sets on disk for tests: pictures with grain of their own, and a manifest that fits them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

COLUMNS = ("set", "path", "class", "label", "split", "sha256", "group", "width", "height", "mask", "flags")
Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class Entry:
    """One picture of a set; `content` instead of pixels writes those bytes, `digest` lies about them."""

    name: str
    pixels: Grey | None = None
    class_name: str = "good"
    split: str = "train"
    part: str = ""
    mask: Grey | str | None = None
    content: bytes | None = None
    digest: str = ""


def grain(seed: int, height: int = 96, width: int = 80) -> Grey:
    """A surface like no other: blurred noise of several sizes around a middle grey."""
    rng = np.random.default_rng(seed)
    out = np.full((height, width), 120.0)
    for sigma, levels in ((1.0, 20), (3.0, 25), (8.0, 25)):
        noise = cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), sigma)
        out += levels * noise / noise.std()
    return np.clip(out, 0, 255).astype(np.uint8)


def write_set(folder: Path, entries: list[Entry], set_name: str = "drawn") -> Path:
    """The pictures, masks and manifest of one set."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[dict[str, str]] = []
    for entry in entries:
        path = folder / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.content is not None:
            path.write_bytes(entry.content)
        elif entry.pixels is not None:
            assert cv2.imwrite(str(path), entry.pixels)
        mask = ""
        if isinstance(entry.mask, str):
            mask = f"{entry.name}.txt"
            (folder / mask).write_text(entry.mask, encoding="utf-8")
        elif entry.mask is not None:
            mask = f"{entry.name}.mask.png"
            assert cv2.imwrite(str(folder / mask), entry.mask)
        digest = entry.digest or (hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "0" * 64)
        part = entry.part or Path(entry.name).stem
        label = "ok" if entry.class_name == "good" else "nok"
        values = ("drawn", entry.name, entry.class_name, label, entry.split, digest, part, "", "", mask, "")
        lines.append(dict(zip(COLUMNS, (set_name, *values[1:]), strict=True)))
    write_manifest(folder, lines)
    return folder


def write_manifest(folder: Path, lines: list[dict[str, str]]) -> None:
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)


def read_lines(path: Path) -> list[Mapping[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
