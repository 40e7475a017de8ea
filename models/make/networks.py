"""The patch classifiers: ResNet18 and MobileNetV2 with a width multiplier, for one grey channel.

Input (n, block * block, edge / block, edge / block) in (u8 - 128) / 64, pixels folded by `space_to_depth`
exactly as `models.patches.quantise_grid` folds them. Output: logits (n, classes). Max-pooling pads with
zeros in a layer of its own, after ReLU: a padded pool would split the quantised graph in two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from models.make.frameworks import require

RESNET_CHANNELS: Final = (64, 128, 256, 512)
MOBILENET_BLOCKS: Final = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """A network by name: `family` resnet18 or mobilenetv2, `width`, folding of the input, pooling after the stem."""

    family: str
    width: float
    space_to_depth: int
    pool: bool


NETWORKS: Final[dict[str, NetworkPlan]] = {
    "rn18-050": NetworkPlan("resnet18", 0.5, 1, True),
    "rn18-050-s2d2": NetworkPlan("resnet18", 0.5, 2, True),
    "rn18-050-s2d4": NetworkPlan("resnet18", 0.5, 4, False),
    "rn18-025": NetworkPlan("resnet18", 0.25, 1, True),
    "rn18-025-s2d4": NetworkPlan("resnet18", 0.25, 4, False),
    "rn18-037-s2d4": NetworkPlan("resnet18", 0.375, 4, False),
    "mbv2-035": NetworkPlan("mobilenetv2", 0.35, 1, False),
    # for small patches: half the stride, so that a defect of a few pixels still fills a cell of the last map
    "rn18-050-s2d2-fine": NetworkPlan("resnet18", 0.5, 2, False),
    "rn18-025-s2d2-fine": NetworkPlan("resnet18", 0.25, 2, False),
    # for tests
    "rn18-012-s2d4": NetworkPlan("resnet18", 0.125, 4, False),
}


def build(plan: NetworkPlan, classes: int) -> Any:
    """A network with fresh weights, `torch.nn.Module` in training mode."""
    nn = require("torch.nn")
    layers = _resnet18(nn, plan) if plan.family == "resnet18" else _mobilenetv2(nn, plan)
    features, channels = layers
    return nn.Sequential(
        *features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(channels, classes)
    )


def _resnet18(nn: Any, plan: NetworkPlan) -> tuple[list[Any], int]:
    widths = [int(channels * plan.width) for channels in RESNET_CHANNELS]
    layers = _stem(nn, plan, widths[0])
    if plan.pool:
        layers += [nn.ZeroPad2d(1), nn.MaxPool2d(3, 2, 0)]
    before = widths[0]
    for stage, channels in enumerate(widths):
        layers += [
            _residual(nn, before, channels, 1 if stage == 0 else 2),
            _residual(nn, channels, channels, 1),
        ]
        before = channels
    return layers, before


def _stem(nn: Any, plan: NetworkPlan, channels: int) -> list[Any]:
    if plan.space_to_depth == 1:
        convolution = [nn.Conv2d(1, channels, 7, 2, 3, bias=False)]
    elif plan.space_to_depth == 2:
        # a 7x7 convolution of stride 2 on pixels is a 4x4 one of stride 1 on folded pixels
        convolution = [nn.ZeroPad2d((2, 1, 2, 1)), nn.Conv2d(4, channels, 4, 1, 0, bias=False)]
    else:
        convolution = [nn.Conv2d(16, channels, 3, 1, 1, bias=False)]
    return [*convolution, nn.BatchNorm2d(channels), nn.ReLU()]


def _residual(nn: Any, before: int, channels: int, stride: int) -> Any:
    branch = nn.Sequential(
        nn.Conv2d(before, channels, 3, stride, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
        nn.BatchNorm2d(channels),
    )
    if stride == 1 and before == channels:
        shortcut = nn.Identity()
    else:
        shortcut = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))
    return _sum(nn, branch, shortcut, nn.ReLU())


def _mobilenetv2(nn: Any, plan: NetworkPlan) -> tuple[list[Any], int]:
    before = _eights(32 * plan.width)
    layers = [_conv_bn(nn, plan.space_to_depth**2, before, 3, 2 if plan.space_to_depth == 1 else 1, 1)]
    for expansion, channels, repeats, stride in MOBILENET_BLOCKS:
        after = _eights(channels * plan.width)
        for index in range(repeats):
            layers.append(_inverted(nn, before, after, expansion, stride if index == 0 else 1))
            before = after
    last = max(1280, _eights(1280 * plan.width))
    return [*layers, _conv_bn(nn, before, last, 1, 1, 1)], last


def _inverted(nn: Any, before: int, after: int, expansion: int, stride: int) -> Any:
    wide = before * expansion
    layers = [] if expansion == 1 else [_conv_bn(nn, before, wide, 1, 1, 1)]
    layers += [
        _conv_bn(nn, wide, wide, 3, stride, wide),
        nn.Conv2d(wide, after, 1, bias=False),
        nn.BatchNorm2d(after),
    ]
    branch = nn.Sequential(*layers)
    return _sum(nn, branch, nn.Identity(), nn.Identity()) if stride == 1 and before == after else branch


def _conv_bn(nn: Any, before: int, after: int, kernel: int, stride: int, groups: int) -> Any:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU6(),
    )


def _sum(nn: Any, branch: Any, shortcut: Any, after: Any) -> Any:
    """A module that gives after(branch(x) + shortcut(x))."""

    def forward(self: Any, picture: Any) -> Any:
        return self.after(self.branch(picture) + self.shortcut(picture))

    module = type("Sum", (nn.Module,), {"forward": forward})()
    module.branch, module.shortcut, module.after = branch, shortcut, after
    return module


def _eights(channels: float) -> int:
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
