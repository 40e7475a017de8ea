"""The simulated producer under AddressSanitizer, UndefinedBehaviorSanitizer and valgrind, driven by a consumer in C."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.gentl.compile import GENTL_FOLDER
from drivers.camera.producer import build, describe
from drivers.camera.producer.feature_table import PIXEL_FORMATS
from drivers.camera.producer.scene import SceneWriter

DRIVER = Path(__file__).with_name("test_camera_driver.c")
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
WIDTH_PX, HEIGHT_PX, FRAMES = 264, 96, 12
TURN_COUNTS = 4 * HEIGHT_PX
JUMP = -40
LIMIT_S = 50.0


def compiled(folder: Path, flags: tuple[str, ...]) -> Path:
    """The driver with the producer's sources; skips where there is no compiler for it."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("LOUD SKIP: no C compiler: the producer's memory handling is NOT tested here")
    (folder / "registers.h").write_text(describe.registers_header())
    (folder / "registers.c").write_text(describe.xml_source())
    program = folder / "driver"
    sources = [DRIVER, *sorted([*build.FOLDER.glob("*.c"), *GENTL_FOLDER.glob("*.c")]), folder / "registers.c"]
    warnings = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread"]
    command = [compiler, *warnings, *flags, *(f"-I{place}" for place in (folder, build.FOLDER, GENTL_FOLDER))]
    command += ["-o", str(program), *map(str, sources), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0 and "san" in done.stderr and "cannot find" in done.stderr:
        pytest.skip("LOUD SKIP: this compiler has no sanitizers: the producer's memory handling is NOT tested")
    assert done.returncode == 0, done.stderr
    return program


@pytest.fixture(scope="session")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("sanitized"), SANITIZE)


@pytest.fixture(scope="session")
def under_valgrind(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        pytest.skip("LOUD SKIP: no valgrind: the producer is NOT tested under it here")
    program = compiled(tmp_path_factory.mktemp("plain"), ())
    flags = ["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,possible"]
    return [valgrind, *flags, str(program)]


class Run:
    """One run of the driver in a world of its own; `show` the pulses once it has started."""

    def __init__(self, command: list[str], scene: SceneWriter, code: int, *, turns_s: float) -> None:
        self._t0_ns, self._rate = time.monotonic_ns(), TURN_COUNTS * turns_s
        self.scene = scene
        scene.set_encoder(self._t0_ns, 0, self._rate)
        serial = "AREA01" if scene.area else "LINE01"
        size = [str(WIDTH_PX), str(HEIGHT_PX), str(FRAMES), "16"]  # a buffer for each: a busy machine loses none
        self.program = subprocess.Popen(
            [*command, serial, hex(code), *size],
            env={**os.environ, "EDGE_SCENE": str(scene.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def started(self) -> int:
        """Waits until the driver acquires; a count that is still ahead."""
        assert self.program.stdout is not None
        line = self.program.stdout.readline()
        if line != "started\n":
            raise AssertionError(self.program.communicate(timeout=LIMIT_S)[1])
        return int((time.monotonic_ns() - self._t0_ns) * 1e-9 * self._rate) + 2 * TURN_COUNTS

    def finished(self) -> tuple[list[list[int]], tuple[int, int]]:
        """The frames as the driver printed them, and the messages: LineTriggerMissed, others."""
        out, err = self.program.communicate(timeout=LIMIT_S)
        assert self.program.returncode == 0, err
        *frames, messages = out.splitlines()
        missed, others = messages.removeprefix("messages ").split()
        return [[int(field) for field in line.split()] for line in frames], (int(missed), int(others))


def run_with_faults(
    command: list[str], folder: Path, code: int, *, area: bool, turns_s: float
) -> tuple[list[list[int]], list[int], tuple[int, int]]:
    """Two runs' worth of faults at once: frames, the pulses' counts, and the messages."""
    scene = SceneWriter(folder / "scene", WIDTH_PX, HEIGHT_PX, area=area)
    edge = scene.add_picture(np.full((HEIGHT_PX, 40), 200, np.uint8), WIDTH_PX - 40, 0)
    wide = scene.add_picture(np.full((20, WIDTH_PX), 90, np.uint8), 0, HEIGHT_PX - 20)
    run = Run(command, scene, code, turns_s=turns_s)
    try:
        first = run.started()
        faults = scene.faults
        faults.incomplete_after_lines, faults.incomplete_frames = 10, 2
        faults.wrong_size_lines, faults.slow_ms, faults.encoder_jump_counts = 50, 20, JUMP
        faults.stale_frames = faults.drop_frames = faults.line_trigger_missed_frames = 1
        faults.slow_frames = faults.encoder_jump_frames = faults.encoder_reverse_frames = faults.wrong_size_frames = 3
        faults.black_frames = faults.white_frames = faults.blur_frames = faults.freeze_frames = 2
        starts = [first + n * TURN_COUNTS for n in range(FRAMES + 1)]
        for number, start in enumerate(starts):
            scene.show(start, (edge, wide, -1)[number % 3], number=number + 1)
        frames, messages = run.finished()
    finally:
        run.program.kill()
        run.program.wait()
        scene.close()
    return frames, starts, messages


@pytest.mark.parametrize("area", [False, True], ids=["line", "area"])
@pytest.mark.parametrize(("name", "code"), PIXEL_FORMATS)
def test_frames_and_faults_leave_no_bad_access_and_no_leak(
    sanitized: Path, tmp_path: Path, name: str, code: int, area: bool
) -> None:
    frames, starts, messages = run_with_faults([str(sanitized)], tmp_path, code, area=area, turns_s=40.0)
    assert [frame[0] for frame in frames] == list(range(2, FRAMES + 2))  # the first was dropped
    assert [frame[3] for frame in frames] == [10, 50] + [HEIGHT_PX] * (FRAMES - 2)
    jumped = [start + (JUMP if area and n < 3 else 0) for n, start in enumerate(starts)]
    assert [frame[1] for frame in frames] == jumped[1:]
    assert frames[-1][2] == starts[-1] + (0 if area else 4 * (HEIGHT_PX - 1))
    assert messages[0] == (0 if area else 1)
    assert messages[1] >= 3 * FRAMES


@pytest.mark.parametrize("area", [False, True], ids=["line", "area"])
def test_valgrind_finds_nothing_either(under_valgrind: list[str], tmp_path: Path, area: bool) -> None:
    frames, _, _ = run_with_faults(under_valgrind, tmp_path, PIXEL_FORMATS[0][1], area=area, turns_s=4.0)
    assert [frame[0] for frame in frames] == list(range(2, FRAMES + 2))
