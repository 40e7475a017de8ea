"""From a quantised run to a signed bundle, with the tiny network: thresholds, figures, provenance, and refusals."""

import csv
import hashlib
import json
import shutil
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.bundle import BundleError, load_bundle
from models.make.commands import export as command
from models.make.data.findings import AuditResult, Finding, Kind, Level
from models.make.errors import MakingError
from models.make.export_bundle import ExportOrder, export_bundle, first_plan
from models.make.identity_figures import NONE, Looked, choose_least, identity_metrics
from models.make.manifest import DataError, audit, read_manifest
from models.make.product import Product, Training, load_product
from models.make.provenance import refusing
from models.make.run_folder import RunFolder, RunOrder
from models.signature import Trust, make_key, read_private_key, read_public_key
from models.spec import CropRule, FixedGeometry
from models.verify import load_trusted, verify
from tests.unit.models_bundle import TINY_BUNDLE

LABELS = ("defect-free", "spot", "hole")
PRODUCT = Product(
    name="tiny",
    set_name="drawn",
    labels=LABELS,
    label_of_class={label: label for label in LABELS},
    mask_values="index",
    geometry=FixedGeometry(kind="fixed", height_px=128, width_px=64, patch_px=32),
    crop=CropRule(background_max=10, min_fraction=0.3),
    training=Training(network="rn18-012", epochs=1, windows_per_epoch=32, batch=16),
    min_mask_px=4,
    notes=("drawn for a test",),
)


def write_data(folder: Path) -> Path:
    """Grey parts, two pictures each, a third of them with a white spot and a third with a black hole."""
    folder.mkdir()
    rng = np.random.default_rng(3)
    rows: list[list[object]] = []
    for split in ("train", "val", "test"):
        for part in range(6):
            label = part % 3
            for side in range(2):
                picture = rng.integers(100, 140, (128, 64), dtype=np.uint8)
                mask = np.zeros_like(picture)
                if label and side == 0:
                    y, x = int(rng.integers(4, 110)), int(rng.integers(4, 48))
                    picture[y : y + 12, x : x + 12] = 255 if label == 1 else 0
                    mask[y : y + 12, x : x + 12] = label
                name = f"{split}{part}{side}"
                for path, pixels in ((f"{name}.png", picture), (f"{name}_mask.png", mask)):
                    cv2.imwrite(str(folder / path), pixels)
                digest = hashlib.sha256((folder / f"{name}.png").read_bytes()).hexdigest()
                shown = LABELS[label if side == 0 else 0]
                rows.append(["drawn", f"{name}.png", shown, split, digest, f"{split}{part}", f"{name}_mask.png", "ok"])
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "path", "class", "split", "sha256", "group", "mask", "label"])
        writer.writerows(rows)
    return folder


def write_parity(run: RunFolder, *, refused: bool = False) -> None:
    """The report of quantising, as far as exporting reads it."""
    digest = hashlib.sha256(run.int8.read_bytes()).hexdigest()
    run.write_json(run.parity, {"refused": refused, "network_sha256": digest})


def write_run(folder: Path, data: Path) -> RunFolder:
    """A run as training and quantising leave it, with the tiny network."""
    checked = audit(read_manifest(data, "drawn"))
    order = RunOrder(
        product=PRODUCT,
        network="rn18-012",
        seed=7,
        epochs=1,
        data_digest=checked.digest,
        audit={"groups_in_two_splits": 0, "files_in_two_splits": 0},
        pictures=checked.pictures,
        parts=checked.parts,
        code="0.1.0 abc",
        libraries={"torch": "2.13.0"},
    )
    run = RunFolder.create(folder, order)
    shutil.copy(TINY_BUNDLE / "network.tflite", run.int8)
    write_parity(run)
    return run


@pytest.fixture
def order(tmp_path: Path) -> ExportOrder:
    data = write_data(tmp_path / "data")
    write_run(tmp_path / "run", data)
    make_key(tmp_path / "key")
    key = read_private_key(tmp_path / "key" / "signing-key.pem")
    return ExportOrder(tmp_path / "run", data, tmp_path / "bundle", key=key, threads=1)


