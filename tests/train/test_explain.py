"""Class activation maps against gradients: the same map as Grad-CAM's for this head, in float and through INT8."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None:
    pytest.skip("LOUD SKIP: PyTorch is missing here; run these in the training environment", allow_module_level=True)

import torch

from models.bundle import load_bundle
from models.engine import open_engine
from models.make.networks import build
from models.maps import activation_maps

CLASSES = 4
pytestmark = pytest.mark.timeout(600)  # PyTorch takes minutes to import where others train
MANTLE = Path(__file__).parents[2] / "models" / "bundles" / "mantle"


def patches(network: str, count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    channels = build(network, CLASSES).plan.space_to_depth ** 2
    edge = 64 if channels == 1 else 16
    return torch.randn(count, channels, edge, edge, generator=generator)


@pytest.mark.parametrize("network", ["rn18-012-s2d4", "rn18-012", "mbv2-035"])
@pytest.mark.parametrize("class_index", range(CLASSES))
def test_the_map_is_grad_cam_s_before_its_cut_times_the_number_of_cells(network: str, class_index: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(7)
    classifier = build(network, CLASSES)
    classifier.train()(patches(network, 8))  # running means of a network that has seen something
    classifier.eval()
    features = classifier.features(patches(network, 2)).detach().requires_grad_()
    classifier.head(features)[:, class_index].sum().backward()
    assert features.grad is not None
    channel_weights = features.grad.mean(dim=(2, 3))  # Grad-CAM, equation 1
    by_gradients = (channel_weights[:, :, None, None] * features.detach()).sum(dim=1).numpy()
    last = np.ascontiguousarray(features.detach().permute(0, 2, 3, 1).numpy())
    found = activation_maps(last, classifier.class_weights.numpy(), class_index)
    cells = last.shape[1] * last.shape[2]
    assert np.abs(found).max() > 1e-4
    np.testing.assert_allclose(found, by_gradients * cells, rtol=1e-3, atol=1e-4 * float(np.abs(found).max()))


def test_the_logit_is_the_mean_of_the_map_and_the_bias() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(7)
    classifier = build("rn18-012-s2d4", CLASSES).eval()
    with torch.no_grad():
        features = classifier.features(patches("rn18-012-s2d4", 2))
        logits = classifier.head(features).numpy()
    last = np.ascontiguousarray(features.permute(0, 2, 3, 1).numpy())
    bias = classifier.top[-1].bias.detach().numpy()
    for class_index in range(CLASSES):
        mean = activation_maps(last, classifier.class_weights.numpy(), class_index).mean(axis=(1, 2))
        np.testing.assert_allclose(mean + bias[class_index], logits[:, class_index], rtol=1e-4, atol=1e-5)


def test_gradients_through_the_shipped_head_give_the_shipped_map() -> None:
    bundle = load_bundle(MANTLE)
    assert bundle.head_weights is not None
    scores, maps = open_engine(bundle).run_with_maps(bundle.golden_patches)
    features = torch.from_numpy(maps).requires_grad_()
    weights = torch.from_numpy(bundle.head_weights)
    (features.mean(dim=(1, 2)) @ weights.T).gather(1, torch.from_numpy(scores.argmax(axis=1))[:, None]).sum().backward()
    assert features.grad is not None
    by_gradients = (features.grad.mean(dim=(1, 2))[:, None, None, :] * features.detach()).sum(dim=3).numpy()
    for index, class_index in enumerate(scores.argmax(axis=1)):
        found = activation_maps(maps[index : index + 1], bundle.head_weights, int(class_index))[0]
        np.testing.assert_allclose(found, by_gradients[index] * found.size, rtol=1e-3, atol=1e-3)
