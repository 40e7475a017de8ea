"""MobileNetV2 with a width multiplier and a stem for folded pixels. Imports PyTorch."""

from __future__ import annotations

from typing import Any, Final

from models.make.frameworks import require
from models.make.networks.layers import convolution_norm, eights
from models.make.networks.plan import NetworkPlan

nn: Final[Any] = require("torch.nn")

BLOCKS: Final = (  # expansion, channels, repeats, stride: MobileNetV2, table of layers
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
STEM_CHANNELS: Final = 32
LAST_CHANNELS: Final = 1280


class InvertedResidual(nn.Module):
    """Widen, depthwise 3 x 3, narrow without activation; a shortcut where nothing changes shape."""

    def __init__(self, before: int, after: int, expansion: int, stride: int) -> None:
        nn.Module.__init__(self)
        wide = before * expansion
        layers = [] if expansion == 1 else [convolution_norm(before, wide, 1, activation=nn.ReLU6())]
        layers += [
            convolution_norm(wide, wide, 3, stride, groups=wide, activation=nn.ReLU6()),
            nn.Conv2d(wide, after, 1, bias=False),
            nn.BatchNorm2d(after),
        ]
        self.conv = nn.Sequential(*layers)
        self.shortcut = stride == 1 and before == after

    def forward(self, before: Any) -> Any:
        """(n, after, h / stride, w / stride)."""
        branch = self.conv(before)
        return before + branch if self.shortcut else branch


class MobileNetBody(nn.Module):
    """Stem, inverted residuals, 1 x 1 convolution to `LAST_CHANNELS` or more."""

    def __init__(self, plan: NetworkPlan) -> None:
        nn.Module.__init__(self)
        left_out = plan.strides_left_out
        before = eights(STEM_CHANNELS * plan.width)
        layers = [convolution_norm(plan.channels_in, before, 3, 2 if left_out == 0 else 1, activation=nn.ReLU6())]
        passed = 1
        for expansion, channels, repeats, stride in BLOCKS:
            after = eights(channels * plan.width)
            for index in range(repeats):
                step = stride if index == 0 else 1
                if step == 2:
                    passed += 1
                    step = 1 if passed <= left_out else 2
                layers.append(InvertedResidual(before, after, expansion, step))
                before = after
        self.channels = max(LAST_CHANNELS, eights(LAST_CHANNELS * plan.width))
        self.features = nn.Sequential(*layers, convolution_norm(before, self.channels, 1, activation=nn.ReLU6()))

    def forward(self, patches: Any) -> Any:
        """Last feature map (n, channels, h, w)."""
        return self.features(patches)


def body(plan: NetworkPlan) -> tuple[Any, int]:
    """The body and the channels of its last feature map."""
    made = MobileNetBody(plan)
    return made, made.channels
