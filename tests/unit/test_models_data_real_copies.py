"""Real surfaces: copies of public pictures planted in another split are found, and nothing else is called a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.make.data.audit import audit_data
from models.make.data.findings import Kind, Level
from models.make.manifest import read_manifest
from models.make.pictures import read_grey
from tests.unit.models_data import COLUMNS, Grey, read_lines, write_manifest

DATA = Path(__file__).parents[2].parent / "shared" / "data"
PARTS = 18

if not (DATA / "manifest.csv").exists():
    pytest.skip(f"LOUD SKIP: {DATA} is not here: copies of REAL pictures are NOT tested", allow_module_level=True)


def rotated(picture: Grey, angle_deg: float) -> Grey:
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


Change = Callable[[Grey], Grey]
TURNS: dict[str, Change] = {
    "mirrored": lambda p: np.ascontiguousarray(p[:, ::-1]),
    "quarter": lambda p: np.ascontiguousarray(np.rot90(p)),
    "quarter-mirrored": lambda p: np.ascontiguousarray(np.rot90(p)[::-1]),
    "shifted": lambda p: np.ascontiguousarray(p[4:, :-3]),
    "darker": lambda p: cv2.convertScaleAbs(p, alpha=0.7),
}
ROTATIONS: dict[str, Change] = {"4-degrees": lambda p: rotated(p, 4.0), "6-degrees-back": lambda p: rotated(p, -6.0)}


@pytest.mark.parametrize(
    ("set_name", "changes"),
    [
        ("magnetic_tile", {**TURNS, **ROTATIONS}),
        ("kolektor_sdd", {**TURNS, **ROTATIONS}),
        ("x_sdd", {**TURNS, **ROTATIONS}),
        ("casting", {**TURNS, **ROTATIONS}),
        ("rsdds", TURNS),  # a strip twenty times as long as wide cannot be rotated and stay in its picture
    ],
)
def test_planted_copies_are_found_and_the_honest_pictures_are_not_called_copies(
    tmp_path: Path, set_name: str, changes: dict[str, Change]
) -> None:
    lines = one_picture_a_part(set_name)
    write_manifest(tmp_path, lines)
    (tmp_path / set_name).mkdir(exist_ok=True)
    for line in lines:
        (tmp_path / line["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DATA / line["path"], tmp_path / line["path"])
    sources = [line for line in lines if line["split"] == "train"]
    planted = {}
    for (name, change), source in zip({"same": None, "jpeg": None, **changes}.items(), sources, strict=False):
        path = f"{set_name}/planted-{name}" + (Path(source["path"]).suffix if name == "same" else ".png")
        picture = read_grey(tmp_path / source["path"])
        if name == "same":
            shutil.copy(tmp_path / source["path"], tmp_path / path)
        elif name == "jpeg":
            path = path.replace(".png", ".jpg")
            assert cv2.imwrite(str(tmp_path / path), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
        else:
            assert change is not None
            assert cv2.imwrite(str(tmp_path / path), change(picture))
        planted[path] = source["path"]
        lines.append({**source, "path": path, "split": "test", "group": f"planted-{name}", "mask": ""})
    write_manifest(tmp_path, lines)
    result = audit_data(tmp_path, set_name, threads=1)
    leaks = {frozenset(finding.paths): finding.kind for finding in result.of(Level.LEAK)}
    assert set(leaks) == {frozenset(pair) for pair in planted.items()}
    same = next(path for path in planted if "planted-same" in path)
    assert leaks[frozenset({same, planted[same]})] is Kind.FILE_IN_TWO_SPLITS


def one_picture_a_part(set_name: str) -> list[dict[str, str]]:
    """The first picture of PARTS parts spread over the set; those of train stay, all others are in val."""
    firsts: dict[str, dict[str, str]] = {}
    for line in read_lines(DATA / "manifest.csv"):
        if line["set"] == set_name:
            values = {column: line.get(column, "") for column in COLUMNS}
            values["split"] = "train" if values["split"] == "train" else "val"
            firsts.setdefault(values["group"], values)
    chosen = list(firsts.values())
    return chosen[:: max(1, len(chosen) // PARTS)][:PARTS]


def test_exposures_of_one_tile_are_one_tile(tmp_path: Path) -> None:
    rows = [row for row in read_manifest(DATA, "magnetic_tile") if row.split == "train"]
    tile = [row for row in rows if row.group == rows[40].group]
    others = list({row.group: row for row in rows if row.group != rows[40].group}.values())[:12]
    lines = {line["path"]: line for line in read_lines(DATA / "manifest.csv")}
    moved = [
        {column: lines[row.path].get(column, "") for column in COLUMNS}
        | {"split": "test" if row is tile[0] else "train", "group": "x" if row is tile[0] else row.group}
        for row in [*tile, *others]
    ]
    write_manifest(tmp_path, moved)
    (tmp_path / "magnetic_tile").symlink_to(DATA / "magnetic_tile")
    result = audit_data(tmp_path, "magnetic_tile", threads=1)
    found = {path for finding in result.of(Level.LEAK) for path in finding.paths} - {tile[0].path}
    assert found == {row.path for row in tile[1:]}
    assert {finding.kind for finding in result.of(Level.LEAK)} == {Kind.COPY_IN_TWO_SPLITS}
