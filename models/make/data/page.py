"""The audit as one HTML file that needs no other: the findings with their pictures side by side. Judges nothing."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from models.make.data.findings import AuditResult, Kind, Level, histogram
from models.make.evaluate.page import PAGES
from models.make.frameworks import require
from models.make.manifest import SPLITS, DataError, Row
from models.make.pictures import read_grey

MOST_OF_A_KIND: Final = 40
THUMBNAIL_PX: Final = 220
QUALITY: Final = 80
WORDS: Final = {
    Level.LEAK: "the same part or picture in two splits",
    Level.FAULT: "to be mended before training",
    Level.WARNING: "to be known, or looked at",
}


def audit_page(result: AuditResult, folder: Path, rows: Sequence[Row]) -> str:
    """The page; pictures that cannot be read any more are left out of it."""
    jinja2: Any = require("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([Path(__file__).parent / "pages", PAGES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    groups = [(kind.value, [one for one in result.findings if one.kind is kind]) for kind in Kind]
    kinds = [(kind, found) for kind, found in groups if found]
    paths = {path for _, found in kinds for one in found[:MOST_OF_A_KIND] for path in one.paths}
    by_path = {row.path: row for row in rows}
    bins = histogram(result.scores)
    tallest = math.log1p(max(bins, default=0)) or 1.0
    return str(
        environment.get_template("audit.html.j2").render(
            title=f"Audit of the data set {result.set_name}",
            about=f"{sum(result.pictures.values())} pictures; "
            + ", ".join(f"{split} {result.pictures[split]} of {result.parts[split]} parts" for split in SPLITS),
            result=result,
            levels=[(level.value, len(result.of(level)), WORDS[level]) for level in Level],
            kinds=kinds,
            most=MOST_OF_A_KIND,
            splits=SPLITS,
            counts=_counts(result),
            bars=[
                (round(100 * math.log1p(count) / tallest), index / len(bins) >= result.threshold)
                for index, count in enumerate(bins)
            ],
            thumbnails=_thumbnails(folder, paths),
            about_path={
                path: f"{row.split}, {row.class_name}, part {row.group}"
                for path in paths
                if (row := by_path.get(path)) is not None
            },
        )
    )


def _counts(result: AuditResult) -> list[tuple[str, list[tuple[int, int]]]]:
    """(class, [(pictures, parts) of each split])."""
    names = list(dict.fromkeys(name for name, *_ in result.counts))
    cells = {(name, split): (pictures, parts) for name, split, pictures, parts in result.counts}
    return [(name, [cells[name, split] for split in SPLITS]) for name in names]


def _thumbnails(folder: Path, paths: set[str]) -> dict[str, str]:
    """JPEG data URIs, for every picture that can be read."""
    found: dict[str, str] = {}
    for path in sorted(paths):
        try:
            grey = read_grey(folder / path, scale_16_bit=True)
        except DataError:
            continue
        scale = min(1.0, THUMBNAIL_PX / max(grey.shape))
        size = tuple(max(1, round(length * scale)) for length in grey.shape[::-1])
        small = cv2.resize(grey, (size[0], size[1]), interpolation=cv2.INTER_AREA)
        encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
        found[path] = "data:image/jpeg;base64," + base64.b64encode(np.asarray(encoded).tobytes()).decode()
    return found
