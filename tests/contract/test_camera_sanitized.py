"""The simulated producer under AddressSanitizer and UndefinedBehaviorSanitizer, driven by a consumer in C."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.producer import build, describe
from drivers.camera.producer.scene import SceneWriter

DRIVER = Path(__file__).with_name("test_camera_driver.c")
WIDTH_PX, HEIGHT_PX, FRAMES = 264, 96, 12
TURN_COUNTS = 4 * HEIGHT_PX
RATE_TURNS_S = 50.0
LIMIT_S = 50.0


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("LOUD SKIP: no C compiler: the producer's memory handling is NOT tested here")
    (tmp_path / "registers.h").write_text(describe.registers_header())
    (tmp_path / "registers.c").write_text(describe.xml_source())
    program = tmp_path / "driver"
    sources = [DRIVER, *sorted(build.FOLDER.glob("*.c")), tmp_path / "registers.c"]
    sanitize = "-fsanitize=address,undefined"
    flags = ["-std=gnu11", "-g", "-O1", sanitize, "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Werror"]
    folders = [f"-I{tmp_path}", f"-I{build.FOLDER}"]
    command = [compiler, *flags, "-pthread", *folders, "-o", str(program), *map(str, sources), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0 and "san" in done.stderr and "cannot find" in done.stderr:
        pytest.skip("LOUD SKIP: this compiler has no sanitizers: the producer's memory handling is NOT tested")
    assert done.returncode == 0, done.stderr
    return program


def test_frames_and_faults_leave_no_bad_access_and_no_leak(driver: Path, tmp_path: Path) -> None:
    scene = SceneWriter(tmp_path / "scene", WIDTH_PX, HEIGHT_PX)
    edge = scene.add_picture(np.full((HEIGHT_PX, 40), 200, np.uint8), WIDTH_PX - 40, 0)
    wide = scene.add_picture(np.full((20, WIDTH_PX), 90, np.uint8), 0, HEIGHT_PX - 20)
    t0_ns = time.monotonic_ns()
    scene.set_encoder(t0_ns, 0, TURN_COUNTS * RATE_TURNS_S)
    program = subprocess.Popen(
        [str(driver), str(WIDTH_PX), str(HEIGHT_PX), str(FRAMES), "4"],
        env={**os.environ, "EDGE_SCENE": str(scene.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "started\n"
        scene.faults.incomplete_after_lines = 10
        scene.faults.incomplete_frames = 2
        scene.faults.stale_frames = 1
        scene.faults.drop_frames = 1
        first = int((time.monotonic_ns() - t0_ns) * 1e-9 * TURN_COUNTS * RATE_TURNS_S) + TURN_COUNTS
        starts = [first + n * TURN_COUNTS for n in range(FRAMES + 1)]
        for number, start in enumerate(starts):
            scene.show(start, (edge, wide, -1)[number % 3])
        out, err = program.communicate(timeout=LIMIT_S)
    finally:
        program.kill()
        program.wait()
        scene.close()
    assert program.returncode == 0, err
    frames = [[int(field) for field in line.split()] for line in out.splitlines()]
    assert [frame[1] for frame in frames] == starts[1:]  # the first was dropped
    assert [frame[0] for frame in frames] == list(range(2, FRAMES + 2))
    assert [frame[2] for frame in frames] == [10] + [HEIGHT_PX] * (FRAMES - 1)
