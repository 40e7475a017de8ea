"""A box for the doctor's checks: a configuration with changed keys, and /proc and /sys as a test wants them."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from station.config.model import StationConfig
from station.config.yaml_positions import load_yaml_model
from station.doctor.box import Box
from station.doctor.finding import Finding
from tests.conftest import REPO


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def demo_with(folder: Path, **sections: dict[str, Any]) -> Path:
    """The demo's configuration in `folder`, keys of its sections changed; ports that are free, records beside it."""
    document = yaml.safe_load((REPO / "deploy" / "demo.yaml").read_text())
    document["records"]["folder"] = "records"
    for view in document["recipe"]["views"]:
        view["bundle"] = str((REPO / "deploy" / view["bundle"]).resolve())
    for key in ("page", "metrics", "plc"):
        document[key]["port"] = free_port()
    for key, changes in sections.items():
        document[key] = {**document.get(key, {}), **changes}
    path = folder / "station.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def a_box(folder: Path, files: dict[str, str] | None = None, **sections: dict[str, Any]) -> Box:
    """`files`: what stands in /proc and /sys, by path without the leading slash; None: this machine's own."""
    path = demo_with(folder, **sections)
    config = load_yaml_model(path, StationConfig)
    if files is None:
        return Box(path, config)
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return Box(path, config, folder / "proc", folder / "sys")


def statuses(findings: Iterable[Finding]) -> list[str]:
    return [finding.status for finding in findings]


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


def camera(**changes: Any) -> dict[str, Any]:
    """The section `cameras` with the demo's camera changed."""
    document = yaml.safe_load((REPO / "deploy" / "demo.yaml").read_text())
    found = {**document["cameras"]["line"], **changes}
    if found["producer"] != "simulated":
        del found["scene"]
    return {"line": found}
