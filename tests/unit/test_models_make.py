"""Making models: manifest and audit, windows and labels, thresholds; and the whole of it where PyTorch is installed."""

import argparse
import csv
import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.make.command import run
from models.make.manifest import DataError, Row, audit, read_manifest
from models.make.networks import plan_named
from models.make.pictures import Picture, load_picture
from models.make.product import SHIPPED, Product, Training, load_product, shipped_products
from models.make.windows import AMBIGUOUS, WindowSampler, grid, label_of
from models.spec import CropRule, FixedGeometry, NativeGeometry
from tests.unit.models_bundle import CALM

REPO = Path(__file__).parents[2]

SMALL = Product(
    name="tile",
    set_name="drawn",
    labels=("defect-free", "spot"),
    label_of_class={"good": "defect-free", "spot": "spot"},
    mask_values="index",
    geometry=NativeGeometry(kind="native", patch_px=16),
    crop=CropRule(background_max=20),
    min_mask_px=4,
    training=Training(network="rn18-012-s2d4", epochs=1, windows_per_epoch=32, batch=16),
    recall_floor=0.9,
)


def row(path: str, split: str, group: str, class_name: str = "good", mask: str = "") -> Row:
    return Row(path, class_name, split, f"{path:0<64}", group, mask, "")


def write_data(folder: Path, parts_each: int) -> Path:
    """A data folder of small grey parts, half of them with a bright spot."""
    rng = np.random.default_rng(5)
    rows: list[list[object]] = []
    for split in ("train", "val", "test"):
        for index in range(parts_each):
            spot = index % 2 == 1
            picture = rng.integers(100, 140, (96, 64), dtype=np.uint8)
            mask = np.zeros_like(picture)
            if spot:
                y, x = int(rng.integers(8, 80)), int(rng.integers(8, 48))
                picture[y : y + 6, x : x + 6] = 240
                mask[y : y + 6, x : x + 6] = 1
            name = f"{split}{index}"
            cv2.imwrite(str(folder / f"{name}.png"), picture)
            cv2.imwrite(str(folder / f"{name}_mask.png"), mask)
            label = "spot" if spot else "good"
            rows.append(["drawn", f"{name}.png", label, split, f"{name:0<64}", name, f"{name}_mask.png"])
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "path", "class", "split", "sha256", "group", "mask", "label"])
        writer.writerows([*line, "nok"] for line in rows)
    return folder


def picture_with_spot(at: tuple[int, int] | None) -> Picture:
    pixels, mask = np.full((40, 40), 120, np.uint8), np.zeros((40, 40), np.uint8)
    if at is not None:
        mask[at[0] : at[0] + 4, at[1] : at[1] + 4] = 1
    return Picture(pixels, mask, 0 if at is None else 1, row("p", "train", "g"))


def test_a_manifest_gives_the_rows_of_one_set(tmp_path: Path) -> None:
    rows = read_manifest(write_data(tmp_path, 2), "drawn")
    assert [r.path for r in rows if r.split == "val"] == ["val0.png", "val1.png"]
    assert audit(rows).pictures == {"train": 2, "val": 2, "test": 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing"),
        ("set,path\n", "missing"),
        ("set,path,class,label,split,sha256,group,mask\n", "found none"),
        ("set,path,class,label,split,sha256,group,mask\ndrawn,a,b,ok,dev,0,g,\n", "found 'dev'"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "manifest.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_manifest(tmp_path, "drawn")


def test_a_folder_without_a_manifest_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a manifest"):
        read_manifest(tmp_path, "drawn")


def test_a_part_in_two_splits_is_refused() -> None:
    with pytest.raises(DataError, match="part tile1 lies in two splits"):
        audit([row("a", "train", "tile1"), row("b", "test", "tile1")])


def test_a_file_in_two_splits_is_refused_even_under_two_part_names() -> None:
    with pytest.raises(DataError, match="lies in two splits"):
        audit([row("a", "train", "tile1"), row("a", "test", "tile2")])


def test_a_picture_that_is_none_and_a_class_that_is_unknown_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"a\.png: expected a picture"):
        load_picture(tmp_path, row("a.png", "train", "g"), SMALL)
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((32, 32), np.uint8))
    with pytest.raises(DataError, match="found 'odd'"):
        load_picture(tmp_path, row("b.png", "train", "g", "odd"), SMALL)


def test_a_mask_follows_its_picture_through_the_resize(tmp_path: Path) -> None:
    product = SMALL.model_copy(update={"geometry": FixedGeometry(kind="fixed", height_px=64, width_px=32, patch_px=16)})
    picture, mask = np.full((128, 96), 120, np.uint8), np.zeros((128, 96), np.uint8)
    picture[64:80, 48:60], mask[64:80, 48:60] = 250, 1
    cv2.imwrite(str(tmp_path / "p.png"), picture)
    cv2.imwrite(str(tmp_path / "m.png"), mask)
    loaded = load_picture(tmp_path, row("p.png", "train", "g", "spot", "m.png"), product)
    assert loaded.pixels.shape == loaded.mask.shape == (64, 32)
    assert set(loaded.mask[32:40, 16:20].ravel()) == {1}
    assert int(loaded.mask.astype(bool).sum()) == 32
    assert loaded.pixels[loaded.mask == 1].min() > 200


