"""Loading a bundle: every fault is one sentence with the file, what was expected and what was found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import BundleError, load_bundle, parse_spec
from models.spec import ModelSpec
from tests.unit.models_bundle import CALM, TINY_BUNDLE, copy_of_tiny, spec_values

Values = dict[str, Any]


def sentence_for(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    text = str(caught.value)
    assert "\n" not in text
    assert str(folder) in text
    return text


def rewritten(folder: Path, change: Callable[[Values], None]) -> Path:
    """The tiny bundle with other values in model.yaml."""
    bundle = copy_of_tiny(folder)
    values: Values = yaml.safe_load((bundle / "model.yaml").read_text(encoding="utf-8"))
    change(values)
    (bundle / "model.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return bundle


def test_the_tiny_bundle_loads_with_labels_network_and_golden_patches() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    assert bundle.labels == ("defect-free", "spot", "hole")
    assert bundle.golden_patches.shape == (6, 32, 32, 1)
    assert len(bundle.network) == bundle.spec.network.size_bytes
    assert len(bundle.digest) == 64


def test_a_copy_has_the_same_digest_and_another_threshold_another_one(tmp_path: Path) -> None:
    assert load_bundle(copy_of_tiny(tmp_path / "a")).digest == load_bundle(TINY_BUNDLE).digest
    other = rewritten(tmp_path / "b", lambda values: values["thresholds"].update(spot=0.4))
    assert load_bundle(other).digest != load_bundle(TINY_BUNDLE).digest


@pytest.mark.parametrize("name", ["model.yaml", "network.tflite", "golden.png"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    bundle = copy_of_tiny(tmp_path)
    (bundle / name).unlink()
    assert sentence_for(bundle) == f"{bundle / name}: expected a file of the model bundle, found none"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "expected a file of the model bundle, found none" in sentence_for(tmp_path / "nowhere")


def test_a_truncated_network_says_how_many_bytes_are_missing(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    network = bundle / "network.tflite"
    content = network.read_bytes()
    network.write_bytes(content[:1000])
    assert f"truncated: expected {len(content)} bytes, found 1000" in sentence_for(bundle)


@pytest.mark.parametrize("name", ["network.tflite", "golden.png"])
def test_one_changed_byte_is_noticed(tmp_path: Path, name: str) -> None:
    bundle = copy_of_tiny(tmp_path)
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    assert f"{bundle / name}: altered: expected SHA-256" in sentence_for(bundle)


@pytest.mark.parametrize("text", [b"labels: [", b"\xff\xfe\x00", b"a: b: c", b"{" * 200])
def test_a_model_yaml_that_is_no_yaml_is_one_sentence(tmp_path: Path, text: bytes) -> None:
    bundle = copy_of_tiny(tmp_path)
    (bundle / "model.yaml").write_bytes(text)
    sentence_for(bundle)


def test_a_model_yaml_without_end_is_not_parsed(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    (bundle / "model.yaml").write_bytes(b"#" * 2_000_000)
    assert "expected at most" in sentence_for(bundle)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.update(format=2), "format"),
        (lambda v: v.update(extra=1), "extra"),
        (lambda v: v.pop("thresholds"), "thresholds"),
        (lambda v: v.update(labels=["ok", "spot", "hole"]), "expected 'defect-free'"),
        (lambda v: v["thresholds"].pop("hole"), "expected ['hole', 'spot']"),
        (lambda v: v["thresholds"].update(spot=1.5), "thresholds.spot"),
        (lambda v: v["thresholds"].update(spot=float("nan")), "thresholds.spot"),
        (lambda v: v["preprocessing"]["geometry"].update(patch_px=48), "do not tile"),
        (lambda v: v["network"].update(file="../network.tflite"), "not a plain file name"),
        (lambda v: v["network"].update(size_bytes="2936"), "network.size_bytes"),
        (lambda v: v["golden"].update(scores=[[1.0, 0.0]]), "3 classes"),
        (lambda v: v["golden"]["scores"].pop(), "expected 5 patches"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(tmp_path: Path, change: Callable[[Values], None], said: str) -> None:
    assert said in sentence_for(rewritten(tmp_path, change))


@CALM
@given(
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8) | st.none(), max_size=6)
    | st.integers()
    | st.none()
)
def test_any_yaml_is_a_spec_or_one_sentence(values: object) -> None:
    with pytest.raises(BundleError):
        parse_spec(yaml.safe_dump(values).encode(), Path("model.yaml"))


def test_what_is_written_as_yaml_reads_back_the_same() -> None:
    spec = ModelSpec.model_validate(spec_values())
    assert parse_spec(yaml.safe_dump(spec.model_dump(mode="json")).encode(), Path("model.yaml")) == spec
