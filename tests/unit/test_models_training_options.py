"""What training draws and weighs: balance, oversampling, changed light, each of them alone; and products as files."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from models.make.manifest import DataError, Row
from models.make.pictures import Picture
from models.make.product import SHIPPED, Product, load_product, shipped_products
from models.make.training.batches import ahead, draw_batch
from models.make.training.objective import class_weights
from models.make.windows import WindowSampler
from tests.unit.models_bundle import CALM

EDGE = 32


def product(**training: object) -> Product:
    values = yaml.safe_load((SHIPPED / "tile.yaml").read_text(encoding="utf-8"))
    values["geometry"]["patch_px"] = EDGE
    values["training"] |= {"batch": 32, "balance": {}, **training}
    return Product.model_validate_json(json.dumps(values))


def picture(label: int, number: int) -> Picture:
    pixels = np.random.default_rng(number).integers(90, 150, (96, 96), dtype=np.uint8)
    mask = np.zeros_like(pixels)
    if label:
        mask[40:56, 40:56] = label
    return Picture(pixels, mask, label, Row(f"{number}.png", "any", "train", "0" * 64, f"part{number}", "", ""))


# five labels' pictures: the first defect is common, the second rare
PICTURES = [picture(label, number) for number, label in enumerate([0] * 8 + [1] * 9 + [2])]


@given(st.integers(0, 2**31))
@settings(CALM, max_examples=10)
def test_with_sampling_rare_defects_come_as_often_as_common_ones(seed: int) -> None:
    sampler = WindowSampler(PICTURES, product())
    counts = np.bincount(sampler.draw(150, np.random.default_rng(seed))[2], minlength=3)
    assert 0.25 < counts[2] / (counts[1] + counts[2]) < 0.75
    assert sampler.minority == {2}


def test_without_sampling_defects_come_as_often_as_the_set_has_them() -> None:
    sampler = WindowSampler(PICTURES, product(balance={"sampling": False}))
    counts = np.bincount(sampler.draw(600, np.random.default_rng(1))[2], minlength=3)
    assert counts[2] / (counts[1] + counts[2]) < 0.2


def test_a_smaller_window_is_cut_for_the_first_epochs() -> None:
    pixels, masks, _ = WindowSampler(PICTURES, product(), 16).draw(4, np.random.default_rng(0))
    assert pixels.shape == masks.shape == (4, 16, 16)


def test_weights_are_inverse_to_what_was_drawn_and_have_the_mean_one() -> None:
    weights = class_weights(np.array([0, 0, 0, 1], dtype=np.int64), 3)
    assert weights == pytest.approx([0.5, 1.5, 0.0])


def drawn(**training: object) -> np.ndarray:
    made = product(flip=False, **training)
    return draw_batch(WindowSampler(PICTURES, made), made, np.random.default_rng(4)).pixels


def test_each_switch_alone_changes_the_windows_that_are_drawn() -> None:
    nothing = {"photometry": {"of": []}, "balance": {}}
    plain = drawn(**nothing)
    assert np.array_equal(plain, drawn(**nothing))
    assert not np.array_equal(plain, drawn(**{**nothing, "balance": {"oversampling": True}}))
    assert not np.array_equal(plain, drawn(**{**nothing, "photometry": {"of": ["gain"]}}))


def test_oversampling_touches_rare_classes_alone() -> None:
    off, on = (product(flip=False, photometry={"of": []}, balance={"oversampling": o}) for o in (False, True))
    before, after = (draw_batch(WindowSampler(PICTURES, p), p, np.random.default_rng(4)) for p in (off, on))
    changed = np.any(before.pixels != after.pixels, axis=(1, 2))
    assert changed.any()
    assert set(before.labels[changed]) == {2}


def test_batches_depend_on_seed_epoch_and_step_alone() -> None:
    made = product()
    sampler = WindowSampler(PICTURES, made)
    one, other = ([batch.pixels for batch in ahead(sampler, made, 7, 2, 3)] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(one[0], one[1])


def test_an_error_while_windows_are_drawn_is_raised_where_they_are_taken() -> None:
    made = product().model_copy(update={"min_mask_px": 10_000, "label_of_class": {"Crack": "crack"}})
    with pytest.raises(ValueError, match="no window of label"):
        list(ahead(WindowSampler([picture(1, 0)], made), made, 1, 0, 2))


def test_the_shipped_products_load_and_their_networks_fit_their_patches() -> None:
    for name in shipped_products():
        made = load_product(name)
        assert made.name == name
        assert set(made.label_of_class.values()) <= set(made.labels)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("labels: [a", "expected YAML, found something else"),
        ("name: x\n", "Field required"),
    ],
)
def test_a_product_file_with_a_mistake_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        load_product(str(path))


def test_a_product_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(DataError, match=r"expected one of commutator, .* or a YAML file, found neither"):
        load_product("housing")


def test_enlarged_windows_keep_a_defect_that_their_label_names() -> None:
    off, on = (product(photometry={"of": []}, flip=False, batch=128, enlarging=factor) for factor in (1.0, 3.0))
    before, after = (draw_batch(WindowSampler(PICTURES, p), p, np.random.default_rng(4)) for p in (off, on))
    assert after.labels.tolist() == before.labels.tolist()
    changed = [bool((one != other).any()) for one, other in zip(before.pixels, after.pixels, strict=True)]
    assert 0.2 < np.mean(changed) < 0.8
    assert len({label for label, larger in zip(after.labels.tolist(), changed, strict=True) if larger}) == 3
    # a surface of single-pixel noise becomes smoother where it is enlarged
    rough = [float(np.abs(np.diff(window.astype(int), axis=1)).mean()) for window in after.pixels]
    assert np.mean([r for r, larger in zip(rough, changed, strict=True) if larger]) < 0.8 * np.mean(
        [r for r, larger in zip(rough, changed, strict=True) if not larger]
    )
