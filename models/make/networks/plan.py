"""The networks by name. Values only: what each is made of stands in the module of its family.

A name says family, width in percent and folding of the input: `rn18-050-s2d4` is ResNet18 at half width whose
input is folded 4 x 4. `-fine` halves the stride, for patches in which a defect has a few pixels only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from models.make.manifest import DataError

Family = Literal["resnet18", "mobilenetv2", "inception-cnn", "efficientnet", "swin"]
HeadKind = Literal["linear", "hidden", "inception-cnn"]


@dataclass(frozen=True, slots=True)
class WindowedTransformer:
    """Sizes of a Swin-like network: channels of the first stage, blocks and heads of each, window edge in cells."""

    channels: int
    blocks: tuple[int, ...]
    heads: tuple[int, ...]
    window: int


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """A network.

    `width` and `depth` multiply channels and blocks; `space_to_depth` is the edge of the pixel blocks that are folded
    into channels (1, 2 or 4); `fine` leaves out one stride more; `edge_px` is the patch edge it is meant for and
    `least_edge_px` the smallest it can see; `weight_decay` is the L2 factor on the weights of its convolutions (the
    loss grows by weight_decay times the sum of their squares, see `penalty`), 0 where the training decides.
    """

    name: str
    family: Family
    width: float = 1.0
    depth: float = 1.0
    space_to_depth: int = 1
    fine: bool = False
    head: HeadKind = "linear"
    hidden_units: int = 0
    dropout: float = 0.1
    stochastic_depth: float = 0.0
    weight_decay: float = 0.0
    edge_px: int = 256
    least_edge_px: int = 16
    transformer: WindowedTransformer | None = None

    def __post_init__(self) -> None:
        if self.space_to_depth not in (1, 2, 4):
            raise ValueError(f"{self.name}: space_to_depth: expected 1, 2 or 4, found {self.space_to_depth}")
        if (self.family == "swin") != (self.transformer is not None):
            raise ValueError(f"{self.name}: a transformer's sizes are expected for the family swin, and only there")
        if self.fine and (self.family in ("swin", "inception-cnn") or self.space_to_depth == 4):
            raise ValueError(f"{self.name}: fine is for ResNet18, MobileNetV2 and EfficientNet, folded by 2 at most")

    @property
    def strides_left_out(self) -> int:
        """How many of the first strides of two the network does without, because the folding has made them."""
        return self.space_to_depth.bit_length() - 1 + int(self.fine)

    @property
    def channels_in(self) -> int:
        """Channels of the folded input."""
        return self.space_to_depth**2


def _resnet18(percent: int) -> tuple[NetworkPlan, ...]:
    """The stems of one width; widths are eighths where the name rounds (12: 0.125, 37: 0.375)."""
    name, width = f"rn18-{percent:03}", round(percent / 12.5) / 8
    return (
        NetworkPlan(name, "resnet18", width),
        NetworkPlan(f"{name}-s2d2", "resnet18", width, space_to_depth=2),
        NetworkPlan(f"{name}-s2d4", "resnet18", width, space_to_depth=4),
        NetworkPlan(f"{name}-fine", "resnet18", width, fine=True, edge_px=64),
        NetworkPlan(f"{name}-s2d2-fine", "resnet18", width, space_to_depth=2, fine=True, edge_px=64),
    )


def _mobilenetv2(percent: int) -> tuple[NetworkPlan, ...]:
    """The stems of one width, and the serial-number study's head: a hidden layer of 1024 units, pictures of 128 px."""
    name, width = f"mbv2-{percent:03}", percent / 100
    return (
        NetworkPlan(name, "mobilenetv2", width),
        NetworkPlan(f"{name}-s2d2", "mobilenetv2", width, space_to_depth=2),
        NetworkPlan(f"{name}-s2d4", "mobilenetv2", width, space_to_depth=4),
        NetworkPlan(f"{name}-fine", "mobilenetv2", width, fine=True, edge_px=64),
        NetworkPlan(f"{name}-1024", "mobilenetv2", width, head="hidden", hidden_units=1024, edge_px=128),
    )


def _efficientnet(
    name: str, width: float, depth: float, edge_px: int, dropout: float, stochastic_depth: float = 0.2
) -> NetworkPlan:
    return NetworkPlan(
        name,
        "efficientnet",
        width,
        depth,
        dropout=dropout,
        stochastic_depth=stochastic_depth,
        edge_px=edge_px,
    )


def _plans() -> tuple[NetworkPlan, ...]:
    tiny = WindowedTransformer(channels=96, blocks=(2, 2, 6, 2), heads=(3, 6, 12, 24), window=7)
    small = WindowedTransformer(channels=48, blocks=(2, 2, 4), heads=(3, 6, 12), window=4)
    return (
        *(plan for percent in (12, 25, 37, 50, 75, 100) for plan in _resnet18(percent)),
        *(plan for percent in (35, 50, 100) for plan in _mobilenetv2(percent)),
        # servo-housing study, table of layers; seven poolings need 128 px
        NetworkPlan(
            "inception-cnn",
            "inception-cnn",
            head="inception-cnn",
            dropout=0.0,
            weight_decay=0.01,
            least_edge_px=128,
        ),
        # EfficientNet's compound scaling (width, depth, edge, dropout); s and s-fine are ours, for two cores
        _efficientnet("efficientnet-s", 0.6, 0.5, 256, 0.2, stochastic_depth=0.1),
        NetworkPlan(
            "efficientnet-s-fine",
            "efficientnet",
            0.6,
            0.5,
            fine=True,
            dropout=0.2,
            stochastic_depth=0.1,
            edge_px=64,
        ),
        _efficientnet("efficientnet-b0", 1.0, 1.0, 224, 0.2),
        _efficientnet("efficientnet-b4", 1.4, 1.8, 380, 0.4),
        _efficientnet("efficientnet-b5", 1.6, 2.2, 456, 0.4),
        _efficientnet("efficientnet-b7", 2.0, 3.1, 600, 0.5),
        # swin-t has the published tiny sizes; swin-s is a small one of ours, not the published S
        NetworkPlan("swin-s", "swin", stochastic_depth=0.1, transformer=small),
        NetworkPlan("swin-s-s2d4", "swin", space_to_depth=4, stochastic_depth=0.1, transformer=small),
        NetworkPlan("swin-t", "swin", dropout=0.0, stochastic_depth=0.2, transformer=tiny, edge_px=224),
    )


NETWORKS: Final[dict[str, NetworkPlan]] = {plan.name: plan for plan in _plans()}


def plan_named(plan_or_name: NetworkPlan | str) -> NetworkPlan:
    """The plan of a name; a plan is given back. DataError names the networks there are."""
    if isinstance(plan_or_name, NetworkPlan):
        return plan_or_name
    if plan_or_name not in NETWORKS:
        raise DataError(f"network {plan_or_name!r}: expected one of {', '.join(NETWORKS)}")
    return NETWORKS[plan_or_name]


def check_edge(plan: NetworkPlan, edge_px: int) -> None:
    """Nothing if the network can see patches of this edge; DataError otherwise."""
    if edge_px < plan.least_edge_px or edge_px % plan.space_to_depth:
        raise DataError(
            f"network {plan.name}: expected a patch edge of {plan.least_edge_px} px or more, in steps of "
            f"{plan.space_to_depth} px, found {edge_px} px; choose another network or another geometry"
        )
