"""ResNet18 with a width multiplier and a stem for folded pixels. Imports PyTorch."""

from __future__ import annotations

from typing import Any, Final

from models.make.frameworks import require
from models.make.networks.layers import padded_max_pool
from models.make.networks.plan import NetworkPlan

nn: Final[Any] = require("torch.nn")

CHANNELS: Final = (64, 128, 256, 512)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        nn.Module.__init__(self)
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU()
        self.downsample: Any = None
        if stride != 1 or before != after:
            self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, before: Any) -> Any:
        """(n, after, h / stride, w / stride)."""
        branch = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(before)))))
        return self.relu(branch + (before if self.downsample is None else self.downsample(before)))


class ResNetBody(nn.Module):
    """Stem, pooling unless the strides before it are enough, four stages of two blocks."""

    def __init__(self, plan: NetworkPlan) -> None:
        nn.Module.__init__(self)
        widths = [int(channels * plan.width) for channels in CHANNELS]
        self.pad, self.conv1 = _stem(plan, widths[0])
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU()
        # two strides come before the stages; folding by 4 makes both, by 2 (or halving the stride) one of them
        self.pool = padded_max_pool(3, 2) if plan.strides_left_out < 2 and not plan.fine else nn.Identity()
        before = widths[0]
        for stage, channels in enumerate(widths, start=1):
            blocks = nn.Sequential(
                ResidualBlock(before, channels, 1 if stage == 1 else 2), ResidualBlock(channels, channels, 1)
            )
            setattr(self, f"layer{stage}", blocks)
            before = channels

    def forward(self, patches: Any) -> Any:
        """Last feature map (n, channels, h, w)."""
        found = self.pool(self.relu(self.bn1(self.conv1(self.pad(patches)))))
        return self.layer4(self.layer3(self.layer2(self.layer1(found))))


def body(plan: NetworkPlan) -> tuple[Any, int]:
    """The body and the channels of its last feature map."""
    return ResNetBody(plan), int(CHANNELS[-1] * plan.width)


def _stem(plan: NetworkPlan, channels: int) -> tuple[Any, Any]:
    """Padding and convolution."""
    if plan.space_to_depth == 1:
        return nn.Identity(), nn.Conv2d(1, channels, 7, 2, 3, bias=False)
    if plan.space_to_depth == 2:
        # a 7 x 7 convolution of stride 2 on pixels is a 4 x 4 one of stride 1 on folded pixels
        return nn.ZeroPad2d((2, 1, 2, 1)), nn.Conv2d(4, channels, 4, 1, 0, bias=False)
    return nn.Identity(), nn.Conv2d(16, channels, 3, 1, 1, bias=False)
