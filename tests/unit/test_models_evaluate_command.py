"""`evaluate` on the tiny bundle: report, plots, JSON and ten lines; the sweep; and what is refused in one sentence."""

import argparse
import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from models.make.commands import evaluate
from models.make.manifest import DataError
from tests.unit.models_bundle import TINY_BUNDLE, part_picture

# In val and test alike; the two faint ones are defects that the tiny network cannot see.
PARTS = ("sound", "sound", "sound", "sound", "spot", "spot", "hole", "hole")


def bare(**defects: Any) -> np.ndarray:
    """A part without the background that the frame will add."""
    return part_picture(**defects)[40:296, 48:176].copy()


def write_parts(folder: Path, *, val: Sequence[str] = PARTS, test: Sequence[str] = PARTS, faint: int = 0) -> Path:
    """Parts by class; of test the first `faint` holes are too faint, the first sound part has a bright fleck."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "path", "class", "label", "split", "sha256", "group", "mask"])
        for split, classes in (("val", val), ("test", test)):
            for index, name in enumerate(classes):
                stem = f"{split}{index}"
                picture, mask = bare(spot=name == "spot", hole=name == "hole"), np.zeros((256, 128), np.uint8)
                if name == "spot":
                    mask[100:112, 40:52] = 1
                if name == "hole":
                    mask[200:212, 90:102] = 2
                    if split == "test" and faint > 0:
                        picture[200:212, 90:102], faint = 100, faint - 1
                if split == "test" and index == 0 and name == "sound":
                    picture[30:40, 30:40] = 255
                cv2.imwrite(str(folder / f"{stem}.png"), picture)
                cv2.imwrite(str(folder / f"{stem}_mask.png"), mask)
                ok = "ok" if name == "sound" else "nok"
                writer.writerow(["drawn", f"{stem}.png", name, ok, split, f"{stem:0<64}", stem, f"{stem}_mask.png"])
    return folder


def write_product(path: Path) -> Path:
    spec = yaml.safe_load((TINY_BUNDLE / "model.yaml").read_text(encoding="utf-8"))
    values = {
        "name": "tiny",
        "set_name": "drawn",
        "labels": spec["labels"],
        "label_of_class": {"sound": "defect-free", "spot": "spot", "hole": "hole"},
        "mask_values": "index",
        "geometry": spec["preprocessing"]["geometry"],
        "crop": spec["preprocessing"]["crop"],
        "min_mask_px": 4,
        "training": {"network": "rn18-012-s2d4", "epochs": 1, "windows_per_epoch": 16, "batch": 8},
    }
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def run(folder: Path, *more: str, data: Path) -> int:
    parser = argparse.ArgumentParser()
    evaluate.add(parser.add_subparsers())
    product = write_product(folder / "product.yaml")
    options = parser.parse_args(["evaluate", "--data", str(data), "--product", str(product), "--threads", "1", *more])
    return int(options.run_command(options))


@pytest.mark.timeout(400)  # thirty plots take seconds, and minutes on a machine that is busy
def test_a_bundle_is_judged_through_the_runtime_and_told_in_lines_json_plots_and_one_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_parts(tmp_path / "data", faint=1)
    report, values_file, plots = tmp_path / "out" / "report.html", tmp_path / "out.json", tmp_path / "plots"
    wanted = ["--report", str(report), "--json", str(values_file), "--plots", str(plots)]
    assert run(tmp_path, "--bundle", str(TINY_BUNDLE), *wanted, data=data) == 0
    said = capsys.readouterr().out
    assert re.search(r"^escapes +1 of 4 = 25\.0 % \(95 %: 0\.6 to 80\.6 %\) defective parts passed$", said, re.M)
    assert re.search(r"^overkill +1 of 4 = 25\.0 %", said, re.M)
    assert re.search(r"^missed +test6 \(test6\.png, 0\.\d+\)$", said, re.M)
    assert len(said.strip().splitlines()) == 10

    values = json.loads(values_file.read_text(encoding="utf-8"))
    assert [part["part"] for part in values["missed_parts"]] == ["test6"]
    assert [(part["part"], part["picture"]) for part in values["false_rejects"]] == [("test0", "test0.png")]
    assert values["patch_level"]["cases"] == 8 * 8
    assert values["thresholds_chosen"] is None

    page = report.read_text(encoding="utf-8")
    assert "test6" in page
    assert "test0.png" in page
    addresses = re.findall(r'(?:src|href)="([^"]{0,40})', page)
    assert addresses
    assert all(address.startswith("data:image/") for address in addresses)
    drawn = {path.name for path in plots.iterdir()}
    assert {
        "part_confusion.png",
        "part_confusion.svg",
        "patch_roc.png",
        "patch_pr.svg",
        "part_calibration.svg",
    } <= drawn
    assert {path.suffix for path in plots.iterdir()} == {".png", ".svg"}


def test_a_recall_floor_chooses_thresholds_on_validation_and_exit_1_says_that_it_is_not_held(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, faint = write_parts(tmp_path / "whole"), write_parts(tmp_path / "faint", faint=2)
    assert run(tmp_path, "--bundle", str(TINY_BUNDLE), "--recall-floor", "1", data=whole) == 0
    assert "chosen on validation parts for a recall of 100.0 %" in capsys.readouterr().out
    assert run(tmp_path, "--bundle", str(TINY_BUNDLE), "--recall-floor", "1", data=faint) == 1
    assert "note           4 sound validation parts, expected 20" in capsys.readouterr().out


def test_without_defects_in_validation_no_threshold_is_chosen(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", val=("sound",) * 4)
    with pytest.raises(DataError, match="expected defective parts in validation, found none"):
        run(tmp_path, "--bundle", str(TINY_BUNDLE), "--recall-floor", "1", data=data)


def test_a_split_without_pictures_is_one_sentence(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", test=())
    with pytest.raises(DataError, match="expected pictures in the split 'test', found none"):
        run(tmp_path, "--bundle", str(TINY_BUNDLE), data=data)


def test_a_sweep_over_seeds_marks_the_threshold_that_validation_chose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, report = write_parts(tmp_path / "data"), tmp_path / "sweep.html"
    wanted = [
        "--sweep",
        str(TINY_BUNDLE),
        str(TINY_BUNDLE),
        "--report",
        str(report),
        "--plots",
        str(tmp_path / "plots"),
    ]
    assert run(tmp_path, *wanted, data=data) == 0
    said = capsys.readouterr().out
    assert len(re.findall(r"<- chosen on val$", said, re.M)) == 1
    assert "100.00 ± 0.00 %" in said
    assert report.read_text(encoding="utf-8").count('class="marked"') == 2
    assert (tmp_path / "plots" / "sweep.svg").exists()


def test_a_cross_validation_without_its_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected --product and --out"):
        run(tmp_path, "--folds", "3", data=write_parts(tmp_path / "data"))


def test_a_product_of_other_labels_than_the_bundle_is_refused(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data")
    with pytest.raises(DataError, match=r"expected the labels of product mantle .* found defect-free, spot, hole"):
        run(tmp_path, "--bundle", str(TINY_BUNDLE), "--product", "mantle", data=data)


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    data = write_parts(tmp_path / "data")
    with pytest.raises(DataError, match="the report cannot be written"):
        run(tmp_path, "--bundle", str(TINY_BUNDLE), "--json", str(tmp_path / "file" / "out.json"), data=data)
