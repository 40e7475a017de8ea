"""Whether a bundle can be trusted: every byte, every file and every link of it; and the commands that say so."""

import hashlib
import json
import os
import shutil
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import BundleError, load_bundle, load_checked
from models.make.commands import verify as commands
from models.signature import Trust, TrustError, make_key, read_private_key, read_public_key
from models.signing import sign_bundle
from models.verify import load_trusted, verify
from tests.unit.models_bundle import CALM, TINY_BUNDLE, TINY_KEY, copy_of_tiny

TRUST = Trust((read_public_key(TINY_KEY),))
FILES = sorted(path.name for path in TINY_BUNDLE.iterdir())
SHIPPED = Path(__file__).parents[2] / "models" / "bundles" / "mantle"


def run(*arguments: object) -> int:
    """`station model …` with these arguments."""
    parser = ArgumentParser()
    commands.add(parser.add_subparsers(required=True))
    options = parser.parse_args([str(argument) for argument in arguments])
    return int(options.run_command(options))


def refusal(folder: Path, trust: Trust = TRUST) -> str:
    with pytest.raises(BundleError) as caught:
        verify(folder, trust)
    text = str(caught.value)
    assert "\n" not in text
    assert str(folder) in text
    return text


def signed_anew(folder: Path, change: Callable[[dict[str, Any]], None]) -> tuple[Path, Trust]:
    """The tiny bundle with other values in model.yaml, signed by a key of its own."""
    bundle = copy_of_tiny(folder)
    values: dict[str, Any] = yaml.safe_load((bundle / "model.yaml").read_text(encoding="utf-8"))
    change(values)
    (bundle / "model.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    make_key(folder / "key")
    sign_bundle(bundle, read_private_key(folder / "key" / "signing-key.pem"))
    return bundle, Trust((read_public_key(folder / "key" / "signing-key.pub"),))


def test_a_bundle_signed_by_a_trusted_key_is_good_on_this_engine() -> None:
    good = verify(TINY_BUNDLE, TRUST)
    assert good.signed is not None
    assert (good.signed.key_name, good.bundle.spec.product) == ("tiny-key", "tiny")
    assert good.engine.delegated is True


@pytest.mark.parametrize("name", FILES)
def test_one_changed_bit_anywhere_in_any_file_is_refused(tmp_path: Path, name: str) -> None:
    bundle = copy_of_tiny(tmp_path)
    content = (bundle / name).read_bytes()
    for place in range(0, len(content), 1 + len(content) // 300):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        (bundle / name).write_bytes(changed)
        with pytest.raises(BundleError):
            load_trusted(bundle, TRUST)
    (bundle / name).write_bytes(content)
    load_trusted(bundle, TRUST)


@pytest.mark.parametrize("path", sorted(SHIPPED.iterdir()), ids=lambda path: path.name)
def test_one_changed_bit_in_a_shipped_bundle_is_refused_too(tmp_path: Path, path: Path) -> None:
    bundle = shutil.copytree(SHIPPED, tmp_path / "bundle")
    content = bytearray(path.read_bytes())
    content[len(content) * 2 // 3] ^= 4
    (bundle / path.name).write_bytes(content)
    keys = (read_public_key(SHIPPED.parents[1] / "trusted" / "product.pub"),)
    load_trusted(SHIPPED, Trust(keys))
    assert "altered" in refusal(bundle, Trust(keys))


@CALM
@given(st.sampled_from(FILES), st.integers(0, 10_000), st.binary(max_size=8), st.integers(0, 8))
def test_bytes_put_in_taken_out_or_exchanged_are_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: int, put: bytes, taken: int
) -> None:
    bundle = copy_of_tiny(tmp_path_factory.mktemp("bytes"))
    content = (bundle / name).read_bytes()
    at = place % (len(content) + 1)
    changed = content[:at] + put + content[at + taken :]
    (bundle / name).write_bytes(changed)
    if changed == content:
        load_trusted(bundle, TRUST)
    else:
        with pytest.raises(BundleError):
            load_trusted(bundle, TRUST)


def test_a_bundle_without_a_signature_is_refused_unless_its_product_is_allowed_by_name(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    (bundle / "model.yaml.sig").unlink()
    assert "is not signed" in refusal(bundle)
    assert "is not signed" in refusal(bundle, Trust(TRUST.keys, frozenset({"mantle"})))
    allowed = verify(bundle, Trust((), frozenset({"tiny"})))
    assert allowed.signed is None


def test_what_may_come_unsigned_may_not_come_with_a_wrong_signature(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    allowing = Trust((), frozenset({"tiny"}))
    assert "unknown key" in refusal(bundle, allowing)
    (bundle / "model.yaml.sig").write_bytes(b"")
    assert "altered" in refusal(bundle, allowing)


@pytest.mark.parametrize("name", ["network.tflite", "golden.png", "model.yaml"])
def test_a_missing_or_truncated_file_is_named(tmp_path: Path, name: str) -> None:
    bundle = copy_of_tiny(tmp_path)
    os.truncate(bundle / name, 100)
    assert name in refusal(bundle)
    (bundle / name).unlink()
    assert refusal(bundle) == f"{bundle / name}: expected a file of the model bundle, found none"


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "model.yaml.sig.old", "sub"])
def test_nothing_rides_along_that_model_yaml_does_not_name(tmp_path: Path, name: str) -> None:
    bundle = copy_of_tiny(tmp_path)
    if name == "sub":
        (bundle / name).mkdir()
    else:
        (bundle / name).write_bytes(b"")
    assert f"{bundle / name}: expected only files that model.yaml names" in refusal(bundle)


@pytest.mark.parametrize("name", FILES)
def test_a_link_in_place_of_a_file_is_refused_even_to_the_right_content(tmp_path: Path, name: str) -> None:
    bundle = copy_of_tiny(tmp_path)
    shutil.move(bundle / name, tmp_path / name)
    (bundle / name).symlink_to(tmp_path / name)
    assert f"{bundle / name}: expected a plain file, found a link" in refusal(bundle)


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_or_a_folder_in_place_of_a_file_neither_hangs_nor_crashes(tmp_path: Path, name: str) -> None:
    bundle = copy_of_tiny(tmp_path)
    (bundle / name).unlink()
    os.mkfifo(bundle / name)
    assert f"{bundle / name}: expected a plain file, found something else" in refusal(bundle)
    (bundle / name).unlink()
    (bundle / name).mkdir()
    assert str(bundle / name) in refusal(bundle)


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path, name: str) -> None:
    bundle = copy_of_tiny(tmp_path)
    os.truncate(bundle / name, 1 << 40)  # sparse: takes no room
    assert "too l" in refusal(bundle)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values["golden"]["scores"][4].reverse(), "within 0.08 of those recorded"),
        (
            lambda values: (
                values["thresholds"].update(spot=0.99),
                values["golden"]["scores"].__setitem__(3, [0.05, 0.95, 0.0]),
            ),
            "patch 3 expected class 0, found 1",
        ),
        (lambda values: values["input"].update(space_to_depth=2), "another shape"),
        (lambda values: values["input"].update(zero_point=3), "expected input scale"),
    ],
)
def test_a_signed_bundle_that_does_not_hold_on_this_engine_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    bundle, trust = signed_anew(tmp_path, change)
    load_trusted(bundle, trust)
    assert said in refusal(bundle, trust)


