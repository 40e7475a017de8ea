"""What every network can do, and making one. Imports PyTorch only when a network is made.

The modules of this package that define layers import PyTorch where they are imported; only functions import them.
"""

from __future__ import annotations

from typing import Any, Protocol

from models.make.frameworks import require
from models.make.networks.plan import NetworkPlan, plan_named


class Classifier(Protocol):
    """A `torch.nn.Module` for folded grey patches; `Any` stands for its tensors.

    Input: (n, block * block, edge / block, edge / block) float, (u8 - 128) / 64, folded as
    `models.patches.quantise_grid` folds.
    """

    plan: NetworkPlan
    classes: int

    def __call__(self, patches: Any) -> Any:
        """Logits (n, classes)."""
        ...

    def features(self, patches: Any) -> Any:
        """Last feature map (n, c, h, w)."""
        ...

    def head(self, features: Any) -> Any:
        """Logits (n, classes) of a last feature map."""
        ...

    @property
    def cam_exact(self) -> bool:
        """Whether the mean of a class activation map is the logit less its bias: pooling and one linear layer."""
        ...

    @property
    def class_weights(self) -> Any:
        """Weights (classes, c) of the linear layer; DataError where `cam_exact` is false."""
        ...

    def __getattr__(self, name: str) -> Any:
        """Everything else that a `torch.nn.Module` has."""
        ...


def build(plan_or_name: NetworkPlan | str, classes: int) -> Classifier:
    """A network with fresh weights in training mode; DataError for an unknown name."""
    plan = plan_named(plan_or_name)
    require("torch")
    from models.make.networks.assembled import assemble  # PyTorch is imported there

    return assemble(plan, classes)


def penalty(network: Classifier) -> Any:
    """What L2 adds to the loss: `plan.weight_decay` times the sum of the squared weights of all convolutions.

    A tensor, or 0.0 where the plan asks for none. With it the optimiser's own weight decay belongs switched off.
    """
    if network.plan.weight_decay == 0.0:
        return 0.0
    convolution = require("torch.nn").Conv2d
    squares = [module.weight.square().sum() for module in network.modules() if isinstance(module, convolution)]
    return network.plan.weight_decay * sum(squares)
