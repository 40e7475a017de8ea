"""`explain`: where in a part a bundle saw its verdict's class, as pictures and JSON. Needs the runtime alone."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, load_bundle
from models.engine import open_engine
from models.explained import Explainer, Explanation
from models.make.evaluation import framed
from models.make.manifest import SPLITS, DataError, read_manifest
from models.make.pictures import read_grey
from models.make.product import load_product
from models.maps import heat, laid_over
from models.vote import UNKNOWN_CLASS

GAP_PX: Final = 8
LINE_BGR: Final = (255, 255, 255)
Named = tuple[str, NDArray[np.uint8]]


def add(commands: Any) -> None:
    """The sub-parser."""
    parser = commands.add_parser("explain", help="draw where a bundle saw its verdict's class (class activation maps)")
    parser.add_argument("--bundle", required=True, type=Path, metavar="DIR")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--picture", type=Path, metavar="FILE", help="one picture as the camera delivers it")
    what.add_argument("--data", type=Path, metavar="DIR", help="folder with manifest.csv")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--product", help="with --data: whose pictures (default: the bundle's own product)")
    parser.add_argument("--limit", type=int, help="the first so many pictures of the split")
    parser.add_argument("--class", dest="class_name", metavar="LABEL", help="map this class instead of the verdict's")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="for each picture a PNG and a JSON")
    parser.add_argument("--threads", type=int, default=2)
    parser.set_defaults(run_command=explain_command)


def explain_command(options: argparse.Namespace) -> int:
    """Explain each picture; 1 where one of them could not be inspected."""
    bundle = load_bundle(options.bundle)
    if options.class_name is not None and options.class_name not in bundle.labels:
        raise DataError(f"--class {options.class_name!r}: expected one of {', '.join(bundle.labels)}")
    wanted = None if options.class_name is None else bundle.labels.index(options.class_name)
    explainer = Explainer(bundle, open_engine(bundle, options.threads))
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        not_inspected = 0
        for name, picture in _pictures(options, bundle):
            found = explainer.explain(picture, wanted)
            values = as_json(found, bundle, name)
            _write(options.out / f"{name}.png", _encoded(drawn(found, picture)))
            _write(options.out / f"{name}.json", (json.dumps(values, indent=1) + "\n").encode())
            not_inspected += found.inspection.problem is not None
            print(f"{name}: {_said(values)}")
    except OSError as error:
        raise DataError(f"{options.out}: cannot be written: {error.strerror}") from error
    return 1 if not_inspected else 0


def drawn(found: Explanation, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part and, beside or below it, the part with the map over it and the deciding patch outlined, BGR.

    Without a map the picture itself, with the box of what was found.
    """
    inspection = found.inspection
    if found.part is None or found.part_map is None:
        plain = np.repeat(picture[:, :, np.newaxis], 3, axis=2)
        if inspection.box is not None:
            box = inspection.box
            far = (box.x_px + box.width_px - 1, box.y_px + box.height_px - 1)
            cv2.rectangle(plain, (box.x_px, box.y_px), far, LINE_BGR, 2)
        return plain
    over = laid_over(found.part, heat(found.part_map))
    height, width = found.part.shape
    if inspection.vote is not None and inspection.vote.defective and inspection.vote.patch_index >= 0:
        y, x = inspection.patch_origins[inspection.vote.patch_index]
        cv2.rectangle(over, (x, y), (x + found.patch_px - 1, y + found.patch_px - 1), LINE_BGR, 2)
    plain = np.repeat(found.part[:, :, np.newaxis], 3, axis=2)
    axis = 1 if height >= width else 0
    gap = np.zeros((height, GAP_PX, 3) if axis else (GAP_PX, width, 3), dtype=np.uint8)
    return np.concatenate([plain, gap, over], axis=axis)


def as_json(found: Explanation, bundle: Bundle, name: str) -> dict[str, Any]:
    """Everything that was seen, with places in pixels of the picture; `hottest` is where the map is highest."""
    inspection, labels = found.inspection, bundle.labels
    box, verdict = inspection.box, inspection.vote
    values: dict[str, Any] = {
        "picture": name,
        "bundle": f"{bundle.spec.product} {bundle.spec.version}",
        "bundle_digest": bundle.digest,
        "problem": inspection.problem,
        "box": None if box is None else {key: getattr(box, key) for key in ("x_px", "y_px", "width_px", "height_px")},
        "verdict": None,
        "thresholds": dict(bundle.spec.thresholds),
        "patches": [],
        "map_of_class": None if found.class_index is None else labels[found.class_index],
        "hottest": None,
    }
    if verdict is not None:
        known = verdict.class_index != UNKNOWN_CLASS
        values["verdict"] = {
            "defective": verdict.defective,
            "class": labels[verdict.class_index] if known else None,
            "score": round(verdict.score, 5),
            "patch": verdict.patch_index,
        }
    if inspection.scores is not None and box is not None:
        values["patches"] = [
            {
                "y_px": round(box.y_px + y * found.scale[0]),
                "x_px": round(box.x_px + x * found.scale[1]),
                "scores": {label: round(float(score), 5) for label, score in zip(labels, row, strict=True)},
            }
            for (y, x), row in zip(inspection.patch_origins, inspection.scores, strict=True)
        ]
    if found.part_map is not None and box is not None and float(found.part_map.max()) > 0.0:
        y, x = divmod(int(np.argmax(found.part_map)), found.part_map.shape[1])
        values["hottest"] = {
            "y_px": round(box.y_px + (y + 0.5) * found.scale[0]),
            "x_px": round(box.x_px + (x + 0.5) * found.scale[1]),
            "value": round(float(found.part_map.max()), 4),
        }
    return values


def _pictures(options: argparse.Namespace, bundle: Bundle) -> Iterator[Named]:
    """Names and grey pictures; those of a data set that show the part alone get a dark frame, as evaluation does."""
    if options.picture is not None:
        yield options.picture.stem, read_grey(options.picture)
        return
    product = load_product(options.product or bundle.spec.product)
    rows = [row for row in read_manifest(options.data, product.set_name) if row.split == options.split]
    if not rows:
        raise DataError(f"{options.data}: expected pictures of the split {options.split!r}, found none")
    for index, row in enumerate(rows[: options.limit]):
        grey = read_grey(options.data / row.path)
        name = "_".join(Path(row.path).with_suffix("").parts)
        yield name, grey if product.crop_pictures else framed(grey, np.random.default_rng(index))


def _encoded(picture: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1].tobytes())


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def _said(values: dict[str, Any]) -> str:
    verdict = values["verdict"]
    if values["problem"] is not None or verdict is None:
        return f"not inspected: {values['problem']}"
    if not verdict["defective"]:
        return f"sound, lowest sound score {verdict['score']:.3f}"
    return f"{verdict['class']} {verdict['score']:.3f} in patch {verdict['patch']}"
