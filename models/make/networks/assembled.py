"""Joins a body (patches to a last feature map) and a top (map to logits). Imports PyTorch."""

from __future__ import annotations

from typing import Any, Final

from models.make.frameworks import require
from models.make.manifest import DataError
from models.make.networks import efficientnet, inception_cnn, mobilenet, resnet, swin
from models.make.networks.plan import NetworkPlan

nn: Final[Any] = require("torch.nn")


class AssembledClassifier(nn.Module):
    """The `Classifier` of this package; `body` and `top` are its two halves."""

    def __init__(self, plan: NetworkPlan, classes: int, body: Any, top: Any) -> None:
        nn.Module.__init__(self)
        self.plan = plan
        self.classes = classes
        self.body = body
        self.top = top

    def features(self, patches: Any) -> Any:
        """Last feature map (n, c, h, w)."""
        return self.body(patches)

    def head(self, features: Any) -> Any:
        """Logits (n, classes)."""
        return self.top(features)

    def forward(self, patches: Any) -> Any:
        """Logits (n, classes)."""
        return self.head(self.features(patches))

    @property
    def cam_exact(self) -> bool:
        """True for pooling and one linear layer."""
        return self.plan.head == "linear"

    @property
    def class_weights(self) -> Any:
        """Weights (classes, c) of the only linear layer, detached."""
        if not self.cam_exact:
            raise DataError(
                f"network {self.plan.name}: expected a head of pooling and one linear layer for class activation maps, "
                f"found the head {self.plan.head!r}; choose another network"
            )
        return self.top[-1].weight.detach()


def assemble(plan: NetworkPlan, classes: int) -> AssembledClassifier:
    """A network with fresh weights."""
    body, channels = _body(plan)
    return AssembledClassifier(plan, classes, body, _top(plan, channels, classes))


def _body(plan: NetworkPlan) -> tuple[Any, int]:
    """The module that makes the last feature map, and its channels."""
    match plan.family:
        case "resnet18":
            return resnet.body(plan)
        case "mobilenetv2":
            return mobilenet.body(plan)
        case "inception-cnn":
            return inception_cnn.body(plan)
        case "efficientnet":
            return efficientnet.body(plan)
        case "swin":
            return swin.body(plan)


def _top(plan: NetworkPlan, channels: int, classes: int) -> Any:
    if plan.head == "inception-cnn":
        return inception_cnn.top(channels, classes)
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    if plan.head == "hidden":
        # serial-number study: global average pooling, 1024 units with ReLU, one output a part type
        pooled += [nn.Linear(channels, plan.hidden_units), nn.ReLU()]
        channels = plan.hidden_units
    return nn.Sequential(*pooled, nn.Dropout(plan.dropout), nn.Linear(channels, classes))
