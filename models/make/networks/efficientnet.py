"""EfficientNet: inverted residuals with squeeze-excite and SiLU, scaled in width and depth at once. Imports PyTorch.

For teachers. SiLU and the squeeze-excite gates lose more in INT8 than ReLU networks do.
"""

from __future__ import annotations

import math
from typing import Any, Final

from models.make.frameworks import require
from models.make.networks.layers import StochasticDepth, convolution_norm, eights
from models.make.networks.plan import NetworkPlan

nn: Final[Any] = require("torch.nn")

STAGES: Final = (  # expansion, kernel, stride, channels, repeats: EfficientNet-B0, table of layers
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
STEM_CHANNELS: Final = 32
LAST_FACTOR: Final = 4  # the last convolution has four times the channels of the last stage
SQUEEZE: Final = 4


class SqueezeExcite(nn.Module):
    """Gates each channel by what all channels show on the whole map."""

    def __init__(self, channels: int, squeezed: int) -> None:
        nn.Module.__init__(self)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = nn.SiLU()
        self.gate = nn.Sigmoid()

    def forward(self, before: Any) -> Any:
        """(n, channels, h, w)."""
        return before * self.gate(self.fc2(self.activation(self.fc1(self.avgpool(before)))))


class MobileConvolution(nn.Module):
    """Widen, depthwise, squeeze-excite, narrow; a shortcut where nothing changes shape."""

    def __init__(
        self, before: int, after: int, expansion: int, kernel: int, stride: int, left_out_share: float
    ) -> None:
        nn.Module.__init__(self)
        wide = eights(before * expansion)
        layers = [] if wide == before else [convolution_norm(before, wide, 1, activation=nn.SiLU())]
        layers += [
            convolution_norm(wide, wide, kernel, stride, groups=wide, activation=nn.SiLU()),
            SqueezeExcite(wide, max(1, before // SQUEEZE)),
            convolution_norm(wide, after, 1),
        ]
        self.block = nn.Sequential(*layers)
        self.shortcut = stride == 1 and before == after
        self.stochastic_depth = StochasticDepth(left_out_share)

    def forward(self, before: Any) -> Any:
        """(n, after, h / stride, w / stride)."""
        branch = self.block(before)
        return before + self.stochastic_depth(branch) if self.shortcut else branch


class EfficientNetBody(nn.Module):
    """Stem, seven stages, 1 x 1 convolution."""

    def __init__(self, plan: NetworkPlan) -> None:
        nn.Module.__init__(self)
        left_out = plan.strides_left_out
        repeats = [math.ceil(stage[4] * plan.depth) for stage in STAGES]
        before = eights(STEM_CHANNELS * plan.width)
        layers = [convolution_norm(plan.channels_in, before, 3, 2 if left_out == 0 else 1, activation=nn.SiLU())]
        passed, done = 1, 0
        for (expansion, kernel, stride, channels, _), count in zip(STAGES, repeats, strict=True):
            passed += stride - 1
            first_stride = 1 if passed <= left_out else stride
            after = eights(channels * plan.width)
            blocks: list[Any] = []
            for index in range(count):
                share = plan.stochastic_depth * done / sum(repeats)
                step = first_stride if index == 0 else 1
                blocks.append(MobileConvolution(before, after, expansion, kernel, step, share))
                before = after
                done += 1
            layers.append(nn.Sequential(*blocks))
        self.channels = LAST_FACTOR * before
        self.features = nn.Sequential(*layers, convolution_norm(before, self.channels, 1, activation=nn.SiLU()))

    def forward(self, patches: Any) -> Any:
        """Last feature map (n, channels, h, w)."""
        return self.features(patches)


def body(plan: NetworkPlan) -> tuple[Any, int]:
    """The body and the channels of its last feature map."""
    made = EfficientNetBody(plan)
    return made, made.channels
