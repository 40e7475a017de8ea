"""The producer over libaravis under AddressSanitizer and UndefinedBehaviorSanitizer, and valgrind, driven in C."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.camera.aravis import build
from drivers.camera.gentl.compile import GENTL_FOLDER
from tests.camera_aravis import HEIGHT_PX, SERIAL, WIDTH_PX, GigeCamera, gige_camera

DRIVER = Path(__file__).with_name("test_camera_aravis_driver.c")
ROUNDS, FRAMES = 2, 8
ACQUISITIONS = 2 * ROUNDS + 1
LIMIT_S = 50.0
KNOWN = """{
   libaravis forgets an error when a network interface goes during its discovery
   Memcheck:Leak
   ...
   fun:arv_interface_update_device_list
}
"""
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
KINDS = ("--show-leak-kinds=definite", "--errors-for-leak-kinds=definite")
VALGRIND = ("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", *KINDS)


@pytest.fixture(scope="module")
def peer() -> Iterator[GigeCamera]:
    with gige_camera() as peer:
        yield peer


def driver(folder: Path, *flags: str) -> Path:
    compiler = shutil.which("cc")
    assert compiler is not None  # the producer was built with one
    program = folder / "driver"
    sources = [DRIVER, *sorted([*build.FOLDER.glob("*.c"), *GENTL_FOLDER.glob("*.c")])]
    command = [compiler, "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", *flags]
    command += [f"-I{build.FOLDER}", f"-I{GENTL_FOLDER}", "-o", str(program), *map(str, sources)]
    command += [f"-l:{library}" for library in build.LIBRARIES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0 and "san" in done.stderr and "cannot find" in done.stderr:
        pytest.skip("LOUD SKIP: this compiler has no sanitizers: the producer's memory handling is NOT tested")
    assert done.returncode == 0, done.stderr
    return program


def check(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    frames = [[int(field) for field in line.split()] for line in done.stdout.splitlines() if line[:1].isdigit()]
    assert len(frames) == FRAMES * ACQUISITIONS
    for _, incomplete, size_filled, lines in frames:
        assert size_filled == lines * WIDTH_PX
        assert (lines < HEIGHT_PX) == bool(incomplete)
    starved = re.findall(r"underruns (\d+) missing (\d+)", done.stdout)
    assert len(starved) == ACQUISITIONS
    for underruns, missing in starved:
        assert int(underruns) == int(missing) > 0


def test_with_packets_lost_there_is_no_bad_access_and_no_leak(tmp_path: Path, peer: GigeCamera) -> None:
    program = driver(tmp_path, *SANITIZE)
    peer.order("loss 3")
    try:
        check([str(program), str(ROUNDS), str(FRAMES), SERIAL])
    finally:
        peer.order("loss 0")


def test_valgrind_finds_nothing(tmp_path: Path, peer: GigeCamera) -> None:
    assert peer.wire.far_address
    if shutil.which("valgrind") is None:
        pytest.skip("LOUD SKIP: no valgrind: uninitialised memory in the producer is NOT looked for")
    known = tmp_path / "known"
    known.write_text(KNOWN)
    check([*VALGRIND, f"--suppressions={known}", str(driver(tmp_path)), str(ROUNDS), str(FRAMES), SERIAL])
