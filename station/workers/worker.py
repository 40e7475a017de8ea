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
from collections.abc import Sequence

import cv2

from drivers.camera.ring import RingMap
from drivers.child_logs import log_as_child
from models.bundle import Bundle, BundleError, load_checked
from models.engine import Engine, check_delegated, check_golden, open_engine
from models.identity import IdentityInspector
from models.inspect import PartInspector
from station.workers.looking import ViewInspectors, look
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
_PACE_RUNS = 3


def picture_ms(bundle: Bundle, engine: Engine) -> float:
    """What the engine needs for one picture; 0 where the geometry does not tell. BundleError off the fast kernels.

    The best of some runs over the golden set, already warm: a start-up is busy, and a slow engine is slow every time.
    """
    check_delegated(bundle, engine)
    geometry = bundle.spec.preprocessing.geometry
    if geometry.kind != "fixed":
        return 0.0
    took_s: list[float] = []
    for _ in range(_PACE_RUNS):
        started = time.perf_counter()
        engine.run(bundle.golden_patches)
        took_s.append(time.perf_counter() - started)
    return min(took_s) / bundle.golden_patches.shape[0] * geometry.max_patches * 1e3


def check_pace(bundles: Sequence[Bundle], picture_times_ms: Sequence[float], budget_ms: float, threads: int) -> None:
    """BundleError if all looks at one part's pictures (a bundle and a time each) take longer than the budget."""
    part_ms = sum(picture_times_ms)
    if part_ms > budget_ms:
        slowest = bundles[max(range(len(bundles)), key=lambda place: picture_times_ms[place])]
        raise BundleError(
            f"{slowest.network_path}: a part needs {part_ms:.0f} ms on {threads} thread(s) of this machine, "
            f"expected at most the deadline of {budget_ms:.0f} ms; use a smaller network or more threads"
        )


def prove(plan: WorkerPlan) -> tuple[list[ViewInspectors], str]:
    """Who looks at each view, each engine proved on its golden set and for its pace; BundleError otherwise."""
    bundles = [load_checked(bundle.path, bundle.digest) for bundle in plan.bundles]
    engines = [open_engine(bundle, plan.threads) for bundle in bundles]
    for bundle, engine in zip(bundles, engines, strict=True):
        check_golden(bundle, engine)
    times_ms = [picture_ms(bundle, engine) for bundle, engine in zip(bundles, engines, strict=True)]
    looks = [place for view in plan.views for place in view.lookers]
    check_pace([bundles[n] for n in looks], [times_ms[n] for n in looks], plan.budget_ms, plan.threads)
    defects = {
        n: PartInspector(bundles[n], engines[n], None if bundles[n].head_weights is None else engines[n])
        for n in {view.bundle for view in plan.views}
        if n is not None
    }
    types = {
        n: IdentityInspector(bundles[n], engines[n]) for n in {view.identity for view in plan.views} if n is not None
    }
    views = [
        ViewInspectors(
            None if view.bundle is None else defects[view.bundle],
            None if view.identity is None else types[view.identity],
        )
        for view in plan.views
    ]
    return views, engines[0].identity.name


def serve(plan: WorkerPlan, control: socket.socket, proved: tuple[list[ViewInspectors], str] | None = None) -> None:
    """Load, prove (unless `proved` has what `prove` gave), and answer jobs until the station hangs up."""
    try:
        inspectors, engine_name = proved or prove(plan)
    except BundleError as refused:
        control.send(pack(Refused(str(refused))))
        return
    rings = [RingMap(layout) for layout in plan.rings]
    try:
        control.send(pack(Ready(engine_name)))
        while datagram := control.recv(MESSAGE_BYTES_MAX):
            job: Job = unpack(datagram)
            view = plan.views[job.view]
            try:
                answer = look(inspectors[job.view], rings[view.ring].slot(job.slot), job, view)
            except Exception as error:  # noqa: BLE001  # whatever went wrong over this part: it is rejected, and said
                answer = JobFailed(job.part_uid, job.view, f"{type(error).__name__}: {error}")
            control.send(pack(answer))
    finally:
        for ring in rings:
            ring.close()


def main() -> None:
    """Entry point: the plan is the only argument."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the station ends us in order
    log_as_child()
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
