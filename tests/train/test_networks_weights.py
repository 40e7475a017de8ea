"""Weights from files, and stems on pixels rewritten as stems on folded pixels."""

import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None:
    pytest.skip("LOUD SKIP: PyTorch is missing here; run these in the training environment", allow_module_level=True)

import torch
from torch import nn

from models.make.manifest import DataError
from models.make.networks import build, fold_stem, load_weights
from models.patches import quantise_grid

torch.set_num_threads(1)


def settled(name: str, classes: int = 3, seed: int = 1) -> nn.Module:
    """A network in evaluation mode whose normalisation has seen something."""
    torch.manual_seed(seed)
    network = build(name, classes).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network


def logits(network: nn.Module, pixels: np.ndarray) -> torch.Tensor:
    """What the network says of patches (n, edge, edge) u8, folded as inspection folds them."""
    (count, edge, _), block = pixels.shape, network.plan.space_to_depth
    folded = np.zeros((count, edge // block, edge // block, block * block), dtype=np.int8)
    quantise_grid(pixels.reshape(count * edge, edge), edge, block, folded)
    with torch.inference_mode():
        return network(torch.from_numpy(folded).float().permute(0, 3, 1, 2) / 64.0)


def pictures(edge_px: int = 64) -> np.ndarray:
    return np.random.default_rng(8).integers(0, 256, (3, edge_px, edge_px), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "block", "folded_name"),
    [
        ("rn18-012", 2, "rn18-012-s2d2"),
        ("rn18-012-fine", 2, "rn18-012-s2d2-fine"),
        ("mbv2-035", 2, "mbv2-035-s2d2"),
        ("efficientnet-s", 2, "efficientnet-s-s2d2"),
        ("swin-s", 4, "swin-s-s2d4"),
        ("swin-s", 2, "swin-s-s2d2"),
    ],
)
def test_a_folded_stem_gives_the_same_logits(name: str, block: int, folded_name: str) -> None:
    network = settled(name)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    folded = fold_stem(network, block)
    assert folded.plan.name == folded_name
    said = logits(network, pictures())
    assert float(said.std()) > 1e-3
    assert float((logits(folded, pictures()) - said).abs().max()) < 1e-4
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("name", "block", "told"),
    [
        ("rn18-012", 4, "folded by 4 exactly, found one of stride 2"),
        ("mbv2-035-fine", 2, "folded by 2 exactly, found one of stride 1"),
        ("inception-cnn", 2, "folded by 2 exactly, found one of stride 1"),
        ("rn18-012-s2d2", 2, "found one that is folded"),
    ],
)
def test_a_stem_without_an_exact_rewrite_is_refused(name: str, block: int, told: str) -> None:
    with pytest.raises(DataError, match=told):
        fold_stem(build(name, 2), block)


def test_own_weights_come_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    trained, fresh = settled("rn18-012-s2d4"), settled("rn18-012-s2d4", seed=2)
    torch.save({"network": trained.state_dict(), "epoch": 3}, path)
    told = load_weights(fresh, path)
    assert "122 of 122 tensors taken (100.0% of the weights); fresh: none; not used: none" in told
    assert torch.equal(logits(fresh, pictures()), logits(trained, pictures()))


def colour_weights(trained: nn.Module) -> dict[str, torch.Tensor]:
    """The weights as a public collection would keep them: its names, a colour stem, a thousand classes, a wrapper."""
    state = {f"module.{key.removeprefix('body.')}": value for key, value in trained.state_dict().items()}
    state = {key: value for key, value in state.items() if ".top." not in key}
    grey = state["module.conv1.weight"]
    shares = torch.tensor([0.5, 0.2, 0.3]).reshape(1, 3, 1, 1)
    state["module.conv1.weight"] = grey * shares
    return {**state, "module.fc.weight": torch.zeros(1000, 64), "module.fc.bias": torch.zeros(1000)}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("rn18-012", "three channels summed to one)"),
        ("rn18-012-s2d2", "three channels summed to one, first convolution folded by 2)"),
    ],
)
def test_foreign_colour_weights_are_taken_into_a_grey_network(tmp_path: Path, name: str, told: str) -> None:
    path = tmp_path / "foreign.pth"
    trained, fresh = settled("rn18-012"), settled(name, seed=2)
    torch.save(colour_weights(trained), path)
    said = load_weights(fresh, path)
    assert "120 of 122 tensors taken" in said
    assert said.endswith(f"{told}; fresh: top.3.weight, top.3.bias; not used: fc.weight, fc.bias")
    fresh.top.load_state_dict(trained.top.state_dict())
    assert torch.allclose(logits(fresh, pictures()), logits(trained, pictures()), atol=1e-4)


def test_a_stem_that_cannot_be_folded_stays_fresh(tmp_path: Path) -> None:
    path = tmp_path / "foreign.pth"
    torch.save(colour_weights(settled("rn18-012")), path)
    said = load_weights(settled("rn18-012-s2d4", seed=2), path)
    assert "119 of 122 tensors taken" in said
    assert "fresh: body.conv1.weight, top.3.weight, top.3.bias; not used: conv1.weight, " in said


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("run by reading",))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda: {"a.weight": torch.ones(3)}, r"1 tensors of which none fits .*'a.weight'.*same family and width"),
        (lambda: {}, "0 tensors of which none fits"),
        (lambda: torch.ones(3), "expected a PyTorch state_dict, found Tensor"),
        (lambda: {"conv1.weight": torch.full((8, 1, 7, 7), float("nan"))}, "conv1.weight: expected finite weights"),
    ],
)
def test_a_file_whose_weights_do_not_serve_is_refused_and_the_network_stays(
    tmp_path: Path, content: object, told: str
) -> None:
    assert callable(content)
    path, network = tmp_path / "foreign.pth", settled("rn18-012")
    before = logits(network, pictures())
    torch.save(content(), path)
    with pytest.raises(DataError, match=told):
        load_weights(network, path)
    assert torch.equal(logits(network, pictures()), before)


@pytest.mark.parametrize("kind", ["text", "empty", "hostile", "cut short", "a folder", "missing"])
def test_a_file_that_holds_no_weights_is_refused_and_nothing_in_it_is_run(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "weights.pt"
    if kind == "a folder":
        path.mkdir()
    elif kind == "cut short":
        torch.save(settled("rn18-012").state_dict(), path)
        path.write_bytes(path.read_bytes()[:5000])
    elif kind != "missing":
        content = {"text": b"not weights at all", "empty": b"", "hostile": pickle.dumps({"a": Hostile()}, protocol=2)}
        path.write_bytes(content[kind])
    with pytest.raises(DataError, match=r"weights\.pt: expected a file of weights"):
        load_weights(build("rn18-012", 2), path)
    assert capsys.readouterr().out == ""
