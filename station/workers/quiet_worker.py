"""A worker that prepares beside a running line: it loads and proves its networks behind the others.

A process without privileges can lower its priority and never raise it again, but priorities are each thread's own: the
proof has a thread of a low one, and the main thread, which will do the work, keeps the workers' own. Must not
import anything heavy before that thread runs: importing is half of the work.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.child_logs import log_as_child
from station.workers.messages import Refused, WorkerPlan, pack

if TYPE_CHECKING:
    from station.workers.looking import ViewInspectors

_PR_SET_PDEATHSIG = 1
_BEHIND = 10
"""So much nicer than the worker that it will be: a tenth of a core that both want."""
_NICEST = 19


@dataclass(slots=True)
class Proof:
    """What came of it: the inspectors and the engine's name as `worker.prove` gives them, or what went wrong."""

    proved: tuple[list[ViewInspectors], str] | None = None
    wrong: BaseException | None = None


def prove_behind_all(plan: WorkerPlan) -> Proof:
    """Import the engine and prove the plan's networks, at low priority."""
    proof = Proof()

    def work() -> None:
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(_NICEST, own + _BEHIND))
        try:
            import cv2

            from station.workers.worker import prove

            cv2.setNumThreads(plan.threads)
            proof.proved = prove(plan)
        except BaseException as error:  # noqa: BLE001  # told below, by the thread that has the socket
            proof.wrong = error

    thread = threading.Thread(target=work, name="proof")
    thread.start()
    thread.join()
    return proof


def main() -> None:
    """Entry point, as the worker's own: the plan is the only argument."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log_as_child()
    plan = WorkerPlan.from_json(sys.argv[1])
    os.nice(plan.nice)
    proof = prove_behind_all(plan)

    from models.bundle import BundleError
    from station.workers.worker import serve

    with socket.socket(fileno=plan.control_fd) as control:
        try:
            if isinstance(proof.wrong, BundleError):
                control.send(pack(Refused(str(proof.wrong))))
            elif proof.wrong is not None:
                raise proof.wrong
            else:
                # An engine's own threads have the priority of the thread that opened it: with several, open it anew.
                serve(plan, control, proof.proved if plan.threads == 1 else None)
        except (BrokenPipeError, ConnectionResetError):
            return  # the station went first, or does not want us any more


if __name__ == "__main__":
    main()