def trust_of(folder: Path) -> Trust:
    return Trust((read_public_key(folder / "key" / "signing-key.pub"),))


def test_a_bundle_tells_what_it_is_worth_and_where_it_comes_from(order: ExportOrder, tmp_path: Path) -> None:
    bundle = export_bundle(order)
    good = verify(bundle.path, trust_of(tmp_path))
    assert good.signed is not None
    spec: Any = good.bundle.spec
    assert (spec.product, spec.version, spec.vote_policy) == ("tiny", "1-seed7", "any-patch-over-its-threshold")
    parts = spec.metrics["test_parts_inspected"]
    assert (parts["parts"], parts["missed"], parts["overkilled"]) == (6, 0, 0)
    assert (parts["escapes_95"]["of"], parts["overkill_95"]["of"]) == (4, 2)
    assert parts["escapes_95"]["high_95"] > 0.5, "four parts cannot show more"
    assert spec.metrics["fully_delegated"] is True
    assert spec.parity == {"refused": False, "network_sha256": spec.network.sha256}
    told = spec.provenance
    assert Product.model_validate_json(json.dumps(told["product"])) == PRODUCT
    assert told["data_digest"] == audit(read_manifest(order.data, "drawn")).digest
    assert (told["audit"]["leaks"], told["audit"]["faults"]) == (0, 0)
    assert told["audit"]["pairs_compared"] > 0
    assert told["audit"]["data_digest"] == told["data_digest"]
    assert (told["seed"], told["code"]["trained"]) == (7, "0.1.0 abc")
    assert told["thresholds"]["by_class"]["spot"]["caught"] == 2
    assert len(spec.golden.scores) == 6
    assert str(tmp_path) not in (bundle.path / "model.yaml").read_text(encoding="utf-8")


def test_the_same_run_gives_the_same_bundle_but_for_its_signature(order: ExportOrder) -> None:
    first = export_bundle(order).digest
    assert export_bundle(order).digest == first
    assert sorted(path.name for path in order.out.parent.iterdir()) == ["bundle", "data", "key", "run"]


def test_another_data_set_than_the_one_trained_on_is_refused(order: ExportOrder) -> None:
    manifest = order.data / "manifest.csv"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text("\n".join(line for line in text.splitlines() if "train00" not in line), encoding="utf-8")
    with pytest.raises(DataError, match="its test parts may have been trained on"):
        export_bundle(order)
    assert not order.out.exists()


def test_data_with_a_copy_in_another_split_is_refused_before_anything_is_measured(order: ExportOrder) -> None:
    copied = cv2.flip(np.asarray(cv2.imread(str(order.data / "train10.png"), cv2.IMREAD_GRAYSCALE)), 1)
    cv2.imwrite(str(order.data / "test10.png"), copied)
    with pytest.raises(MakingError, match=r"expected a data set without leak or fault, found \d+, the first: .*test10"):
        export_bundle(order)
    assert not order.out.exists()


def test_likeness_forbids_a_bundle_that_finds_defects_and_not_one_that_tells_types_apart() -> None:
    alike = Finding(Level.LEAK, Kind.COPY_IN_TWO_SPLITS, "a and b: likeness 0.7", ("a", "b"), 0.7)
    same = Finding(Level.LEAK, Kind.PIXELS_IN_TWO_SPLITS, "c and d", ("c", "d"))
    result = AuditResult("set", {}, {}, (), (), (alike, same), 0.4, (0.7,), "0" * 64)
    assert refusing(result, "patches") == (alike, same)
    assert refusing(result, "identity") == (same,)


def test_a_run_that_is_not_quantised_was_refused_or_has_no_parity_report_is_refused(order: ExportOrder) -> None:
    run = RunFolder.open(order.run)
    write_parity(run, refused=True)
    with pytest.raises(MakingError, match="INT8 was refused"):
        export_bundle(order)
    run.write_json(run.parity, {"refused": False, "network_sha256": "0" * 64})
    with pytest.raises(MakingError, match=r"expected the network of parity\.json, found another"):
        export_bundle(order)
    run.parity.unlink()
    with pytest.raises(MakingError, match="expected the parity report"):
        export_bundle(order)
    run.int8.unlink()
    with pytest.raises(DataError, match="expected a quantised network"):
        export_bundle(order)


