"""The simulated cameras' GenApi descriptions as harvesters and the GenICam binding understand them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from drivers.camera.producer.build import build
from tests.camera_bench import producer_or_skip
from tests.camera_genapi import LINES
from tests.camera_scene import HEIGHT_PX, WIDTH_PX, World, turning_world

REPO = Path(__file__).resolve().parents[2]
LIMIT_S = 50.0
FRAMES = 3
TURNS_S = 3.0
PULSES = 120
CHUNK_WORDS = 3 * 8


def seen_by_harvesters(
    producer: Path, world: World, serial: str, environment: dict[str, str] | None = None
) -> tuple[dict[str, Any], list[int]]:
    """What the program found, and the counts of the pulses that it was given; some come before it listens."""
    pulses = [world.pulse(number=n + 1) for n in range(PULSES)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.camera_genapi", str(producer), serial, str(FRAMES)],
        cwd=REPO,
        env={**os.environ, "EDGE_SCENE": str(world.path), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout), pulses


@pytest.mark.parametrize("area", [False, True], ids=["line", "area"])
def test_harvesters_finds_configures_and_reads_the_cameras(tmp_path: Path, area: bool) -> None:
    producer = producer_or_skip()
    with turning_world(tmp_path / "scene", TURNS_S, area=area) as world:
        found, pulses = seen_by_harvesters(producer, world, "AREA01" if area else "LINE01")
    assert found["serials"] == ["AREA01", "LINE01"]
    assert found["scan"] == ("Areascan" if area else "Linescan")
    lines_only = {} if area else {"LineStart": ["Encoder0"]}
    assert found["sources"] == {"FrameStart": ["Software", "Line1"], **lines_only}
    assert ("LineTriggerMissed" in found["events"]) == (not area)
    assert found["payload"] == WIDTH_PX * HEIGHT_PX + CHUNK_WORDS + 4 * (1 if area else HEIGHT_PX)
    assert found["locked"]
    assert found["encoder"] > found["frames"][-1]["counts"][0]
    for number, frame in enumerate(found["frames"], 1):
        assert (frame["id"], frame["chunk_id"], frame["line1"]) == (number, number, 1)
        assert frame["started_before_it_came"]
        assert frame["counts"][0] in pulses
        assert [count - frame["counts"][0] for count in frame["counts"]] == [0] if area else [4 * n for n in LINES]
    for said, number in (("FrameTrigger", 1), ("FrameStart", 1), ("FrameEnd", FRAMES)):
        assert [said, number] in found["messages"]


def _library_of(compiler: str, name: str) -> Path:
    """Where the compiler has this library; a bare name where it has none."""
    command = [compiler, f"-print-file-name={name}"]
    return Path(subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout.strip())


def test_harvesters_and_the_producer_under_address_sanitizer(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("LOUD SKIP: no C compiler: the producer is NOT tested under a sanitizer with harvesters")
    # libstdc++ beside it, or the sanitizer does not find the binding's exceptions
    preload = [_library_of(compiler, name) for name in ("libasan.so", "libstdc++.so.6")]
    if not all(path.is_absolute() for path in preload):
        pytest.skip("LOUD SKIP: no libasan: the producer is NOT tested under a sanitizer with harvesters")
    folder = tmp_path / "sanitized"
    folder.mkdir()
    sanitized = build(folder / "simcam.cti", ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"))
    environment = {
        "LD_PRELOAD": " ".join(str(path.resolve()) for path in preload),
        "ASAN_OPTIONS": "detect_leaks=0:alloc_dealloc_mismatch=0:abort_on_error=1",  # both are the binding's
        "PYTHONMALLOC": "malloc",
    }
    for serial in ("LINE01", "AREA01"):
        with turning_world(tmp_path / serial, TURNS_S, area=serial == "AREA01") as world:
            found, _ = seen_by_harvesters(sanitized, world, serial, environment)
        assert len(found["frames"]) == FRAMES
