"""The asyncio side of the classification workers: hands out jobs, notices the dead and the stuck, respawns.

Queue: at most `jobs_max` jobs wait, oldest first; a job beyond that fails at once (its part is rejected) and says so.
A worker that dies or sits on a job past its limit is killed; its job fails, and it is respawned at most five times a
minute, then stays down. Must not know what a verdict is.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.camera.interface import RingLayout
from drivers.camera.supervision import RESTARTS_A_MINUTE, RestartBudget
from drivers.child_logs import MAX_LINE_BYTES, child_environment, relay
from station.workers.events import PoolEvent, WorkerDown, WorkerStuck, WorkerUp
from station.workers.messages import (
    MESSAGE_BYTES_MAX,
    CheckedBundle,
    Job,
    JobFailed,
    Ready,
    Refused,
    ViewPlan,
    WorkerPlan,
    pack,
    unpack,
)

_START_LIMIT_S = 30.0
_QUIET_START_LIMIT_S = 120.0
"""Behind everything else on a busy machine."""
_STOP_LIMIT_S = 1.0
_EVENTS_MAX = 1024
_STUCK_FACTOR = 2
_WORKER, _QUIET_WORKER = "station.workers.worker", "station.workers.quiet_worker"


class WorkerError(RuntimeError):
    """The workers cannot start; one sentence."""


@dataclass(slots=True)
class _Worker:
    index: int
    process: asyncio.subprocess.Process
    control: socket.socket
    words: asyncio.Task[None]
    """Says in the station's log what the process says."""
    job: Job | None = None
    sent_ns: int = 0
    ready: bool = False
    killed: bool = False


