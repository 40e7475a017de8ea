"""A GigE Vision camera on a wire of its own: a program in a network namespace, and the host's end of a veth pair.

The namespace is that of the program and has no name: it ends with the program, and the wire with it, whatever becomes
of the tests. Needs root, `ip` and `unshare`, libaravis and a C compiler; skips loudly where one of them is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.camera.aravis.build import BuildError, aravis_producer
from drivers.camera.settings import CameraSettings
from tests.wire import Wire, no_wire

REPO = Path(__file__).resolve().parents[1]
SERIAL = f"GIGE{os.getpid()}"  # a camera of another run on this machine is found, too
STOCK_SERIAL = f"STOCK{os.getpid() % 100_000}"
STOCK_PROGRAM = "arv-fake-gv-camera-0.8"
WIDTH_PX, HEIGHT_PX = 640, 480
MTU_BYTES = 9000
FAR_NAME = "eth-cam"
LIMIT_S = 10.0


class GigeCamera:
    """A camera program behind a wire. `ADDRESS` in `command` stands for the camera's, `FAR_END_UP` for what brings its
    end of the wire up; it says `ready` when it is."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._program: subprocess.Popen[str] | None = None
        self.wire = Wire(FAR_NAME, mtu_bytes=MTU_BYTES)

    def power_on(self) -> None:
        """Start the program, lay the wire, wait until it is ready."""
        address, up = self.wire.far_address, self.wire.far_end_up()
        command = [part.replace("FAR_END_UP", up).replace("ADDRESS", address) for part in self._command]
        self._program = subprocess.Popen(
            ["unshare", "--net", *command], cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.wire.lay(self._program.pid)
        assert self._program.stdout is not None
        assert self._program.stdout.readline() == "ready\n", "the camera program did not start"

    def order(self, order: str) -> None:
        """Have the program do something, and wait until it has."""
        assert self._program is not None
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(f"{order}\n")
        self._program.stdin.flush()
        assert self._program.stdout.readline() == "done\n"

    def power_off(self) -> None:
        """End the program at once, as a power cut does. Idempotent."""
        program, self._program = self._program, None
        if program is None:
            return
        program.kill()
        program.wait(LIMIT_S)
        for pipe in (program.stdin, program.stdout):
            if pipe is not None:
                pipe.close()
        self.wire.take_away()


def need_wire() -> None:
    """Skip loudly where a namespace, a wire or the producer cannot be had."""
    reason = no_wire()
    if reason is None:
        try:
            aravis_producer()
        except BuildError as error:
            reason = str(error)
    if reason is not None:
        pytest.skip(f"LOUD SKIP: {reason}: GigE Vision is NOT tested here")


@contextmanager
def stock_camera() -> Iterator[GigeCamera]:
    """libaravis' own program, unchanged, with its own pictures; skips loudly where it is not installed."""
    need_wire()
    if shutil.which(STOCK_PROGRAM) is None:
        pytest.skip(f"LOUD SKIP: no {STOCK_PROGRAM} (sh tests/peers-aravis.sh): a camera of other hands is NOT tested")
    command = f"FAR_END_UP && echo ready; exec {STOCK_PROGRAM} -i ADDRESS -s {STOCK_SERIAL} >&2"
    camera = GigeCamera(["sh", "-c", command])
    try:
        camera.power_on()
        yield camera
    finally:
        camera.power_off()


@contextmanager
def gige_camera(
    program: str = "tests.gige_peer", width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX
) -> Iterator[GigeCamera]:
    """libaravis' fake camera, or our own line-scan camera (`tests.gige_line_peer`), powered on."""
    need_wire()
    camera = GigeCamera([sys.executable, "-m", program, "ADDRESS", SERIAL, str(width_px), str(height_px)])
    try:
        camera.power_on()
        yield camera
    finally:
        camera.power_off()


def aravis_settings(**changes: object) -> CameraSettings:
    """The fake camera, running free."""
    values: dict[str, object] = {
        "producer": str(aravis_producer()),
        "serial": SERIAL,
        "width_px": WIDTH_PX,
        "lines_per_frame": HEIGHT_PX,
        "line_trigger": None,
        "frame_trigger": "Off",
        "chunks": (),
        **changes,
    }
    return CameraSettings.model_validate(values)


@contextmanager
def aravis_camera() -> Iterator[CameraSettings]:
    """A camera for the contract suite, there while the context lasts."""
    with gige_camera():
        yield aravis_settings()
