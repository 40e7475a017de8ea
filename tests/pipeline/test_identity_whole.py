"""Which part it is, over the real wire: another type than the recipe's is a forced reject 0xA507 for all who look."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivers.plc.registers import VerdictCode
from tests.pipeline.rig import (
    balanced,
    decided,
    metrics,
    part,
    program,
    records,
    status,
    until,
    write_config,
)
from tests.pipeline.running_line import in_log
from tests.unit.models_bundle import TINY_IDENTITY

pytestmark = pytest.mark.timeout(120)

FIELD_ROWS = 64
OF_TYPE_C, BETWEEN_TWO_TYPES = 206, 96
EACH = 3
WRONG = 2 * EACH  # three of another type, three of none


def write_types(folder: Path) -> Path:
    """Sound and defective parts of type-b; parts of type-c, sound and with a spot; parts of no type."""
    for label, number in ((label, number) for label in ("defect-free", "spot") for number in range(EACH)):
        _write(folder / label / f"{label}-{number}.png", part(label, number))
    for number in range(EACH):
        other = part("spot" if number == 0 else "defect-free", 10 + number)
        other[:FIELD_ROWS] = OF_TYPE_C
        _write(folder / "wrong-part" / f"c-{number}.png", other)
        unknown = part("defect-free", 20 + number)
        unknown[:FIELD_ROWS] = BETWEEN_TWO_TYPES
        _write(folder / "wrong-part" / f"none-{number}.png", unknown)
    return folder


def _write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


def identity_config(folder: Path, images: Path, part_type: str = "type-b", **changes: Any) -> Path:
    asked = {"bundle": str(TINY_IDENTITY), "part_type": part_type, "view": "mantle"}
    return write_config(folder, images, recipe__identity=asked, **changes)


def test_a_wrong_part_is_a507_in_the_result_block_the_record_the_counters_and_on_the_page(tmp_path: Path) -> None:
    config = identity_config(
        tmp_path, write_types(tmp_path / "pictures"), recipe__alarms={"consecutive_wrong_parts": WRONG}
    )
    with program("run", config) as station, program("simulate", config) as cell:
        assert cell.ended() == 0, cell.text()
        until("every part is decided", lambda: decided(config) == 2 * EACH + WRONG)
        counted, tiles = metrics(config), status(config)["parts"]
        assert station.stop() == 0, station.text()
    truth = cell.result()
    assert (truth["escapes"], truth["overkill"], truth["unaccounted"]) == (0, 0, 0)
    assert (truth["wrong_parts"], truth["wrong_parts_passed"]) == (WRONG, 0)
    codes = Counter((row["label"], row["verdict_code"]) for row in truth["parts"])
    assert codes == {
        ("defect-free", VerdictCode.PASS): EACH,
        ("spot", VerdictCode.DEFECT): EACH,
        ("wrong-part", 0xA507): WRONG,
    }
    assert station.result()["ledger"] == {
        "triggers": 2 * EACH + WRONG, "passed": EACH, "rejected": EACH, "forced": WRONG, "in_flight": 0,
    }  # fmt: skip

    seen = Counter((row["verdict"], row["reason"], row["part_type"]) for row in records(config))
    assert seen.pop(("pass", "defect-free", "type-b")) == EACH
    assert seen.pop(("reject", "defect", "type-b")) == EACH
    assert seen.pop(("forced", "wrong part", "type-c")) == EACH
    assert {key[:2] for key in seen} == {("forced", "unknown part")}
    for row in records(config):
        picture = json.loads(row["pictures"])[0]
        told = picture["identity"]
        assert (told["part_type"], told["wanted"]) == (row["part_type"], "type-b")
        assert told["score"] == row["part_type_score"]
        assert told["recognised"] == (told["score"] >= 0.9) == (row["reason"] != "unknown part")
        if row["verdict"] == "forced":
            assert (row["label"], row["score"], picture["label"]) == (None, None, None), "it was not inspected"
            assert json.loads(row["stage_us"])["identity"] > 0
            assert "engine" not in json.loads(row["stage_us"]), "a wrong part is not inspected any further"

    assert counted['station_parts_total{reason="wrong part",verdict="forced"}'] == EACH
    assert counted['station_parts_total{reason="unknown part",verdict="forced"}'] == EACH
    assert counted['station_stage_duration_seconds_count{stage="identity"}'] == 2 * EACH + WRONG
    shown = [(tile["reason"], tile["part_type"]) for tile in tiles if tile["reason"] == "wrong part"]
    assert shown == [("wrong part", "type-c")] * EACH
    assert all(in_log(config, code) for code in ("E411", "E412", "E442"))


def test_the_same_parts_are_all_wrong_for_another_recipe(tmp_path: Path) -> None:
    config = identity_config(tmp_path, write_types(tmp_path / "pictures"), "type-a")
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        assert cell.ended() == 0, cell.text()
        assert station.stop() == 0, station.text()
    ledger = station.result()["ledger"]
    assert balanced(ledger)
    assert (ledger["passed"], ledger["rejected"], ledger["forced"]) == (0, 0, 2 * EACH + WRONG)
    assert cell.result()["good"] == 0
    assert {row["reason"] for row in records(config)} == {"wrong part", "unknown part"}


def test_a_view_can_do_nothing_but_tell_the_type_and_the_demo_judges_it(tmp_path: Path) -> None:
    config = identity_config(
        tmp_path, write_types(tmp_path / "pictures"), recipe__views=[{"name": "mantle", "camera": "line"}]
    )
    out = tmp_path / "demo.json"
    done = subprocess.run(
        [sys.executable, "-m", "station", "demo", "--config", str(config), "--parts", "12", "--quiet",
         "--json", str(out)],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["ledger"]["forced"] == WRONG
    assert (result["truth"]["wrong_parts"], result["truth"]["wrong_parts_passed"]) == (WRONG, 0)
    assert result["judgement"]["wrong_verdicts"] == 0
    assert result["judgement"]["recall"]["wrong-part"] == 1.0
    assert result["judgement"]["escapes_by_model"] == EACH, "nobody looks for the spots of the right type"
    assert "Parts of another type: 6, of which 0 passed." in done.stdout
