"""One picture with all the depth and colour that a camera gives, for a technician: a program of its own.

`python -m drivers.camera.still PICTURE.png LIMIT_S` with a capture plan on standard input; started by discovery.py. The
frame ring holds 8 bits of grey; this goes around it. 10 and 12 bits lie in the upper bits of a 16-bit PNG.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from drivers.camera.interface import CameraError
from drivers.camera.pixels import full_depth
from drivers.camera.recording import write_png
from drivers.camera.session import Session
from drivers.camera.session_producer import CameraLostError
from drivers.camera.wire import Plan, decode_plan

_SLICE_MS = 50


def take(plan: Plan, picture: Path, limit_s: float) -> dict[str, object]:
    """Take one picture and write it; what it is, or an "error"."""
    try:
        session = Session(plan)
        try:
            session.open()
            session.fire()
            return _next_picture(session, picture, limit_s)
        finally:
            session.end()
    except (CameraError, CameraLostError) as error:
        return {"error": str(error)}


def _next_picture(session: Session, picture: Path, limit_s: float) -> dict[str, object]:
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        received = session.wait(_SLICE_MS)
        if received is None:
            continue
        try:
            fmt = received.pixel_format
            if fmt is None or not received.is_image:
                return {"error": "the camera sent a picture in a format that cannot be read: set PixelFormat"}
            if received.lines < received.height_px:
                continue
            size = (received.height_px, received.width_px)
            pixels = full_depth(received.pixels, fmt, *size, received.padding_bytes)
            if pixels.dtype == np.uint16:
                np.left_shift(pixels, 16 - fmt.depth_bits, out=pixels)
            write_png(picture, pixels)
            return {"width_px": size[1], "height_px": size[0], "pixel_format": fmt.name}
        finally:
            session.give_back(received.raw)
    return {"error": f"no whole picture came within {limit_s:g} s"}


def main(arguments: list[str]) -> int:
    """Take the picture off the main thread, where harvesters would take over SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    answer = os.dup(1)
    os.dup2(2, 1)  # producers print on standard output
    plan = decode_plan(sys.stdin.buffer.read())
    if plan.scene is not None:
        os.environ["EDGE_SCENE"] = plan.scene
    taken: list[dict[str, object]] = []
    worker = threading.Thread(target=lambda: taken.append(take(plan, Path(arguments[0]), float(arguments[1]))))
    worker.start()
    worker.join()
    with os.fdopen(answer, "w", encoding="utf-8") as out:
        json.dump(taken[0] if taken else {"error": "the picture could not be taken"}, out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
