"""Quantising a finished run, in processes of their own: what is kept, what is refused, what a second output gives."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None:
    pytest.skip("LOUD SKIP: PyTorch is missing here; run these in the training environment", allow_module_level=True)

import torch

from models.engine import LiteRtEngine, Tensors
from models.make.learning import Learning, learn
from models.make.run_folder import RunFolder
from models.make.training.scoring import fold
from models.maps import activation_maps
from tests.train.drawn_spots import spots

REPOSITORY = Path(__file__).parents[2]
LIMIT_S = 600
pytestmark = pytest.mark.timeout(1800)  # converters take minutes to import where others train


class Trained(NamedTuple):
    run: RunFolder
    data: Path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A network that tells bright and dark spots apart, trained in seconds."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("spots")
    _, data = spots(folder, epochs=6, windows_per_epoch=128)
    return Trained(learn(Learning(folder / "run", threads=1), data), folder / "data")


def quantised(trained: Trained, *more: str) -> subprocess.CompletedProcess[str]:
    """`quantise` in a process of its own: the converter warns on import."""
    arguments = ["quantise", "--run", str(trained.run.path), "--data", str(trained.data), "--threads", "1", *more]
    return subprocess.run(
        [sys.executable, "-m", "models.make", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def parity(trained: Trained) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(trained.run.parity.read_text(encoding="utf-8"))
    return values


def test_a_quantised_run_holds_network_head_and_parity_and_its_map_is_float_s(trained: Trained) -> None:
    done = quantised(trained, "--calibration-patches", "16", "--percentile", "97", "--percentile", "100", "--test")
    assert done.returncode == 0, done.stderr
    found = parity(trained)
    assert found["refused"] is False
    assert set(found["splits"]) == {"val", "test"}
    assert set(found["calibration"]["tried"]) == {"97", "100"}
    assert found["fully_delegated"] is True
    assert found["int8_bytes"] == trained.run.int8.stat().st_size
    assert "chosen" in done.stdout

    head = np.load(trained.run.head)
    classifier = trained.run.load_network()
    step = np.abs(head).max() / 127
    assert np.abs(head - classifier.class_weights.numpy()).max() <= step

    # larger patches than it was trained on would not fit: the shape is the run's own
    one, height, width, channels = found["feature_map"]
    tensors = Tensors((1, 8, 8, 16), 1 / 64, 0, 3, (one, height, width, channels))
    engine = LiteRtEngine(trained.run.int8.read_bytes(), tensors, trained.run.int8, 1)
    windows = np.random.default_rng(2).integers(90, 150, (6, 32, 32), dtype=np.uint8)
    windows[1::3, 8:16, 8:16], windows[2::3, 8:16, 8:16] = 240, 20
    patches = fold(windows, 4)
    scores, maps = engine.run_with_maps(patches)
    np.testing.assert_array_equal(scores, engine.run(patches))
    with torch.inference_mode():
        network_input = torch.from_numpy(patches).float().permute(0, 3, 1, 2) / 64.0
        by_float = classifier.features(network_input).permute(0, 2, 3, 1).numpy()
    for class_index in range(3):
        ours = activation_maps(maps, head, class_index).ravel()
        theirs = activation_maps(by_float, classifier.class_weights.numpy(), class_index).ravel()
        assert np.corrcoef(ours, theirs)[0, 1] > 0.95


def test_int8_that_misses_parts_is_refused_and_leaves_no_network(trained: Trained) -> None:
    # one sound window as calibration: the ranges end where a spot begins
    ruinous = ("--calibration-patches", "1", "--seed", "2", "--percentile", "97")
    trained.run.int8.write_bytes(b"an older network")
    done = quantised(trained, *ruinous)
    assert done.returncode == 1, done.stderr
    assert not trained.run.int8.exists()
    assert not trained.run.head.exists()
    found = parity(trained)
    assert found["refused"] is True
    assert found["refused_for"]
    for name in found["refused_for"]:
        assert f"missed: {name} (" in done.stdout
        assert f"--accept-missed {name}" in done.stderr

    some = [word for name in found["refused_for"][:1] for word in ("--accept-missed", name)]
    assert quantised(trained, *ruinous, *some, "--by", "A. Person").returncode == 1
    assert not trained.run.int8.exists()
    every = [word for name in found["refused_for"] for word in ("--accept-missed", name)]
    unnamed = quantised(trained, *ruinous, *every)
    assert unnamed.returncode == 2
    assert "expected --by NAME, the person who answers for it" in unnamed.stderr
    assert quantised(trained, *ruinous, *every, "--by", "A. Person").returncode == 0
    assert parity(trained)["accepted_missed"] == {"parts": sorted(found["refused_for"]), "by": "A. Person"}
    assert trained.run.int8.exists()


def test_data_that_the_run_was_not_trained_on_is_one_sentence(trained: Trained, tmp_path: Path) -> None:
    spots(tmp_path)
    manifest = tmp_path / "data" / "manifest.csv"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    manifest.write_text("\n".join(line for line in lines if "val03" not in line) + "\n", encoding="utf-8")
    done = quantised(Trained(trained.run, tmp_path / "data"))
    assert done.returncode == 2
    assert "found another one's digest" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_network_with_a_hidden_layer_has_no_second_output_and_every_graph_lies_in_one_node() -> None:
    script = """
import numpy as np, torch
from pathlib import Path
from models.make.networks import build
from models.make.quantise import Conversion
torch.set_num_threads(1)
for name, has_map in (("rn18-012-s2d4", True), ("mbv2-035-1024", False)):
    network = build(name, 3).eval()
    block = network.plan.space_to_depth
    shape = (64 // block, 64 // block, block * block)
    patches = np.random.default_rng(0).integers(-128, 128, (2, *shape)).astype(np.int8)
    with Conversion(network, patches) as conversion:
        made = conversion.int8()
        engine = made.engine(shape, 3, Path(name), 1)
        assert engine.identity.delegated is True, name
        assert (made.map_shape is not None) == has_map == (made.head_weights is not None), name
        by_float = conversion.float_network.run(patches)
    with torch.inference_mode():
        logits = network(torch.from_numpy(patches).float().permute(0, 3, 1, 2) / 64)
    assert np.abs(torch.softmax(logits, 1).numpy() - by_float).max() < 1e-4, name
    print("good", name)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("good") == 2
