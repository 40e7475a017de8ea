"""The whole station with its cameras misbehaving by script, and with two cameras and five pictures a part."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from drivers.cell.faults import FAULT_KINDS
from tests.pipeline.rig import write_config, write_pictures

pytestmark = pytest.mark.timeout(300)

REPO = Path(__file__).parents[2]
LIMIT_S = 280


def demo(*arguments: str) -> tuple[int, str]:
    """`station demo`, its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "station", "demo", "--quiet", *arguments],
        cwd=REPO, capture_output=True, text=True, timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_every_kind_of_camera_fault_forces_its_own_part_to_reject_and_no_other(tmp_path: Path) -> None:
    config = write_config(tmp_path, write_pictures(tmp_path / "pictures", each=8), recipe__deadline_ms=800)
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    document["recipe"]["views"][0]["sharpness_min"] = 40.0
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    out = tmp_path / "result.json"
    parts = 2 * len(FAULT_KINDS)
    code, said = demo(
        "--config", str(config), "--parts", str(parts), "--rate", "6", "--faults", "2", "--json", str(out)
    )
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    pictures = result["pictures"]
    assert set(pictures["reasons"]) == set(FAULT_KINDS), said
    assert pictures["faulted"] == pictures["faulted_as_expected"] == len(FAULT_KINDS), pictures["examples"]
    assert pictures["forced_without_fault"] == 0, pictures["examples"]
    assert pictures["mixed_up"] == 0
    assert pictures["stamps_read"] >= parts - len(FAULT_KINDS), "each judged picture carries the number of its part"
    assert result["truth"]["escapes_by_runtime"] == 0
    assert code == 0, said


def test_five_pictures_of_two_cameras_make_one_part(tmp_path: Path) -> None:
    document = yaml.safe_load((REPO / "deploy" / "demo-fastener.yaml").read_text(encoding="utf-8"))
    document["cell"]["distinct_parts"] = 4
    document["recipe"] |= {"deadline_ms": 4000, "picture_deadline_ms": 3000}
    for view in document["recipe"]["views"]:
        view["bundle"] = str(REPO / "deploy" / view["bundle"])
    for name, camera in document["cameras"].items():
        camera["scene"] = str(tmp_path / f"{name}.scene")
    config = tmp_path / "fastener.yaml"
    config.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    out = tmp_path / "result.json"
    code, said = demo("--config", str(config), "--parts", "8", "--rate", "1.5", "--json", str(out))
    assert code == 0, said
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert result["ledger"]["forced"] == 0
    assert result["pictures"]["stamps_read"] == 5 * 8, "every one of the five pictures is the part's own"
    assert result["pictures"]["mixed_up"] == 0
    assert result["truth"]["wrong_verdicts"] == 0
