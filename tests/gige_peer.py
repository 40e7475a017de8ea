"""A GigE Vision camera for the tests: libaravis' fake one, with pictures of our own, in a network namespace of its own.

`unshare --net python -m tests.gige_peer ADDRESS SERIAL WIDTH HEIGHT`; it says `ready` when the wire has been put into
its namespace and it listens. Orders come as lines: `loss PER_THOUSAND`, `end`; each is answered with `done`. It ends
with its standard input, or with the test that started it; the namespace and the wire end with it.
"""

from __future__ import annotations

import ctypes
import functools
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIRE = "eth-cam"
MTU_BYTES = 9000
PACKET_BYTES = 8192
WIRE_LIMIT_S = 10.0
_SENSOR_WIDTH, _SENSOR_HEIGHT, _WIDTH, _HEIGHT, _PACKET_SIZE = 0x11C, 0x118, 0x100, 0x104, 0xD04
_31_INVERSE = pow(31, -1, 256)
_PR_SET_PDEATHSIG = 1
_G_TYPE_DOUBLE = 15 << 2
_FILL = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 2, *[ctypes.c_uint32] * 3)


def picture(number: int, height_px: int, width_px: int) -> NDArray[np.uint8]:
    """What the camera sees in its frame `number`: every line and every frame unlike its neighbours."""
    return _plain(height_px, width_px) + np.uint8(number * 31 % 256)


def number_of(image: NDArray[np.uint8]) -> int:
    """The number of a picture, of which only the lowest eight bits can be told."""
    return int(image[0, 0]) * _31_INVERSE % 256


@functools.cache
def _plain(height_px: int, width_px: int) -> NDArray[np.uint8]:
    lines = np.arange(height_px, dtype=np.uint32)[:, None] * 7
    columns = np.arange(width_px, dtype=np.uint32)[None, :] // 8
    return (lines + columns).astype(np.uint8)


class _GValue(ctypes.Structure):
    _fields_ = (("g_type", ctypes.c_size_t), ("data", ctypes.c_uint64 * 2))


class FakeCamera:
    """libaravis' fake GigE Vision camera at this address."""

    def __init__(self, address: str, serial: str, width_px: int, height_px: int) -> None:
        self._aravis = ctypes.CDLL("libaravis-0.8.so.0")
        self._gobject = ctypes.CDLL("libgobject-2.0.so.0")
        self._aravis.arv_gv_fake_camera_new.restype = ctypes.c_void_p
        self._aravis.arv_gv_fake_camera_get_fake_camera.restype = ctypes.c_void_p
        self._camera = ctypes.c_void_p(self._aravis.arv_gv_fake_camera_new(address.encode(), serial.encode()))
        if not self._aravis.arv_gv_fake_camera_is_running(self._camera):
            sys.exit("the fake camera does not run")
        self._fake = ctypes.c_void_p(self._aravis.arv_gv_fake_camera_get_fake_camera(self._camera))
        self._aravis.arv_buffer_get_data.restype = ctypes.c_void_p
        self._aravis.arv_buffer_get_frame_id.restype = ctypes.c_uint64
        for register, value in (
            (_SENSOR_WIDTH, width_px),
            (_SENSOR_HEIGHT, height_px),
            (_WIDTH, width_px),
            (_HEIGHT, height_px),
            (_PACKET_SIZE, PACKET_BYTES),
        ):
            self._aravis.arv_fake_camera_write_register(self._fake, ctypes.c_uint32(register), ctypes.c_uint32(value))
        self._fill = _FILL(self._paint)
        self._aravis.arv_fake_camera_set_fill_pattern(self._fake, self._fill, None)

    def _register(self, address: int) -> int:
        value = ctypes.c_uint32()
        self._aravis.arv_fake_camera_read_register(self._fake, ctypes.c_uint32(address), ctypes.byref(value))
        return value.value

    def _paint(self, buffer: int, _user: int, _exposure_us: int, _gain: int, _format: int) -> None:
        size = ctypes.c_size_t()
        handle = ctypes.c_void_p(buffer)
        memory = self._aravis.arv_buffer_get_data(handle, ctypes.byref(size))  # the size is 0 in here
        number = self._aravis.arv_buffer_get_frame_id(handle)
        image = picture(int(number), self._register(_HEIGHT), self._register(_WIDTH))
        ctypes.memmove(memory, image.ctypes.data, image.nbytes)

    def lose(self, per_thousand: float) -> None:
        """Leave out this many of a thousand packets, by chance."""
        value = _GValue()
        self._gobject.g_value_init(ctypes.byref(value), ctypes.c_size_t(_G_TYPE_DOUBLE))
        self._gobject.g_value_set_double(ctypes.byref(value), ctypes.c_double(per_thousand / 1000))
        self._gobject.g_object_set_property(self._camera, b"gvsp-lost-ratio", ctypes.byref(value))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=WIRE_LIMIT_S)


def bring_up_wire(address: str) -> None:
    """Wait for our end of the wire, which the test puts into this namespace, and give it the camera's address."""
    deadline_s = time.monotonic() + WIRE_LIMIT_S
    while not Path("/proc/self/net/dev").read_text().count(WIRE):
        if time.monotonic() > deadline_s:
            sys.exit("no wire came")
        time.sleep(0.01)
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "addr", "add", f"{address}/24", "dev", WIRE)
    _run("ip", "link", "set", WIRE, "up", "mtu", str(MTU_BYTES))


def main(address: str, serial: str, width_px: int, height_px: int) -> int:
    """Serve until told to end."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    bring_up_wire(address)
    camera = FakeCamera(address, serial, width_px, height_px)
    print("ready", flush=True)
    for line in sys.stdin:
        order, *values = line.split()
        if order == "loss":
            camera.lose(float(values[0]))
        print("done", flush=True)
        if order == "end":
            break
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
