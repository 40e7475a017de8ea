"""The picture process's entry point, `python -m station.pictures.process PLAN`. Ends with the station, or before it."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import socket
import sys

import cv2

from station.pictures.plan import PicturePlan
from station.pictures.serving import serve

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """The plan is the only argument."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the station ends us in order
    plan = PicturePlan.from_json(sys.argv[1])
    with contextlib.suppress(OSError):
        os.nice(plan.nice)
    cv2.setNumThreads(1)  # else one resize would take every processor from the workers
    with socket.socket(fileno=plan.control_fd) as control:
        serve(control, plan)
    logging.shutdown()
    os._exit(0)  # a thread that hangs in the disk would keep the process


if __name__ == "__main__":
    main()
