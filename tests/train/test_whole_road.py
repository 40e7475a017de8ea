"""From pictures to a signed bundle and back through the commands a quality engineer gives, each in its own process."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.train.drawn_spots import write_data, write_product

if any(importlib.util.find_spec(name) is None for name in ("torch", "litert_torch", "ai_edge_quantizer")):
    pytest.skip("LOUD SKIP: no training environment: making a bundle is NOT tested here", allow_module_level=True)

REPO = Path(__file__).parents[2]


def model(*arguments: str | Path, good: bool = True) -> str:
    command = [sys.executable, "-m", "models.make", *map(str, arguments)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=500, check=False)
    assert (done.returncode == 0) == good, (
        f"{arguments}: {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-2500:]}"
    )
    return done.stdout + done.stderr


@pytest.mark.timeout(900)
def test_pictures_become_a_signed_bundle_that_verifies_and_explains_itself(tmp_path: Path) -> None:
    data, product = write_data(tmp_path / "data", 16), write_product(tmp_path / "spots.yaml", epochs=8)
    common = ("--product", product, "--data", data, "--threads", "1")
    model("train", *common, "--run", tmp_path / "student")
    model("train", *common, "--run", tmp_path / "teacher", "--network", "rn18-025-s2d4", "--seed", "2")
    said = model(
        *("distill", *common, "--run", tmp_path / "distilled", "--teacher", tmp_path / "teacher"),
        *("--student", tmp_path / "student", "--epochs", "3", "--weights", tmp_path / "student" / "weights.pt"),
    )
    for name in ("student alone", "teacher teacher", "distilled student"):
        assert name in said
    model("quantise", "--run", tmp_path / "distilled", "--data", data, "--threads", "1")
    parity = json.loads((tmp_path / "distilled" / "parity.json").read_text(encoding="utf-8"))
    assert parity
    model("key", "--out", tmp_path / "keys")
    key, public = next((tmp_path / "keys").glob("*.pem")), next((tmp_path / "keys").glob("*.pub"))
    bundle = tmp_path / "spots"
    model("export", "--run", tmp_path / "distilled", "--data", data, "--out", bundle, "--key", key)
    assert "spots" in model("verify", bundle, "--trusted", public)
    assert "unknown key" in model("verify", bundle, good=False)
    model("evaluate", "--bundle", bundle, "--product", product, "--data", data, "--report", tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size > 10_000
    model("explain", "--bundle", bundle, "--picture", data / "test01.png", "--out", tmp_path / "explained")
    assert list((tmp_path / "explained").glob("*.png"))
    assert str(tmp_path) not in (bundle / "model.yaml").read_text(encoding="utf-8")
