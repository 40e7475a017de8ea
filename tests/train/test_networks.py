"""The networks: shapes, sizes and multiply-adds as published, heads, and what a windowed transformer must not see."""

import importlib.util

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None:
    pytest.skip("LOUD SKIP: PyTorch is missing here; run these in the training environment", allow_module_level=True)

import torch
from torch import nn

from models.make.manifest import DataError
from models.make.networks import NETWORKS, build, macs, parameters, penalty
from models.make.networks.layers import StochasticDepth
from models.make.networks.plan import NetworkPlan
from models.make.networks.swin import PatchMerging, TransformerBlock, WindowAttention

torch.set_num_threads(1)

# one of each family, small enough to compute
SMALL = {"rn18-012": 32, "rn18-012-s2d2-fine": 32, "mbv2-035-s2d4": 32, "efficientnet-s": 32, "swin-s": 48}
STUDENTS = [name for name, plan in NETWORKS.items() if plan.family in ("resnet18", "mobilenetv2", "inception-cnn")]


def patches(plan: NetworkPlan, edge_px: int, count: int = 2) -> torch.Tensor:
    side = edge_px // plan.space_to_depth
    values = np.random.default_rng(3).uniform(-2, 2, (count, plan.channels_in, side, side))
    return torch.from_numpy(values.astype(np.float32))