def test_a_network_of_other_classes_than_model_yaml_names_is_refused(tmp_path: Path) -> None:
    def fewer(values: dict[str, Any]) -> None:
        values["labels"].pop()
        values["thresholds"].pop("hole")
        values["golden"]["scores"] = [row[:2] for row in values["golden"]["scores"]]

    bundle, trust = signed_anew(tmp_path, fewer)
    assert "another shape: expected output (1, 2)" in refusal(bundle, trust)


def test_a_golden_picture_is_not_decoded_to_a_size_that_model_yaml_does_not_say(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    huge = cv2.imencode(".png", np.zeros((192, 320), np.uint8))[1].tobytes()
    values: dict[str, Any] = yaml.safe_load((bundle / "model.yaml").read_text(encoding="utf-8"))
    values["golden"]["sha256"] = hashlib.sha256(huge).hexdigest()
    (bundle / "golden.png").write_bytes(huge)
    (bundle / "model.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(BundleError, match=r"expected 6 patches as a picture of \(192, 32\), found \(192, 320\)"):
        load_bundle(bundle)


def test_a_model_yaml_that_refers_to_itself_over_and_over_is_refused_at_once(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (bundle / "model.yaml").write_text("\n".join(lines), encoding="utf-8")
    (bundle / "model.yaml.sig").unlink()
    assert "expected YAML" in refusal(bundle)
    (bundle / "model.yaml").write_text("[" * 100_000, encoding="utf-8")
    assert "expected YAML" in refusal(bundle)
    (bundle / "model.yaml").write_text("day: 2026-13-45", encoding="utf-8")
    assert "expected YAML" in refusal(bundle)


def test_a_bundle_that_was_exchanged_since_it_was_checked_is_refused(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    digest = load_bundle(bundle).digest
    assert load_checked(bundle, digest).digest == digest
    with pytest.raises(BundleError, match="exchanged since the station checked it"):
        load_checked(bundle, "0" * 64)


def test_a_bundle_that_is_not_as_it_says_is_not_signed(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    (bundle / "golden.png").write_bytes(b"other")
    before = (bundle / "model.yaml.sig").read_bytes()
    make_key(tmp_path / "key")
    with pytest.raises(BundleError, match="altered"):
        sign_bundle(bundle, read_private_key(tmp_path / "key" / "signing-key.pem"))
    assert (bundle / "model.yaml.sig").read_bytes() == before


def test_the_command_tells_what_is_good_and_refuses_the_rest_with_a_sentence_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    altered = copy_of_tiny(tmp_path)
    (altered / "network.tflite").write_bytes(b"other")
    found = tmp_path / "found.json"
    assert run("verify", TINY_BUNDLE, "--trusted", TINY_KEY) == 0
    assert run("verify", SHIPPED, TINY_BUNDLE, altered, "--trusted", TINY_KEY, "--json", found) == 1
    said = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("GOOD") for line in said) == 2
    refused = [line for line in said if line.startswith("REFUSED")]
    assert len(refused) == 2
    assert "unknown key" in refused[0]
    assert "truncated" in refused[1]
    assert [each["good"] for each in json.loads(found.read_text(encoding="utf-8"))] == [False, True, False]
    assert run("verify", SHIPPED) == 0
    assert "360 defective missed" in capsys.readouterr().out


def test_key_sign_and_verify_go_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = copy_of_tiny(tmp_path)
    (bundle / "model.yaml.sig").unlink()
    (tmp_path / "phrase").write_text("correct horse\n", encoding="utf-8")
    phrase = ("--passphrase-file", tmp_path / "phrase")
    assert run("key", "--out", tmp_path / "key", *phrase) == 0
    name = capsys.readouterr().out.split()[1]
    public = tmp_path / "key" / "signing-key.pub"
    assert run("verify", bundle, "--trusted", public) == 1
    assert run("verify", bundle, "--trusted", public, "--allow-unsigned", "tiny") == 0
    assert run("sign", bundle, "--key", tmp_path / "key" / "signing-key.pem", *phrase) == 0
    capsys.readouterr()
    assert run("verify", bundle, "--trusted", public) == 0
    assert name[:16] in capsys.readouterr().out
    assert sorted(path.name for path in bundle.iterdir()) == FILES
    with pytest.raises(BundleError, match="cannot be read"):
        run("verify", bundle, "--trusted", tmp_path / "nowhere.pub")


def test_trust_error_is_told_apart_from_a_bad_bundle(tmp_path: Path) -> None:
    bundle = copy_of_tiny(tmp_path)
    with pytest.raises(TrustError):
        load_trusted(bundle, Trust(()))
