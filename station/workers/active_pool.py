"""The workers in use, whichever recipe they belong to: one name for the pool that the line works with now.

Another pool takes its place in one step (`change_over`); whoever holds this object goes on with the new one. Must not
know recipes, nor whether this is a good instant: the caller does.
"""

from __future__ import annotations

import asyncio
import contextlib

from station.workers.events import PoolEvent, WorkerStuck
from station.workers.messages import Job
from station.workers.pool import WorkerPool


class ActivePool:
    """Over a started pool. What is counted since start goes on over changeovers."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._listening: asyncio.Task[PoolEvent] | None = None
        self._restarts_before = self._refused_before = 0

    @property
    def depth(self) -> int:
        """Jobs that wait for a worker."""
        return self._pool.depth

    @property
    def capacity(self) -> int:
        """Jobs that may wait."""
        return self._pool.capacity

    @property
    def alive(self) -> int:
        """Workers that can take a job."""
        return self._pool.alive

    @property
    def restarts(self) -> int:
        """Workers that were replaced since start."""
        return self._restarts_before + self._pool.restarts

    @property
    def refused(self) -> int:
        """Jobs that found the queue full since start."""
        return self._refused_before + self._pool.refused

    @property
    def engine(self) -> str:
        """What the networks run on."""
        return self._pool.engine

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers in use."""
        return self._pool.pids

    def submit(self, job: Job) -> None:
        """See WorkerPool."""
        self._pool.submit(job)

    def kill_stuck(self, now_ns: int) -> list[WorkerStuck]:
        """See WorkerPool."""
        return self._pool.kill_stuck(now_ns)

    async def next_event(self) -> PoolEvent:
        """The next thing that happened in the pool in use. One reader at a time."""
        while True:
            self._listening = asyncio.create_task(self._pool.next_event(), name="the workers' next event")
            try:
                await asyncio.wait((self._listening,))
                if not self._listening.cancelled():
                    return self._listening.result()
            finally:
                if not self._listening.done():
                    self._listening.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await self._listening

    def change_over(self, pool: WorkerPool) -> WorkerPool:
        """These workers from here on; returns those before, for the caller to stop.

        No job may be under way: its answer would be lost.
        """
        before, self._pool = self._pool, pool
        self._restarts_before += before.restarts
        self._refused_before += before.refused
        pool.quiet = False
        if self._listening is not None:
            self._listening.cancel()
        return before

    async def stop(self) -> None:
        """End the workers in use."""
        await self._pool.stop()
