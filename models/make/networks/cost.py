"""What a network costs: multiply-adds a patch and parameters, counted without computing anything."""

from __future__ import annotations

from typing import Any

from models.make.frameworks import require
from models.make.networks.classifier import build
from models.make.networks.plan import NetworkPlan, check_edge, plan_named


def macs(plan_or_name: NetworkPlan | str, edge_px: int | None = None, classes: int = 2) -> int:
    """Multiply-adds of convolutions, linear layers and attention for one patch (its own edge unless given).

    DataError for an edge that the network cannot see.
    """
    plan = plan_named(plan_or_name)
    edge = plan.edge_px if edge_px is None else edge_px
    check_edge(plan, edge)
    torch, counting = require("torch"), require("torch.utils.flop_counter")
    network, side = _shapes_only(plan, classes).eval(), edge // plan.space_to_depth
    with torch.no_grad(), counting.FlopCounterMode(display=False) as counter:
        network(torch.zeros((1, plan.channels_in, side, side), device="meta"))
    return int(counter.get_total_flops()) // 2


def parameters(plan_or_name: NetworkPlan | str, classes: int = 2) -> int:
    """Trained numbers of the network (no running means)."""
    return sum(int(tensor.numel()) for tensor in _shapes_only(plan_named(plan_or_name), classes).parameters())


def _shapes_only(plan: NetworkPlan, classes: int) -> Any:
    """The network without memory for its weights."""
    with require("torch").device("meta"):
        return build(plan, classes)