def settled(name: str, classes: int = 3) -> nn.Module:
    """A network in evaluation mode whose normalisation has seen something."""
    torch.manual_seed(1)
    network = build(name, classes).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_a_map_and_one_logit_a_class_at_the_edge_it_is_meant_for(name: str) -> None:
    plan = NETWORKS[name]
    with torch.device("meta"):  # shapes only
        network = build(name, 5).eval()
        found = network.features(patches(plan, plan.edge_px).to("meta"))
    stride = 16 if plan.fine or name.startswith("swin-s") else 128 if plan.family == "inception-cnn" else 32
    # a half pixel at an odd edge counts as a whole one
    assert found.shape[2:] == (-(-plan.edge_px // stride),) * 2
    assert network.head(found).shape == (2, 5)
    assert not network.cam_exact or network.class_weights.shape == (5, found.shape[1])


@pytest.mark.parametrize("edge_px", [48, 64, 128, 256])
@pytest.mark.parametrize("name", ["swin-s", "swin-s-s2d4", "swin-t"])
def test_the_transformers_take_every_edge_of_the_trade(name: str, edge_px: int) -> None:
    with torch.device("meta"):
        network = build(name, 4).eval()
        assert network(patches(NETWORKS[name], edge_px).to("meta")).shape == (2, 4)


@pytest.mark.parametrize(("name", "edge_px"), [*SMALL.items(), ("inception-cnn", 128)])
def test_every_weight_of_every_family_learns(name: str, edge_px: int) -> None:
    torch.manual_seed(0)
    network = build(name, 3).train()
    loss = nn.functional.cross_entropy(network(patches(network.plan, edge_px)), torch.tensor([0, 2]))
    (loss + penalty(network)).backward()
    still = [key for key, value in network.named_parameters() if value.grad is None or not value.grad.isfinite().all()]
    assert still == []


@pytest.mark.parametrize(("name", "edge_px"), [*SMALL.items(), ("mbv2-035-1024", 32), ("inception-cnn", 256)])
def test_logits_are_the_head_of_the_features(name: str, edge_px: int) -> None:
    network = settled(name)
    with torch.inference_mode():
        seen = patches(network.plan, edge_px)
        logits = network(seen)
        assert torch.equal(logits, network.head(network.features(seen)))
    assert logits.isfinite().all()
    assert logits.std() > 0


@pytest.mark.parametrize(("name", "edge_px"), SMALL.items())
def test_the_mean_of_the_activation_maps_is_the_logit_less_its_bias(name: str, edge_px: int) -> None:
    network = settled(name)
    assert network.cam_exact
    with torch.inference_mode():
        seen = patches(network.plan, edge_px)
        maps = torch.einsum("kc,nchw->nkhw", network.class_weights, network.features(seen))
        assert torch.allclose(maps.mean(dim=(2, 3)) + network.top[-1].bias, network(seen), atol=1e-4)


@pytest.mark.parametrize("name", ["mbv2-035-1024", "inception-cnn"])
def test_a_head_with_hidden_units_has_no_class_weights(name: str) -> None:
    network = build(name, 3)
    assert not network.cam_exact
    with pytest.raises(DataError, match="choose another network"):
        _ = network.class_weights


def test_the_hidden_head_is_the_studys_1024_units_with_relu() -> None:
    plan = NETWORKS["mbv2-100-1024"]
    assert plan.edge_px == 128
    assert parameters("mbv2-100-1024", 12) - parameters("mbv2-100", 12) == 1281 * 1024 + 1025 * 12 - 1281 * 12
    top = build("mbv2-035-1024", 12).top
    assert [type(layer) for layer in top[-4:]] == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]


@pytest.mark.parametrize(
    ("name", "classes", "published", "two_channels_more"),
    [
        ("rn18-100", 1000, 11_689_512, 64 * 49 * 2),
        ("mbv2-100", 1000, 3_504_872, 32 * 9 * 2),
        ("efficientnet-b0", 1000, 5_288_548, 32 * 9 * 2),
        ("efficientnet-b4", 1000, 19_341_616, 48 * 9 * 2),
        ("efficientnet-b5", 1000, 30_389_784, 48 * 9 * 2),
        ("efficientnet-b7", 1000, 66_347_960, 64 * 9 * 2),
        ("swin-t", 1000, 28_288_354, 96 * 16 * 2),
    ],
)
def test_but_for_the_grey_stem_the_networks_have_the_published_sizes(
    name: str, classes: int, published: int, two_channels_more: int
) -> None:
    assert parameters(name, classes) == published - two_channels_more


def test_the_inception_cnn_has_the_studys_3_58_million_parameters_and_48_layers() -> None:
    with torch.device("meta"):
        network = build("inception-cnn", 5)
    convolutions = (
        25 * 32 + (32 * 32 * 9 + 32 * 16) + 32 * 16 + (32 * 32 + 32 * 16 * 9) + 32 * 16
    ) + (
        25 * 64 * 128 + (128 * 64 * 9 + 64 * 64) + 128 * 32 + (128 * 96 + 96 * 32 * 9) + 128 * 64
    ) + (
        9 * 192 * 256 + (256 * 128 * 9 + 128 * 96) + 256 * 96 + (256 * 96 + 96 * 64 * 9) + 256 * 128
    ) + 9 * 384 * 512  # fmt: skip
    biases = (32 + 128) + (128 + 352) + (256 + 608) + 512
    connected = 2049 * 256 + 257 * 128 + 129 * 64 + 65 * 5
    trained = convolutions + biases + 2 * (32 + 128 + 256 + 512) + connected
    running = 2 * (32 + 128 + 256 + 512)
    assert parameters("inception-cnn", 5) == trained
    assert round(trained / 1e6, 2) == round((trained + running) / 1e6, 2) == 3.58
    counted = (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.Linear, nn.Flatten)
    # with the input and the three joinings; ReLU belongs to the layer before
    assert sum(isinstance(module, counted) for module in network.modules()) + 1 + 3 == 48


@pytest.mark.parametrize(
    ("name", "edge_px", "millions"),
    [
        ("rn18-025", 256, 151),
        ("rn18-050", 256, 579),
        ("rn18-100", 256, 2266),
        ("mbv2-035", 256, 71),
        ("mbv2-100", 256, 382),
        ("swin-t", 224, 4480),
    ],
)
def test_multiply_adds_are_those_counted_elsewhere(name: str, edge_px: int, millions: int) -> None:
    assert round(macs(name, edge_px) / 1e6) == millions
    assert macs(name) == macs(name, NETWORKS[name].edge_px)


def test_multiply_adds_of_an_edge_that_cannot_be_seen_are_refused() -> None:
    with pytest.raises(DataError, match="found 100 px"):
        macs("inception-cnn", 100)


def test_l2_of_the_inception_cnn_is_a_hundredth_of_its_squared_convolutions() -> None:
    network = build("inception-cnn", 3).requires_grad_(False)
    squares = sum(float(module.weight.square().sum()) for module in network.modules() if isinstance(module, nn.Conv2d))
    assert float(penalty(network)) == pytest.approx(0.01 * squares, rel=1e-5)
    assert penalty(build("rn18-012", 2)) == 0.0


@pytest.mark.parametrize("name", STUDENTS)
def test_no_pooling_of_a_student_pads(name: str) -> None:
    with torch.device("meta"):
        network = build(name, 2)
    assert [module.padding for module in network.modules() if isinstance(module, nn.MaxPool2d) and module.padding] == []


def test_the_same_seed_makes_the_same_network() -> None:
    torch.manual_seed(7)
    first = build("swin-s", 2)
    torch.manual_seed(7)
    second = build("swin-s", 2)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


@pytest.mark.parametrize("name", ["efficientnet-s", "swin-s"])
def test_a_patchs_logits_do_not_depend_on_its_neighbours_in_the_batch(name: str) -> None:
    network = settled(name)
    with torch.inference_mode():
        seen = patches(network.plan, 64, count=4)
        order = torch.tensor([2, 0, 3, 1])
        assert torch.allclose(network(seen)[order], network(seen[order]), atol=1e-5)
        assert torch.allclose(network(seen)[2:3], network(seen[2:3]), atol=1e-5)


def reached(block: nn.Module, row: int, column: int, edge: int) -> torch.Tensor:
    """Which cells of a map (edge, edge) change when one cell does."""
    cells = torch.from_numpy(np.random.default_rng(4).standard_normal((1, edge, edge, 8)).astype(np.float32))
    changed = cells.clone()
    changed[0, row, column] += torch.linspace(-3, 3, 8)
    with torch.inference_mode():
        return (block(cells) - block(changed)).abs().amax(dim=(0, 3)) > 0


@pytest.mark.parametrize("edge", [8, 6])
def test_a_change_in_one_corner_reaches_its_own_window_and_not_the_one_across_the_shifted_edge(edge: int) -> None:
    torch.manual_seed(2)
    straight = reached(TransformerBlock(8, 2, 4, 0, 0.0).eval(), 0, 0, edge)
    assert straight[:4, :4].all()
    assert straight.sum() == 16
    shifted = reached(TransformerBlock(8, 2, 4, 2, 0.0).eval(), 0, 0, edge)
    assert shifted[:2, :2].all()
    assert shifted.sum() == 4  # rolling brings the other three corners into this window; none is reached
    middle = reached(TransformerBlock(8, 2, 4, 2, 0.0).eval(), 3, 3, edge)
    assert middle[2:6, 2:6].all()
    assert middle.sum() == 16


def test_what_is_padded_is_not_seen() -> None:
    torch.manual_seed(3)
    attention = WindowAttention(8, 1, 4, 2).eval()
    nn.init.normal_(attention.qkv.bias)  # padded cells would be seen through it
    cells = torch.randn(1, 3, 3, 8)
    with torch.inference_mode():
        query, key, value = attention.qkv(cells.reshape(9, 8)).split(8, dim=1)
        places = [(row, column) for row in range(3) for column in range(3)]
        table = attention.relative_position_bias_table
        bias = torch.tensor([[float(table[(a - c + 3) * 7 + b - d + 3, 0]) for c, d in places] for a, b in places])
        expected = attention.proj(torch.softmax(query @ key.T / 8**0.5 + bias, dim=1) @ value)
        assert torch.allclose(attention(cells).reshape(9, 8), expected, atol=1e-5)


def test_merging_joins_the_four_cells_of_each_square_and_pads_an_odd_edge() -> None:
    merging = PatchMerging(1)
    nn.init.constant_(merging.norm.weight, 0.0)
    assert merging(torch.randn(1, 5, 3, 1)).shape == (1, 3, 2, 2)
    merging.norm = nn.Identity()
    merging.reduction = nn.Identity()
    cells = torch.arange(16.0).reshape(1, 4, 4, 1)
    assert merging(cells)[0, 1, 0].tolist() == [8.0, 12.0, 9.0, 13.0]


def test_stochastic_depth_leaves_out_whole_samples_while_training_only() -> None:
    torch.manual_seed(5)
    layer, branch = StochasticDepth(0.25), torch.ones(4000, 2, 1, 1)
    dropped = layer.train()(branch)
    assert sorted(set(dropped.flatten().tolist())) == pytest.approx([0.0, 4 / 3])
    assert torch.equal(dropped[:, 0], dropped[:, 1])
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.05)
    assert torch.equal(layer.eval()(branch), branch)
