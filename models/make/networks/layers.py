"""Layers that several families share. Imports PyTorch.

Tensor names follow the layout in which PyTorch's own model collection publishes weights, so that such files fit.
Layers
call `nn.Module.__init__(self)` and not `super()`: the base is `Any` where PyTorch is not installed.
"""

from __future__ import annotations

from typing import Any, Final

from models.make.frameworks import require

torch: Final[Any] = require("torch")
nn: Final[Any] = require("torch.nn")


def convolution_norm(
    before: int, after: int, kernel: int, stride: int = 1, groups: int = 1, activation: Any = None
) -> Any:
    """Convolution with zero padding, batch normalisation and, where given, an activation module."""
    layers = [
        nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
    ]
    return nn.Sequential(*layers, *([] if activation is None else [activation]))


def padded_max_pool(kernel: int, stride: int) -> Any:
    """Max-pooling that keeps the edge (stride 1) or halves it; only after ReLU.

    Pads with zeros in a layer of its own: a padded pool would split the quantised graph in two, and after ReLU
    zeros change nothing.
    """
    return nn.Sequential(nn.ZeroPad2d(kernel // 2), nn.MaxPool2d(kernel, stride, 0))


class StochasticDepth(nn.Module):
    """Leaves out a residual branch for a random share of the samples while training."""

    def __init__(self, share: float) -> None:
        nn.Module.__init__(self)
        self.share = share

    def forward(self, branch: Any) -> Any:
        """The branch (n, ...), scaled so that its mean stays."""
        if not self.training or self.share == 0.0:
            return branch
        kept = torch.rand((branch.shape[0], *[1] * (branch.dim() - 1)), device=branch.device) >= self.share
        return branch * kept.to(branch.dtype) / (1.0 - self.share)


def eights(channels: float) -> int:
    """The nearest multiple of eight that is not more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