def test_a_window_is_sound_ambiguous_or_defective_by_its_mask_pixels() -> None:
    mask = np.zeros((16, 16), np.uint8)
    assert label_of(mask, 3, 4) == 0
    mask[0, :3] = 2
    assert label_of(mask, 3, 4) == AMBIGUOUS
    mask[1, :3] = 2
    assert label_of(mask, 3, 4) == 2


def test_the_grid_labels_every_window_that_holds_enough_of_a_defect() -> None:
    windows, labels = grid(picture_with_spot((0, 0)), SMALL)
    assert windows.shape == (9, 16, 16)
    assert labels.tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_no_window_of_a_defective_picture_without_mask_counts_as_anything() -> None:
    picture = replace(picture_with_spot(None), label_index=1)
    assert set(grid(picture, SMALL)[1].tolist()) == {AMBIGUOUS}


@CALM
@given(st.integers(0, 2**32 - 1))
def test_training_windows_carry_the_label_of_their_mask_in_the_wanted_shares(seed: int) -> None:
    sampler = WindowSampler([picture_with_spot((20, 20)), picture_with_spot(None)], SMALL)
    windows, _, labels = sampler.draw(64, np.random.default_rng(seed))
    assert windows.shape == (64, 16, 16)
    assert set(labels.tolist()) <= {0, 1}
    assert 10 <= int((labels == 1).sum()) <= 54


def test_a_training_split_without_defects_is_refused() -> None:
    with pytest.raises(ValueError, match="masked defects"):
        WindowSampler([picture_with_spot(None)], SMALL)


def test_background_around_a_part_is_taken_away_before_training_where_the_product_says_so(tmp_path: Path) -> None:
    rule = CropRule(background_max=9, min_height_px=16, min_width_px=16)
    geometry = FixedGeometry(kind="fixed", height_px=64, width_px=64, patch_px=16)
    product = SMALL.model_copy(update={"geometry": geometry, "crop": rule, "crop_pictures": True})
    picture, mask = np.full((160, 160), 4, np.uint8), np.zeros((160, 160), np.uint8)
    picture[32:144, 16:128] = 30
    picture[32:60, 16:44], mask[32:60, 16:44] = 120, 1
    cv2.imwrite(str(tmp_path / "p.png"), picture)
    cv2.imwrite(str(tmp_path / "m.png"), mask)
    cropped = load_picture(tmp_path, row("p.png", "train", "g", "spot", "m.png"), product)
    assert cropped.pixels.min() >= 30
    assert set(cropped.mask[:16, :16].ravel()) == {1}
    assert int((cropped.mask == 1).sum()) == 256
    whole = load_picture(
        tmp_path, row("p.png", "train", "g", "spot", "m.png"), product.model_copy(update={"crop_pictures": False})
    )
    assert whole.pixels.min() == 4


def test_every_product_names_a_network_whose_folding_fits_its_patches() -> None:
    for name in shipped_products():
        made = load_product(name)
        plan = plan_named(made.training.network)
        assert made.geometry.patch_px % plan.space_to_depth == 0
        assert made.kind == "identity" or made.labels[0] == "defect-free"


def test_without_the_training_libraries_the_command_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if importlib.util.find_spec("torch") is not None:
        pytest.skip("the training environment is installed here")
    data = write_data(tmp_path, 2)
    text = (SHIPPED / "rail.yaml").read_text(encoding="utf-8").replace("rsdds", "drawn")
    product = tmp_path / "mine.yaml"
    product.write_text(text.replace("Type_I:", "spot:").replace("Type_II:", "good:"), encoding="utf-8")
    arguments = ["train", "--product", str(product), "--data", str(data), "--run", str(tmp_path / "run")]
    assert run(arguments) == 2
    assert "run `make setup-train`" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_commands_for_a_station_need_nothing_of_training() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'tqdm', 'sklearn', 'scipy', 'matplotlib', 'jinja2', 'litert_torch'):\n"
        "    sys.modules[name] = None\n"
        "from station.cli.arguments import run_command\n"
        "sys.exit(run_command(['model', 'verify', 'models/bundles/mantle']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "GOOD models/bundles/mantle" in done.stdout


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    def fails(options: argparse.Namespace) -> int:
        (options.out / "result.json").write_text("{}", encoding="utf-8")
        return 0

    def add(commands: Any) -> None:
        parser = commands.add_parser("fails")
        parser.add_argument("--out", type=Path)
        parser.set_defaults(run_command=fails)

    assert run(["fails", "--out", str(tmp_path / "file")], "station model", (add,)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"station: {tmp_path / 'file' / 'result.json'}: Not a directory; make room or name another")
    assert said.count("\n") == 1
