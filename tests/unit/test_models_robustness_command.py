from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from models.bundle import load_bundle
from models.make.manifest import DataError, read_manifest
from models.make.product import load_product
from models.make.robustness.measure import Step, Subject, measured
from tests.unit.models_bundle import TINY_BUNDLE
from tests.unit.models_robustness import run, write_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def done(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """A whole run over two perturbations: its exit code and its folder."""
    out = tmp_path_factory.mktemp("out")
    return measure(data, out, "--report", str(out / "r.html")), out


def measure(data: Path, out: Path, *more: str) -> int:
    return run(
        "--bundle", str(TINY_BUNDLE), "--data", str(data), "--product", str(data / "product.yaml"), "--threads", "1",
        "--strengths", "2", "--only", "bright,dark", "--json", str(out / "r.json"), *more,
    )  # fmt: skip


def content(out: Path) -> dict[str, Any]:
    return json.loads((out / "r.json").read_text(encoding="utf-8"))


def by_strength(out: Path) -> dict[tuple[str, float], dict[str, Any]]:
    return {(one["perturbation"], one["strength"]): one for one in content(out)["measured"]}


def test_it_counts_what_the_inspector_says_at_each_strength(done: tuple[int, Path]) -> None:
    code, out = done
    found = by_strength(out)
    assert code == 0
    assert set(found) == {("none", 0.0), ("bright", 1.2), ("bright", 4.0), ("dark", 0.8), ("dark", 0.1)}
    assert found["none", 0.0]["recall"]["count"] == found["none", 0.0]["recall"]["of"] == 3
    assert found["none", 0.0]["overkill"]["count"] == 0
    assert found["bright", 4.0]["problems"] == {"part touches the border": 6}  # the background is lit too
    assert found["bright", 4.0]["refused_sound"] == found["bright", 4.0]["overkill"]
    assert found["dark", 0.1]["overkill"]["count"] == 3


def test_a_spot_that_is_no_longer_bright_is_a_miss_and_is_told_in_the_unit(done: tuple[int, Path]) -> None:
    """At 0.8 times the light a spot of 255 is at 204, which the tiny network takes for sound."""
    _, out = done
    assert by_strength(out)["dark", 0.8]["recall_by_class"]["spot"]["count"] == 0
    found = content(out)["found"]
    assert found["dark"]["first_below_floor"] == 0.8
    assert "at 0.8 x light" in found["dark"]["recall"]
    assert found["bright"]["first_below_floor"] is None
    assert found["bright"]["every_sound_part_rejected_from"] == 4.0


def test_the_report_needs_no_other_file(done: tuple[int, Path]) -> None:
    page = (done[1] / "r.html").read_text(encoding="utf-8")
    assert 'download="robustness.svg"' in page
    assert 'download="robustness.png"' in page
    assert page.count("data:image/jpeg;base64,") == 2 * 2 * 3
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "Too little light" in page
    assert "part touches the border (6 pictures)" in page


def test_a_second_run_measures_nothing_again(
    data: Path, done: tuple[int, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(done[1])
    changed = json.loads(json.dumps(before))
    changed["measured"][0]["seen"]["spot"] = [1, 1, 0, 0]
    (tmp_path / "r.json").write_text(json.dumps(changed), encoding="utf-8")
    assert measure(data, tmp_path) == 1
    assert content(tmp_path)["measured"][0]["recall"]["count"] == 2
    assert "below the floor of 1 without it already: 2 of 3" in capsys.readouterr().out


def test_a_stopped_run_goes_on_and_ends_as_an_unbroken_one(data: Path, done: tuple[int, Path], tmp_path: Path) -> None:
    stopped = content(done[1])
    stopped["measured"], stopped["found"] = stopped["measured"][:3], {}
    (tmp_path / "r.json").write_text(json.dumps(stopped), encoding="utf-8")
    assert measure(data, tmp_path) == 0
    assert content(tmp_path) == content(done[1])


def test_the_same_seed_draws_the_same_frames(data: Path) -> None:
    from models.make.robustness.perturbations import chosen

    product = load_product(str(data / "product.yaml"))
    rows = read_manifest(data, product.set_name)
    steps = [Step(perturbation, perturbation.strongest) for perturbation in chosen([])]
    first, again, other = (Subject(load_bundle(TINY_BUNDLE), product, data, rows, seed) for seed in (1, 1, 2))
    drawn = {step.name for step in steps if (first.frame(step, 0) != other.frame(step, 0)).any()}
    assert drawn >= {"noise", "scratches", "jitter"}
    for step in steps:
        assert (first.frame(step, 0) == again.frame(step, 0)).all()
    assert (first.frame(steps[2], 0) != first.frame(steps[2], 1)).any()


def test_a_blur_limit_of_the_recipe_refuses_what_it_would_refuse_on_the_line(data: Path) -> None:
    product = load_product(str(data / "product.yaml"))
    rows = read_manifest(data, product.set_name)
    subject = Subject(load_bundle(TINY_BUNDLE), product, data, rows, 1, sharpness_min=1e9)
    (rung,) = measured(subject, [Step(None, 0.0)], 1)
    assert rung.problems == {"blurred": 6}
    assert rung.overkill.count == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "fog"), "found 'fog'"),
        (("--split", "val"), "expected pictures in the split 'val', found none"),
        (("--product", "mantle"), r"expected the labels of the product 'mantle'"),
        (("--product", "nothing"), "expected one of"),
    ],
)
def test_bad_input_is_one_sentence(data: Path, tmp_path: Path, arguments: tuple[str, str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        measure(data, tmp_path, *arguments)
    assert not list(tmp_path.iterdir())


def test_a_strange_class_and_a_missing_picture_are_named(tmp_path: Path) -> None:
    strange = write_data(tmp_path / "a", ("ok", "dent"))
    with pytest.raises(DataError, match=r"1\.png: expected one of the classes hole, ok, spot, found 'dent'"):
        measure(strange, tmp_path)
    missing = write_data(tmp_path / "b", ("ok", "spot"))
    (missing / "1.png").unlink()
    with pytest.raises(DataError, match=r"1\.png"):
        measure(missing, tmp_path)
