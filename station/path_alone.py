"""The station's own path by itself: frames that lie in the ring, workers, facts; no cell, no camera, no PLC.

Beside `engine_alone` it tells what cropping, resizing, patching, voting and handing over cost on this machine.
"""

from __future__ import annotations

import time

from drivers.camera.ring import FrameRing, RingMap
from drivers.cell.sources import drawn_parts
from models.bundle import Bundle
from station.core.values import (
    PictureFacts,
)
from station.workers.messages import CheckedBundle, Job, ViewPlan
from station.workers.pool import WorkerPool

_SLOTS = 4
_WARM_UP_PARTS = 8
_DEADLINE_NS = 10 * 10**9


async def path_parts_per_s(
    bundle: Bundle, *, processes: int, threads: int, nice: int, seconds: float, width_px: int, height_px: int
) -> float:
    """Parts per second that the workers reach when a frame is always waiting for them."""
    ring = FrameRing(_SLOTS, height_px, width_px)
    pixels = RingMap(ring.layout, writable=True)
    for slot, part in enumerate(drawn_parts(1, _SLOTS, 0.5, width_px, height_px)):
        if part.picture is not None:
            height, width = part.picture.shape
            pixels.slot(slot)[part.y_px : part.y_px + height, part.x_px : part.x_px + width] = part.picture
    pool = WorkerPool(
        [ViewPlan(ring=0, bundle=0)], [CheckedBundle(str(bundle.path), bundle.digest)], [ring.layout],
        processes=processes, threads=threads, nice=nice, jobs_max=2 * processes, deadline_ns=_DEADLINE_NS,
    )  # fmt: skip
    try:
        await pool.start()
        for uid in range(2 * processes):
            pool.submit(Job(uid, 0, uid % _SLOTS))
        done, started = -_WARM_UP_PARTS, time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds or done <= 0:
            event = await pool.next_event()
            if not isinstance(event, PictureFacts) or event.problem is not None:
                raise RuntimeError(f"a worker did not look at its picture: {event}")
            done += 1
            if done == 0:
                started = time.perf_counter()
            pool.submit(Job(event.part_uid, 0, event.part_uid % _SLOTS))
        return done / spent
    finally:
        await pool.stop()
        pixels.close()
        ring.close()
