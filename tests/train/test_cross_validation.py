"""Grouped cross-validation with real, tiny trainings: every part held out once, done folds kept, stopped ones go on."""

import argparse
import importlib.util
import json
from pathlib import Path

import pytest

if importlib.util.find_spec("torch") is None:
    pytest.skip("LOUD SKIP: PyTorch is missing here; run these in the training environment", allow_module_level=True)

from models.make.commands import evaluate
from models.make.learning import Learning, learn
from models.make.manifest import DataError, read_manifest
from tests.train.drawn_spots import spots, write_data, write_product

TINY = {"windows_per_epoch": 32, "epochs": 1}


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    evaluate.add(parser.add_subparsers())
    options = parser.parse_args(["evaluate", "--threads", "1", *arguments])
    return int(options.run_command(options))


def folds(folder: Path, *more: str) -> int:
    product = write_product(folder / "spots.yaml", **TINY)
    data = folder / "data"
    if not data.exists():
        write_data(data)
    where = ["--product", str(product), "--data", str(data), "--out", str(folder / "folds"), "--device", "cpu"]
    return run("--folds", "3", *where, *more)


def test_every_part_outside_test_is_held_out_once_and_a_removed_fold_alone_is_done_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folds(tmp_path) == 0
    kept = {index: tmp_path / "folds" / f"fold-{index}.json" for index in (1, 2, 3)}
    held_out = [picture["path"] for path in kept.values() for picture in json.loads(path.read_text(encoding="utf-8"))]
    rows = read_manifest(tmp_path / "data", "spots")
    assert sorted(held_out) == sorted(row.path for row in rows if row.split != "test")
    said, whole = capsys.readouterr().out, (tmp_path / "folds" / "result.json").read_text(encoding="utf-8")
    assert "over 3 folds (mean ± sd)" in said
    assert (tmp_path / "folds" / "report.html").exists()
    assert not list((tmp_path / "folds").glob("*.pt"))

    before = {index: (path.read_bytes(), path.stat().st_ino) for index, path in kept.items()}
    kept[2].unlink()
    assert folds(tmp_path) == 0
    after = {index: (path.read_bytes(), path.stat().st_ino) for index, path in kept.items()}
    assert (after[1], after[3]) == (before[1], before[3])
    assert after[2][0] == before[2][0]  # seeded: the same network again
    assert (tmp_path / "folds" / "result.json").read_text(encoding="utf-8") == whole

    with pytest.raises(DataError, match="another cross-validation lies here"):
        folds(tmp_path, "--seed", "2")


def test_more_folds_than_parts_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    product, data = write_product(tmp_path / "spots.yaml", **TINY), write_data(tmp_path / "data", 4)
    where = ["--product", str(product), "--data", str(data), "--out", str(tmp_path / "folds")]
    with pytest.raises(DataError, match="20 folds: expected 2 to 8"):
        run("--folds", "20", *where)
    assert not (tmp_path / "folds").exists()


def test_a_run_is_judged_with_thresholds_that_were_chosen_on_validation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, data = spots(tmp_path, **TINY)
    learn(Learning(tmp_path / "run", threads=1, device="cpu"), data)
    values_file = tmp_path / "out.json"
    assert run("--run", str(tmp_path / "run"), "--data", str(tmp_path / "data"), "--json", str(values_file)) == 0
    values = json.loads(values_file.read_text(encoding="utf-8"))
    assert values["part_level"]["cases"] == 12
    assert values["patch_level"]["cases"] + values["ambiguous_patches"] == 12 * 6
    assert set(values["thresholds_chosen"]["by_class"]) == {"bright", "dark"}
    assert "float network" in capsys.readouterr().out
    assert run("--sweep", str(tmp_path / "run"), "--data", str(tmp_path / "data"), "--recall-floor", "0") == 0


def test_an_unfinished_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a training run, found none"):
        run("--run", str(tmp_path), "--data", str(tmp_path))
