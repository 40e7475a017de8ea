"""Making models: manifest and audit, windows and labels, thresholds; and the whole of it where PyTorch is installed."""

import csv
import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import load_bundle
from models.engine import check_golden, open_engine
from models.make import making
from models.make.command import run
from models.make.evaluation import framed, joined_parts, part_metrics, patch_metrics
from models.make.making import MakingError
from models.make.manifest import DataError, Row, audit, read_manifest
from models.make.pictures import Picture, load_picture
from models.make.products import PRODUCTS, Product
from models.make.thresholds import PartScores, choose_thresholds
from models.make.whole_parts import Seen, judge_part, measure_whole_parts
from models.make.windows import AMBIGUOUS, WindowSampler, grid, label_of
from models.spec import CropRule, FixedGeometry, NativeGeometry
from models.vote import UNKNOWN_CLASS, vote
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
    network="rn18-012-s2d4",
    min_mask_px=4,
    epochs=1,
    windows_per_epoch=32,
    batch=16,
    learning_rate=1e-3,
    sound_share=0.5,
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
    product = replace(SMALL, geometry=FixedGeometry(kind="fixed", height_px=64, width_px=32, patch_px=16))
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
    windows, labels = sampler.draw(64, np.random.default_rng(seed))
    assert windows.shape == (64, 16, 16)
    assert set(labels.tolist()) <= {0, 1}
    assert 10 <= int((labels == 1).sum()) <= 54


def test_a_training_split_without_defects_is_refused() -> None:
    with pytest.raises(ValueError, match="masked defects"):
        WindowSampler([picture_with_spot(None)], SMALL)


def parts_of(sound: list[float], defective: list[float]) -> list[PartScores]:
    return [
        PartScores(np.array([[1 - score, score]], np.float32), label, np.array([label]))
        for label, scores in ((0, sound), (1, defective))
        for score in scores
    ]


def test_a_threshold_lies_between_sound_and_defective_parts_where_they_part() -> None:
    (limit,) = choose_thresholds(parts_of([0.01] * 30, [0.9] * 10), 2, 1.0)
    assert 0.05 < limit < 0.9


def test_the_recall_floor_wins_over_overkill_where_they_overlap() -> None:
    (limit,) = choose_thresholds(parts_of([0.6] * 30, [0.3] + [0.9] * 9), 2, 1.0)
    assert limit == pytest.approx(0.3, abs=1e-3)
    (relaxed,) = choose_thresholds(parts_of([0.6] * 30, [0.3] + [0.9] * 9), 2, 0.9)
    assert 0.6 < relaxed < 0.9


fractions = st.floats(0.06, 0.94)


@CALM
@given(st.lists(fractions, min_size=20, max_size=30), st.lists(fractions, min_size=1, max_size=30), st.floats(0.5, 1.0))
def test_the_recall_floor_holds_on_the_parts_it_was_chosen_for(
    sound: list[float], defective: list[float], floor: float
) -> None:
    parts = parts_of(sound, defective)
    limits = choose_thresholds(parts, 2, floor)
    caught = sum(vote(part.scores, limits).defective for part in parts if part.label_index)
    assert caught >= floor * len(defective) - 1e-6


def test_part_figures_count_misses_overkill_and_what_was_not_inspected() -> None:
    figures = part_metrics([(0, 0), (0, 1), (1, 1), (1, 0), (1, -1)], ("defect-free", "spot"))
    assert figures["missed"] == 1
    assert figures["recall"] == 0.6667
    assert figures["overkill"] == 0.5
    assert figures["right_class"] == 0.4


def test_patch_figures_count_false_alarms_and_without_sound_parts_overkill_is_unknown() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], np.float32)
    figures = patch_metrics(scores, np.array([0, 0, 1]), ("defect-free", "spot"))
    assert (figures["false_alarms"], figures["defect_recall"]) == (0.5, 1.0)
    assert part_metrics([(1, 1)], ("defect-free", "spot"))["overkill"] is None


def test_a_framed_picture_lies_whole_in_a_dark_frame() -> None:
    frame = framed(np.full((30, 20), 200, np.uint8), np.random.default_rng(0))
    assert int((frame == 200).sum()) == 600
    assert int(frame[frame != 200].max()) <= 6


def test_background_around_a_part_is_taken_away_before_training_where_the_product_says_so(tmp_path: Path) -> None:
    rule = CropRule(background_max=9, min_height_px=16, min_width_px=16)
    product = replace(
        SMALL,
        geometry=FixedGeometry(kind="fixed", height_px=64, width_px=64, patch_px=16),
        crop=rule,
        crop_pictures=True,
    )
    picture, mask = np.full((160, 160), 4, np.uint8), np.zeros((160, 160), np.uint8)
    picture[32:144, 16:128] = 30
    picture[32:60, 16:44], mask[32:60, 16:44] = 120, 1
    cv2.imwrite(str(tmp_path / "p.png"), picture)
    cv2.imwrite(str(tmp_path / "m.png"), mask)
    cropped = load_picture(tmp_path, row("p.png", "train", "g", "spot", "m.png"), product)
    assert cropped.pixels.min() >= 30
    assert set(cropped.mask[:16, :16].ravel()) == {1}
    assert int((cropped.mask == 1).sum()) == 256
    whole = load_picture(tmp_path, row("p.png", "train", "g", "spot", "m.png"), replace(product, crop_pictures=False))
    assert whole.pixels.min() == 4


