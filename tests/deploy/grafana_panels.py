"""The panels of the shipped dashboards, and their expressions with Grafana's variables filled in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards"
FILES = sorted(FOLDER.glob("*.json"))
_FILLED = {"$instance": ".+", "$__rate_interval": "10s", "$__range": "60s"}


@dataclass(frozen=True)
class Asked:
    """One expression of a panel, as Prometheus gets it."""

    panel: str
    expr: str


def panels(path: Path) -> list[dict[str, Any]]:
    """All panels but the rows' titles."""
    return [panel for panel in json.loads(path.read_text(encoding="utf-8"))["panels"] if panel["type"] != "row"]


def filled(expr: str) -> str:
    """With the variables that Grafana fills in."""
    for name, value in _FILLED.items():
        expr = expr.replace(name, value)
    assert "$" not in expr, expr
    return expr


def asked() -> list[Asked]:
    """Every expression of every panel, and those behind annotations and variables."""
    found: list[Asked] = []
    for path in FILES:
        document = json.loads(path.read_text(encoding="utf-8"))
        for panel in panels(path):
            found += [Asked(f"{path.stem}: {panel['title']}", filled(each["expr"])) for each in panel["targets"]]
        for note in document["annotations"]["list"]:
            found.append(Asked(f"{path.stem}: {note['name']} (annotation)", filled(note["expr"])))
    return found
