"""The product as it is shipped: the drawn mantles with their bundle, real pictures, and the bench."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.rig import balanced
from tests.unit.models_bundle import TINY_BUNDLE, TINY_KEY

pytestmark = pytest.mark.timeout(300)


def station(out: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "station", *arguments, "--json", str(out)],
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    assert out.exists(), done.stdout + done.stderr
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    result["exit code"] = done.returncode
    return result


def test_drawn_mantles_are_judged_as_the_shipped_model_judges_them(tmp_path: Path) -> None:
    result = station(tmp_path / "demo.json", "demo", "--parts", "16", "--rate", "3", "--seed", "11", "--quiet")
    assert result["exit code"] == 0
    assert result["parts"] == 16
    judged = result["judgement"]
    assert (judged["escapes_by_runtime"], judged["wrong_verdicts"]) == (0, 0)
    assert balanced(result["ledger"])
    assert result["ledger"]["passed"] >= 1
    assert result["ledger"]["rejected"] >= 1


def test_real_rail_strips_take_the_whole_way(shared_data: Path, tmp_path: Path) -> None:
    result = station(
        tmp_path / "rails.json", "demo", "--images", str(shared_data), "--set", "rsdds", "--split", "test",
        "--bundle", str(TINY_BUNDLE), "--trusted", str(TINY_KEY), "--rate", "6", "--quiet",
    )  # fmt: skip
    assert result["exit code"] == 0
    assert result["parts"] == 22
    assert set(result["judgement"]["confusion"]) == {"defect"}
    assert result["judgement"]["overkill"] is None, "every strip is defective"
    assert result["judgement"]["wrong_verdicts"] == 0
    assert result["unreadable"] == {}


def test_the_bench_tells_every_figure_that_it_promises(tmp_path: Path) -> None:
    figures = station(tmp_path / "bench.json", "bench", "--rate", "4", "--seconds", "3", "--flat-out-seconds", "1")
    assert figures["engine_alone_parts_per_s"] > 0
    assert figures["station_alone_parts_per_s"] > 0
    assert figures["whole_path_parts_per_s"] > 0
    for run in ("flat_out", "sustained"):
        assert balanced(figures[run]["ledger"])
        assert figures[run]["truth"]["wrong_verdicts"] == 0
        stages = {"wait", "copy", "identity", "crop_resize", "patch_quantise", "engine", "vote", "hand_off"}
        assert set(figures[run]["stages_ms"]) == stages
        assert all(set(figures[run]["stages_ms"][stage]) == {"p50", "p99", "max"} for stage in stages)
    assert figures["memory_mib"]["pss"] > 0


def test_the_camera_bench_tells_every_figure_and_nothing_grows(tmp_path: Path) -> None:
    figures = station(
        tmp_path / "camera.json", "bench", "--camera", "--seconds", "4",
        "--camera-cycles", "10", "--camera-frames", "400", "--camera-unplugs", "4",
    )  # fmt: skip
    for pace in ("2048x2048 at 20/s", "5472x3648 at 20/s", "2048x2048 at 200/s"):
        assert figures[pace]["frames"] > 0
        assert set(figures[pace]["timestamp_to_loop_ms"]) == {"p50", "p99", "max"}
        assert set(figures[pace]["loop_lag_ms"]) == {"without_camera", "with_camera"}
    endurance = figures["endurance"]
    for grown in ("create_destroy", "frames_in_capture", "unplugs_in_capture"):
        before, after = endurance[grown]["descriptors"]
        assert after <= before, grown
        assert endurance[grown]["rss_mib"][1] <= endurance[grown]["rss_mib"][0] + 8, grown
    assert endurance["left_in_shared_memory"] == []
