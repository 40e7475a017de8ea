"""The Inception-CNN of the servo-housing study, by its table of layers. Imports PyTorch.

Four convolutions (batch normalisation, ReLU) and three modules of four branches between seven poolings; the last map
of 256 px is 2 x 2 and is flattened into 256-128-64 units. Weights begin as the study's library begins them.
"""

from __future__ import annotations

from typing import Any, Final

from models.make.frameworks import require
from models.make.networks.layers import padded_max_pool
from models.make.networks.plan import NetworkPlan

torch: Final[Any] = require("torch")
nn: Final[Any] = require("torch.nn")

CONVOLUTIONS: Final = ((32, 5), (128, 5), (256, 3), (512, 3))  # channels, kernel
MODULES: Final = ((32, 16, 16, 32, 16, 16), (64, 64, 32, 96, 32, 64), (128, 96, 96, 96, 64, 128))
HIDDEN_UNITS: Final = (256, 128, 64)
LAST_MAP_PX: Final = 2


class InceptionModule(nn.Module):
    """3 x 3 then 1 x 1; pooling then 1 x 1; 1 x 1 then 3 x 3; pooling then 1 x 1: joined by channels.

    `channels` are the outputs of the six convolutions in this order. Its input comes from a ReLU.
    """

    def __init__(self, before: int, channels: tuple[int, int, int, int, int, int]) -> None:
        nn.Module.__init__(self)
        first, second, third, fourth, fifth, sixth = channels
        self.wide_first = nn.Sequential(*_convolution(before, first, 3), *_convolution(first, second, 1))
        self.pooled = nn.Sequential(padded_max_pool(3, 1), *_convolution(before, third, 1))
        self.narrow_first = nn.Sequential(*_convolution(before, fourth, 1), *_convolution(fourth, fifth, 3))
        self.pooled_again = nn.Sequential(padded_max_pool(3, 1), *_convolution(before, sixth, 1))
        self.channels = second + third + fifth + sixth

    def forward(self, before: Any) -> Any:
        """(n, channels, h, w)."""
        branches = (self.wide_first, self.pooled, self.narrow_first, self.pooled_again)
        return torch.cat([branch(before) for branch in branches], dim=1)


def body(plan: NetworkPlan) -> tuple[Any, int]:
    """The body and the channels of its last feature map; folding replaces the first poolings."""
    before = plan.channels_in
    layers: list[Any] = []
    poolings = 0
    for index, (channels, kernel) in enumerate(CONVOLUTIONS):
        layers += [nn.Conv2d(before, channels, kernel, 1, kernel // 2), nn.BatchNorm2d(channels), nn.ReLU()]
        before = channels
        poolings += 1
        if poolings > plan.strides_left_out:
            layers.append(nn.MaxPool2d(2))
        if index < len(MODULES):
            module = InceptionModule(before, MODULES[index])
            layers.append(module)
            before = module.channels
            poolings += 1
            if poolings > plan.strides_left_out:
                layers.append(nn.MaxPool2d(2))
    return _begun(nn.Sequential(*layers)), before


def top(channels: int, classes: int) -> Any:
    """Fully connected 256-128-64-classes on the flattened 2 x 2 map."""
    layers: list[Any] = [_TwoByTwo(), nn.Flatten()]
    before = channels * LAST_MAP_PX**2
    for units in HIDDEN_UNITS:
        layers += [nn.Linear(before, units), nn.ReLU()]
        before = units
    return _begun(nn.Sequential(*layers, nn.Linear(before, classes)))


class _TwoByTwo(nn.Module):
    """Nothing at the study's 256 px; another edge's map is pooled or repeated to 2 x 2."""

    def forward(self, features: Any) -> Any:
        """(n, c, 2, 2)."""
        if tuple(features.shape[2:]) == (LAST_MAP_PX, LAST_MAP_PX):
            return features
        return nn.functional.adaptive_avg_pool2d(features, LAST_MAP_PX)


def _convolution(before: int, after: int, kernel: int) -> list[Any]:
    return [nn.Conv2d(before, after, kernel, 1, kernel // 2), nn.ReLU()]


def _begun(network: Any) -> Any:
    """Glorot-uniform weights and zero biases: without normalisation in the modules PyTorch's own start fades away."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    return network