def test_one_defective_picture_rejects_the_part_and_the_highest_score_names_its_class() -> None:
    sound, weak, strong = Seen(0, 0, 0.9), Seen(1, 2, 0.6), Seen(1, 1, 0.8)
    assert judge_part([sound, sound]) == (0, 0)
    assert judge_part([sound, weak, sound]) == (1, 2)
    assert judge_part([weak, sound, strong]) == (1, 1)
    assert judge_part([Seen(1, 0, 0.9), sound]) == (1, 0)
    assert judge_part([strong, Seen(0, UNKNOWN_CLASS, 0.0)]) == (1, UNKNOWN_CLASS)


def test_thresholds_see_one_part_where_it_has_several_pictures() -> None:
    one, two = (row(name, "val", "part1") for name in ("a.png", "b.png"))
    other = row("c.png", "val", "part2")
    pictures = [replace(picture_with_spot(None), row=line) for line in (one, other, two)]
    scores = [parts_of([0.1], [])[0], parts_of([0.2], [])[0], parts_of([], [0.9])[0]]
    joined = joined_parts(pictures, scores)
    assert [part.label_index for part in joined] == [1, 0]
    assert joined[0].scores[:, 1].tolist() == pytest.approx([0.1, 0.9])
    assert joined[0].patch_labels.tolist() == [0, 1]
    assert choose_thresholds(joined, 2, 1.0)[0] > 0.2


def test_bundles_of_other_labels_are_not_judged_together(tmp_path: Path) -> None:
    mantle = load_bundle(REPO / "models" / "bundles" / "mantle")
    tiny = load_bundle(REPO / "tests" / "data" / "tiny_bundle")
    with pytest.raises(MakingError, match="expected a known product"):
        measure_whole_parts([tiny, mantle], tmp_path, "test", 1)
    with pytest.raises(MakingError, match="found 'all'"):
        measure_whole_parts([mantle], tmp_path, "all", 1)


def test_every_product_names_a_network_whose_folding_fits_its_patches() -> None:
    for product in PRODUCTS.values():
        plan = making.NETWORKS[product.network]
        assert product.geometry.patch_px % plan.space_to_depth == 0
        assert product.labels[0] == "defect-free"


def test_without_the_training_libraries_the_command_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    if importlib.util.find_spec("litert_torch") is not None:
        pytest.skip("the training environment is installed here")
    arguments = ["train", "--product", "tile", "--data", str(tmp_path), "--out", str(tmp_path / "b")]
    assert run(arguments) == 2
    assert "run `make setup-train`" in caplog.text
    assert not (tmp_path / "b").exists()


@pytest.mark.timeout(600)
def test_a_bundle_is_trained_quantised_and_passes_its_golden_set(tmp_path: Path) -> None:
    if any(importlib.util.find_spec(name) is None for name in making.LIBRARIES):
        pytest.skip("LOUD SKIP: no training environment here: training, export and INT8 conversion are NOT tested")
    data = write_data(tmp_path, 6)
    manifest = (data / "manifest.csv").read_text(encoding="utf-8")
    rails = manifest.replace("drawn,", "rsdds,").replace(",spot,", ",Type_I,").replace(",good,", ",Type_II,")
    (data / "manifest.csv").write_text(rails, encoding="utf-8")
    for mask in data.glob("*_mask.png"):
        cv2.imwrite(str(mask), np.asarray(cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)) * np.uint8(255))
    out = tmp_path / "bundle"
    # a process of its own: the training libraries warn about each other and leave threads behind
    order = f"--product rail --data {data} --out {out} --epochs 1 --threads 1 --network rn18-012-s2d4"
    command = [sys.executable, "-m", "models.make", "train", *order.split()]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=570, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    bundle = load_bundle(out)
    check_golden(bundle, open_engine(bundle))
    assert bundle.spec.metrics["test_parts_inspected"]
    assert str(tmp_path) not in (out / "model.yaml").read_text(encoding="utf-8")


def test_a_threshold_is_raised_where_another_class_catches_its_parts_as_well() -> None:
    sound = [PartScores(np.array([[0.5, 0.4, 0.1]], np.float32), 0, np.array([0])) for _ in range(20)]
    blurred = PartScores(np.array([[0.1, 0.05, 0.85]], np.float32), 1, np.array([1]))
    others = [PartScores(np.array([[0.1, 0.9, 0.0]], np.float32), 1, np.array([1])) for _ in range(9)]
    second = [PartScores(np.array([[0.0, 0.1, 0.9]], np.float32), 2, np.array([2])) for _ in range(10)]
    parts = [*sound, blurred, *others, *second]
    limits = choose_thresholds(parts, 3, 1.0)
    judged = [(part.label_index > 0, vote(part.scores, limits).defective) for part in parts]
    assert all(truth == seen for truth, seen in judged)
