"""The station's end of the picture process: one job at a time, what became of it, and a new process for a dead one.

Lives in the event loop and never waits there. A process that dies or sits on a job for too long loses that job's
picture and no slot; it is started again at most five times a minute, then rests until the minute is over. Must not know
which pictures are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final, Protocol

from drivers.camera.supervision import RestartBudget
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.pictures.order import Job, message_of
from station.pictures.plan import PicturePlan
from station.pictures.rules import CLASSES, Keeping, KeptClass
from station.pictures.status import PictureStatus
from station.pictures.wire import WireError, packed, read_message

JOB_LIMIT_S: Final = 10.0
"""A picture takes 50 to 500 ms; on a machine that is busy with other things, some times that."""
_REST_S: Final = 5.0
_EXIT_LIMIT_S: Final = 0.8


class Peer(Protocol):
    """The other end, as a process has it."""

    async def wait(self) -> object:
        """Until it has ended."""
        ...

    def kill(self) -> None:
        """End it now."""
        ...


Spawn = Callable[[PicturePlan, socket.socket], Awaitable[Peer]]


async def spawn_process(plan: PicturePlan, control: socket.socket) -> Peer:
    """A process of its own, with `control` as its end of the socket."""
    told = replace(plan, control_fd=control.fileno())
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "station.pictures.process", told.to_json(),
        pass_fds=(control.fileno(), *(ring.fd for ring in plan.rings.values())), stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


class PictureLink:
    """`done` is called once a job, with whether it was done as asked, `previewed` for what was made on the way."""

    def __init__(
        self,
        plan: PicturePlan,
        faults: FaultBoard,
        *,
        done: Callable[[Job, bool], None],
        previewed: Callable[[Job, bytes], None],
        spawn: Spawn = spawn_process,
        job_limit_s: float = JOB_LIMIT_S,
    ) -> None:
        self._plan, self._faults, self._spawn, self._job_limit_s = plan, faults, spawn, job_limit_s
        self._done, self._previewed = done, previewed
        self._jobs: deque[Job] = deque()
        self._in_hand: Job | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = False
        self._idle = asyncio.Event()
        self._raised: set[FaultCode] = set()
        self._before: Counter[str] = Counter()
        self.status = PictureStatus()
        self.restarts = self.made_lossy = 0

    @property
    def up(self) -> bool:
        """There is a process that takes jobs: it has said its first word."""
        return self._writer is not None and self._ready

    @property
    def dropped(self) -> int:
        """Pictures that the disk refused, since the start."""
        return self._before["dropped"] + self.status.dropped

    @property
    def written(self) -> dict[KeptClass, int]:
        """Pictures written, since the start."""
        return {name: self._before[name] + self.status.written.get(name, 0) for name in CLASSES}

    def start(self) -> None:
        """Begin; the process is there some hundred milliseconds later."""
        self._task = asyncio.create_task(self._keep_up(), name="picture process")

    def put(self, job: Job) -> None:
        """Queue a job: never more than slots may be held."""
        self._jobs.append(job)
        self._hand_out()

    def take_back(self, wanted: Callable[[Job], bool]) -> list[Job]:
        """Those of the jobs that nobody has begun: they are the caller's again."""
        taken = [job for job in self._jobs if wanted(job)]
        self._jobs = deque(job for job in self._jobs if job not in taken)
        return taken

    async def stop(self, limit_s: float) -> None:
        """The jobs are done, or the limit is over; then the process ends, at the latest by force."""
        task, self._task = self._task, None
        if task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while self.up and (self._jobs or self._in_hand):
                    self._idle.clear()
                    await self._idle.wait()
        if self._writer is not None and not self._in_hand:
            self._writer.write_eof()
            await asyncio.wait({task}, timeout=_EXIT_LIMIT_S)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        for job in self.take_back(lambda _: True):
            self._done(job, False)

    async def _keep_up(self) -> None:
        """One process after the other."""
        budget, loop = RestartBudget(), asyncio.get_running_loop()
        while self._task is not None:
            if budget.take(loop.time()):
                await self._one_process()
            else:
                await asyncio.sleep(_REST_S)

    async def _one_process(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                peer = await self._spawn(self._plan, theirs)
        except BaseException as error:
            ours.close()
            if not isinstance(error, OSError):
                raise
            self._say_fault(error.strerror or str(error))
            return
        try:
            reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            while (message := await read_message(reader)) is not None:
                self._hear(*message)
        except WireError as error:
            self._say_fault(str(error))
        finally:
            writer, self._writer, self._ready = self._writer, None, False
            if writer is not None:
                writer.close()
            await _end(peer)  # before the slot goes back: a dead process reads no pixels
            self._ended()

    def _ended(self) -> None:
        """What was in hand is lost; what was counted stays counted."""
        self._before += Counter({"dropped": self.status.dropped + self.status.waiting, **self.status.written})
        self.status = replace(self.status, dropped=0, waiting=0, written={})
        self._finish(kept=False)
        for code in self._raised:
            self._faults.clear(code)
        self._raised.clear()
        if self._task is not None:
            self.restarts += 1
            self._say_fault("the process that stores them ended by itself")

    def _say_fault(self, reason: str) -> None:
        self._faults.raise_(FaultCode.PICTURES_FAULT, about="process", folder=self._plan.folder, reason=f"{reason}.")

    def _hear(self, head: dict[str, Any], body: bytes) -> None:
        if "done" in head:
            if body and self._in_hand is not None:
                self._previewed(self._in_hand, body)
            self._finish(kept=bool(head["kept"]))
            self._hand_out()
        elif "status" in head:
            self.status, self._ready = PictureStatus.of(head["status"]), True
            self._hand_out()
            self._faults.clear(FaultCode.PICTURES_FAULT, about="process")
        elif "fault" in head:
            code = FaultCode(head["fault"])
            if head["details"] is None:
                self._raised.discard(code)
                self._faults.clear(code)
            else:
                self._raised.add(code)
                self._faults.raise_(code, **head["details"])

    def _hand_out(self) -> None:
        if self._writer is None or not self._ready or self._in_hand is not None or not self._jobs:
            return
        job = self._in_hand = self._jobs.popleft()
        keeping = job.keeping
        if keeping is not None and keeping.lossless and not keeping.sampled and self._jobs:
            keeping = Keeping(keeping.kept_class, lossless=False)  # others wait: without loss takes five times as long
            self.made_lossy += 1
        self._writer.write(packed(message_of(job, keeping)))
        self._overdue = asyncio.get_running_loop().call_later(self._job_limit_s, self._hang_up)

    def _finish(self, *, kept: bool) -> None:
        job, self._in_hand = self._in_hand, None
        if self._overdue is not None:
            self._overdue.cancel()
        self._idle.set()
        if job is not None:
            self._done(job, kept)

    def _hang_up(self) -> None:
        """It sits on a job: end it."""
        if self._writer is not None:
            self._writer.transport.abort()


async def _end(peer: Peer) -> None:
    """Wait until it has ended, which it does once its socket is closed; by force where it does not."""
    try:
        await asyncio.wait_for(peer.wait(), _EXIT_LIMIT_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            peer.kill()
        await peer.wait()