class WorkerPool:
    """`processes` workers over the cameras' rings; every worker can look at every view.

    `deadline_ns` is the recipe's: engines that need longer for one part are refused, and a worker that sits on one
    picture for twice as long is killed. `quiet`: the workers prove themselves behind everything else that runs.
    """

    def __init__(
        self,
        views: Sequence[ViewPlan],
        bundles: Sequence[CheckedBundle],
        rings: Sequence[RingLayout],
        *,
        processes: int,
        threads: int,
        nice: int,
        jobs_max: int,
        deadline_ns: int,
        quiet: bool = False,
    ) -> None:
        self._views, self._bundles, self._rings = tuple(views), tuple(bundles), tuple(rings)
        self._processes, self._threads, self._nice = processes, threads, nice
        self._jobs_max, self._deadline_ns = jobs_max, deadline_ns
        self._stuck_after_ns = _STUCK_FACTOR * deadline_ns
        self._workers: dict[int, _Worker] = {}
        self._waiting: deque[Job] = deque()
        self._events: asyncio.Queue[PoolEvent] = asyncio.Queue(_EVENTS_MAX)
        self._budgets: dict[int, RestartBudget] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self.quiet = quiet
        """Workers that start from here on take their time."""
        self.restarts = 0
        self.refused = 0
        """Jobs that found the queue full."""
        self.engine = ""

    @property
    def depth(self) -> int:
        """Jobs that wait for a worker."""
        return len(self._waiting)

    @property
    def capacity(self) -> int:
        """Jobs that may wait."""
        return self._jobs_max

    @property
    def alive(self) -> int:
        """Workers that can take a job."""
        return sum(worker.ready for worker in self._workers.values())

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid for worker in self._workers.values()]

    async def start(self) -> None:
        """All workers up with the golden set reproduced; WorkerError with the first refusal otherwise."""
        answers = await asyncio.gather(*(self._spawn(index) for index in range(self._processes)))
        refusals = [answer.sentence for answer in answers if isinstance(answer, Refused)]
        if refusals:
            await self.stop()
            raise WorkerError(refusals[0])

    def submit(self, job: Job) -> None:
        """Give a job to a free worker, or queue it; a full queue fails the job."""
        if len(self._waiting) >= self._jobs_max:
            self.refused += 1
            self._post(JobFailed(job.part_uid, job.view, f"{self._jobs_max} jobs wait already"))
            return
        self._waiting.append(job)
        self._hand_out()

    async def next_event(self) -> PoolEvent:
        """The next thing that happened."""
        return await self._events.get()

    def kill_stuck(self, now_ns: int) -> list[WorkerStuck]:
        """Kill workers that have had one picture for longer than the limit; their death is then handled as any."""
        killed: list[WorkerStuck] = []
        for worker in self._workers.values():
            held_ns = now_ns - worker.sent_ns
            if worker.job is not None and not worker.killed and held_ns > self._stuck_after_ns:
                worker.killed = True
                with contextlib.suppress(ProcessLookupError):
                    worker.process.kill()
                killed.append(WorkerStuck(worker.index, held_ns // 1_000_000, self._stuck_after_ns // 1_000_000))
        return killed

    async def stop(self) -> None:
        """End all workers within two seconds; waiting jobs are dropped (their parts have been rejected by then)."""
        self._stopping = True
        self._waiting.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._end(worker) for worker in list(self._workers.values())))
        self._workers.clear()

    async def _spawn(self, index: int) -> Ready | Refused:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        plan = WorkerPlan(
            theirs.fileno(),
            self._rings,
            self._bundles,
            self._views,
            self._threads,
            self._nice,
            self._deadline_ns / 1e6,
        )
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", _QUIET_WORKER if self.quiet else _WORKER, plan.to_json(),
                pass_fds=(plan.control_fd, *(ring.fd for ring in plan.rings)), stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE, limit=MAX_LINE_BYTES, env=child_environment(),
            )  # fmt: skip
        ours.setblocking(False)
        assert process.stderr is not None
        said = relay(process.stderr, f"classifier {index}", process.pid)
        worker = _Worker(index, process, ours, asyncio.create_task(said, name=f"words of worker {index}"))
        self._workers[index] = worker
        limit_s = _QUIET_START_LIMIT_S if self.quiet else _START_LIMIT_S
        loop = asyncio.get_running_loop()
        try:
            datagram = await asyncio.wait_for(loop.sock_recv(ours, MESSAGE_BYTES_MAX), limit_s)
            answer = (
                unpack(datagram)
                if datagram
                else Refused(f"worker {index} ended before it was ready (see its last words above)")
            )
        except TimeoutError:
            answer = Refused(f"worker {index} was not ready within {limit_s:.0f} s")
        if isinstance(answer, Ready):
            worker.ready = True
            self.engine = answer.engine
            loop.add_reader(ours.fileno(), self._readable, worker)
        else:
            await self._end(worker)
            self._workers.pop(index, None)
        return answer

    def _readable(self, worker: _Worker) -> None:
        try:
            datagram = worker.control.recv(MESSAGE_BYTES_MAX)
        except BlockingIOError:
            return
        except ConnectionResetError:
            datagram = b""
        if not datagram:
            self._died(worker)
            return
        worker.job = None
        self._post(unpack(datagram))
        self._hand_out()

    def _hand_out(self) -> None:
        for worker in self._workers.values():
            if not self._waiting:
                return
            if worker.ready and worker.job is None:
                worker.job, worker.sent_ns = self._waiting.popleft(), time.monotonic_ns()
                try:
                    worker.control.send(pack(worker.job))
                except OSError:
                    self._died(worker)

    def _died(self, worker: _Worker) -> None:
        asyncio.get_running_loop().remove_reader(worker.control.fileno())
        worker.ready = False
        self._workers.pop(worker.index, None)
        if worker.job is not None:
            self._post(JobFailed(worker.job.part_uid, worker.job.view, f"worker {worker.index} died over it"))
        if not self._stopping:
            task = asyncio.create_task(self._revive(worker), name=f"revive worker {worker.index}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _revive(self, dead: _Worker) -> None:
        await self._end(dead)
        budget = self._budgets.setdefault(dead.index, RestartBudget())
        if not budget.take(time.monotonic()):
            sentence = f"worker {dead.index} died more than {RESTARTS_A_MINUTE} times within a minute and stays down"
            self._post(WorkerDown(dead.index, sentence, final=True))
            return
        self.restarts += 1
        self._post(
            WorkerDown(dead.index, f"worker {dead.index} ended with status {dead.process.returncode}", final=False)
        )
        answer = await self._spawn(dead.index)
        if isinstance(answer, Refused):
            self._post(WorkerDown(dead.index, answer.sentence, final=True))
            return
        self._post(WorkerUp(dead.index))
        self._hand_out()

    async def _end(self, worker: _Worker) -> None:
        loop = asyncio.get_running_loop()
        if worker.control.fileno() >= 0:
            loop.remove_reader(worker.control.fileno())
            worker.control.close()
        try:
            await asyncio.wait_for(worker.process.wait(), _STOP_LIMIT_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()
            await worker.process.wait()
        await asyncio.wait({worker.words}, timeout=_STOP_LIMIT_S)
        worker.words.cancel()

    def _post(self, event: PoolEvent) -> None:
        # Bounded by construction: at most one result a job in flight and one note a respawn; a full queue is a bug.
        self._events.put_nowait(event)