def test_an_older_bundle_stays_whole_where_the_new_one_is_not_good(order: ExportOrder, tmp_path: Path) -> None:
    export_bundle(order)
    before = {path.name: path.read_bytes() for path in order.out.iterdir()}
    RunFolder.open(order.run).int8.write_bytes(b"no network")
    write_parity(RunFolder.open(order.run))
    with pytest.raises(Exception, match="expected a network that LiteRT can load"):
        export_bundle(replace(order, version="2"))
    assert {path.name: path.read_bytes() for path in order.out.iterdir()} == before
    load_trusted(order.out, trust_of(tmp_path))
    assert not list(tmp_path.glob(".bundle*"))


def export(*arguments: object) -> int:
    parser = ArgumentParser()
    command.add(parser.add_subparsers(required=True))
    options = parser.parse_args(["export", *(str(argument) for argument in arguments)])
    return int(options.run_command(options))


def test_the_command_signs_or_is_told_not_to(order: ExportOrder, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--run", order.run, "--data", order.data, "--out", order.out, "--threads", 1)
    key = order.run.parent / "key" / "signing-key.pem"
    with pytest.raises(MakingError, match=r"either --key KEY\.pem or --unsigned, found neither"):
        export(*asked)
    with pytest.raises(MakingError, match="found both"):
        export(*asked, "--key", key, "--unsigned")
    assert not order.out.exists()
    assert export(*asked, "--unsigned") == 0
    assert "NOT SIGNED" in capsys.readouterr().out
    assert export(*asked, "--key", key, "--version", "line4") == 0
    said = capsys.readouterr().out
    assert "tiny line4, signed by own key" in said
    assert "0 of 4 defective missed, 0 of 2 sound rejected" in said


def test_a_least_score_lies_above_every_picture_of_another_type() -> None:
    seen = [Looked(0, 0, 0.9), Looked(0, 0, 0.99), Looked(1, 0, 0.8), Looked(1, 1, 0.97), Looked(1, NONE, 0.0)]
    least, told = choose_least(seen, ("a", "b"))
    assert 0.8 < least[0] <= 0.9
    assert least[1] == 0.5
    assert told["by_type"]["a"] == {"least_score": least[0], "validation": 2, "recognised": 2, "mistaken": 1}
    figures = identity_metrics([*seen, Looked(0, 1, 0.6)], least, ("a", "b"))["test_types_inspected"]
    assert [figures[key]["count"] for key in ("recognised", "mistaken", "unknown")] == [3, 1, 2]
    with pytest.raises(DataError, match="expected pictures of c in validation"):
        choose_least(seen, ("a", "b", "c"))


def test_a_network_with_a_second_output_brings_its_head_and_the_maps_shape(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "models" / "bundles" / "fastener-shank"
    spec = load_bundle(shipped).spec
    assert spec.feature_map is not None
    first = write_run(tmp_path / "run", write_data(tmp_path / "data")).order
    changes = {"product": load_product("fastener-shank"), "network": spec.network.architecture}
    run = RunFolder.create(tmp_path / "shank", first.model_copy(update=changes))
    shutil.copy(shipped / "network.tflite", run.int8)
    shutil.copy(shipped / spec.feature_map.head_file, run.head)
    write_parity(run)
    plan = first_plan(run, None)
    assert plan.map_shape == spec.feature_map.shape
    assert plan.head_weights is not None
    assert plan.head_weights.shape == (len(spec.labels), spec.feature_map.channels)
    run.head.write_bytes(b"nothing")
    with pytest.raises(BundleError, match=r"head\.npy: expected weights"):
        first_plan(run, None)
    run.head.unlink()
    assert first_plan(run, None).map_shape is None
