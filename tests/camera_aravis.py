"""A GigE Vision camera on a wire of its own: a program in a network namespace, and the host's end of a veth pair.

The namespace is that of the program and has no name: it ends with the program, and the wire with it, whatever becomes
of the tests. Needs root, `ip` and `unshare`, libaravis and a C compiler; skips loudly where one of them is missing.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.camera.aravis.build import BuildError, aravis_producer
from drivers.camera.settings import CameraSettings

REPO = Path(__file__).resolve().parents[1]
SERIAL = f"GIGE{os.getpid()}"  # a camera of another run on this machine is found, too
STOCK_SERIAL = f"STOCK{os.getpid() % 100_000}"
STOCK_PROGRAM = "arv-fake-gv-camera-0.8"
WIDTH_PX, HEIGHT_PX = 640, 480
MTU_BYTES = 9000
LIMIT_S = 10.0
_numbers = itertools.count()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=LIMIT_S)


def _wait_until(what: str, is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not is_so():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {LIMIT_S:.0f} s")
        time.sleep(0.01)


class Wire:
    """A veth pair: the host's end is `name`, the other end is `eth-cam` in the namespace of a program."""

    def __init__(self) -> None:
        number = next(_numbers)
        subnet = f"10.{200 + number % 50}.{os.getpid() % 250 + 1}"  # test runs on one machine do not share addresses
        self.name = f"ec{os.getpid()}n{number}"
        self.host_address, self.camera_address = f"{subnet}.1", f"{subnet}.2"

    def lay(self, pid: int) -> None:
        """Make it and put its other end where the program `pid` is."""
        here = Path("/proc/self/ns/net").readlink()
        _wait_until("a namespace of its own", lambda: Path(f"/proc/{pid}/ns/net").readlink() != here)
        _ip("link", "add", self.name, "type", "veth", "peer", "name", "eth-cam", "netns", str(pid))
        _ip("addr", "add", f"{self.host_address}/24", "dev", self.name)
        _ip("link", "set", self.name, "mtu", str(MTU_BYTES))
        self.plug()

    def plug(self) -> None:
        """Link up."""
        _ip("link", "set", self.name, "up")

    def unplug(self) -> None:
        """Link down."""
        _ip("link", "set", self.name, "down")

    def take_away(self) -> None:
        """Nothing of it is left. It may have gone with its other end."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "delete", self.name)
        _wait_until("the wire gone", lambda: not Path(f"/sys/class/net/{self.name}").exists())


class GigeCamera:
    """A camera program behind a wire. `ADDRESS` in `command` stands for the camera's; it says `ready` when it is."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._program: subprocess.Popen[str] | None = None
        self.wire = Wire()

    def power_on(self) -> None:
        """Start the program, lay the wire, wait until it is ready."""
        address = self.wire.camera_address
        command = [part.replace("ADDRESS", address) for part in self._command]
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
    reason = None
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        reason = "not root on Linux"
    elif shutil.which("ip") is None or shutil.which("unshare") is None:
        reason = "no `ip` or no `unshare`"
    elif subprocess.run(["unshare", "--net", "true"], capture_output=True, timeout=LIMIT_S, check=False).returncode:
        reason = "no network namespaces here"
    else:
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
    wait = "n=0; until grep -q eth-cam /proc/self/net/dev || [ $n = 500 ]; do sleep .02; n=$((n+1)); done"
    up = "ip link set lo up; ip addr add ADDRESS/24 dev eth-cam && ip link set eth-cam up && echo ready"
    camera = GigeCamera(["sh", "-c", f"{wait}; {up}; exec {STOCK_PROGRAM} -i ADDRESS -s {STOCK_SERIAL} >&2"])
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
