"""A classification worker: reads frames in place in the shared ring, answers with facts.

Blocking on purpose: one job at a time, engine threads inside. Ends when the station closes its socket, or dies. Must
not decide anything: whether a picture's facts become a verdict is the line machine's business.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera.interface import RingLayout
from drivers.camera.ring import RingMap
from models.bundle import Bundle, BundleError, load_bundle
from models.engine import Engine, check_golden, open_engine
from models.inspect import PartInspector
from station.core.values import PictureFacts
from station.workers.messages import (
    MESSAGE_BYTES_MAX,
    Job,
    JobFailed,
    Ready,
    Refused,
    WorkerPlan,
    pack,
    unpack,
)

_PR_SET_PDEATHSIG = 1
_DIGEST_ROWS = 16
_PACE_RUNS = 3


def picture_digest(image: NDArray[np.uint8]) -> int:
    """Checksum of some whole rows of the picture; a live sensor's noise changes it with every frame."""
    return zlib.crc32(image[:: max(1, image.shape[0] // _DIGEST_ROWS)].tobytes())


def look(inspector: PartInspector, image: NDArray[np.uint8], part_uid: int) -> PictureFacts:
    """Inspect one picture."""
    started_ns = time.monotonic_ns()
    seen = inspector.inspect(image)
    digest = picture_digest(image)
    vote = seen.vote
    return PictureFacts(
        part_uid=part_uid,
        problem=seen.problem or (None if vote is not None else "no vote"),
        defective=not seen.sound,
        class_index=max(0, vote.class_index) if vote else 0,
        score=float(vote.score) if vote else 0.0,
        patch_index=vote.patch_index if vote else None,
        digest=digest,
        started_ns=started_ns,
        finished_ns=time.monotonic_ns(),
        stage_us=dict(seen.stage_us),
    )


def check_pace(bundle: Bundle, engine: Engine, budget_ms: float) -> None:
    """BundleError if the engine left its fast kernels, or cannot look at one part within the budget.

    The best of some runs over the golden set, already warm: a start-up is busy, and a slow engine is slow every time.
    The time of a part is known only for a fixed geometry.
    """
    if engine.identity.delegated is False:
        raise BundleError(
            f"{bundle.network_path}: expected a network that runs whole on the fast kernels of {engine.identity.name}, "
            "found one that it splits (7 to 22 times slower); export it again with `station model train`"
        )
    geometry = bundle.spec.preprocessing.geometry
    if geometry.kind != "fixed":
        return
    took_s: list[float] = []
    for _ in range(_PACE_RUNS):
        started = time.perf_counter()
        engine.run(bundle.golden_patches)
        took_s.append(time.perf_counter() - started)
    part_ms = min(took_s) / bundle.golden_patches.shape[0] * geometry.max_patches * 1e3
    if part_ms > budget_ms:
        raise BundleError(
            f"{bundle.network_path}: needs {part_ms:.0f} ms a part on {engine.identity.threads} thread(s) of this "
            f"machine, expected at most the deadline of {budget_ms:.0f} ms; use a smaller network or more threads"
        )


def serve(plan: WorkerPlan, control: socket.socket) -> None:
    """Load, prove, and answer jobs until the station hangs up."""
    try:
        bundle = load_bundle(Path(plan.bundle))
        engine = open_engine(bundle, plan.threads)
        check_golden(bundle, engine)
        check_pace(bundle, engine, plan.budget_ms)
    except BundleError as refused:
        control.send(pack(Refused(str(refused))))
        return
    layout = RingLayout(plan.ring_fd, plan.slots, plan.slot_bytes, plan.height_px, plan.width_px)
    inspector = PartInspector(bundle, engine)
    ring = RingMap(layout)
    try:
        control.send(pack(Ready(engine.identity.name)))
        while datagram := control.recv(MESSAGE_BYTES_MAX):
            job: Job = unpack(datagram)
            try:
                answer = look(inspector, ring.slot(job.slot), job.part_uid)
            except Exception as error:  # noqa: BLE001  # whatever went wrong over this part: it is rejected, and said
                answer = JobFailed(job.part_uid, f"{type(error).__name__}: {error}")
            control.send(pack(answer))
    finally:
        ring.close()


def main() -> None:
    """Entry point: the plan is the only argument."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the station ends us in order
    plan = WorkerPlan.from_json(sys.argv[1])
    os.nice(plan.nice)
    cv2.setNumThreads(plan.threads)
    with socket.socket(fileno=plan.control_fd) as control:
        try:
            serve(plan, control)
        except (BrokenPipeError, ConnectionResetError):
            return  # the station went first


if __name__ == "__main__":
    main()
