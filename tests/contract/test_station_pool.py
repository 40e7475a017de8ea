"""The worker pool with real worker processes: answers, refusals, a full queue, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from drivers.camera.ring import FrameRing, RingMap
from models.bundle import load_bundle
from station.core.values import (
    PictureFacts,
)
from station.workers.events import WorkerDown
from station.workers.messages import CheckedBundle, Job, JobFailed, Ready, Refused, ViewPlan, pack, unpack
from station.workers.pool import WorkerError, WorkerPool
from tests.unit.models_bundle import TINY_BUNDLE, part_picture

HEIGHT, WIDTH = 336, 224
LIMIT_S = 30


@contextlib.asynccontextmanager
async def a_pool(
    bundle: Path = TINY_BUNDLE, *, jobs_max: int = 4, deadline_ns: int = 5 * 10**9, digest: str | None = None
) -> AsyncGenerator[tuple[WorkerPool, RingMap]]:
    ring = FrameRing(4, HEIGHT, WIDTH)
    pool = WorkerPool(
        [ViewPlan(ring=0, bundle=0)], [CheckedBundle(str(bundle), digest or load_bundle(bundle).digest)], [ring.layout],
        processes=1, threads=1, nice=0, jobs_max=jobs_max, deadline_ns=deadline_ns,
    )  # fmt: skip
    pixels = RingMap(ring.layout, writable=True)
    try:
        await pool.start()
        yield pool, pixels
    finally:
        await pool.stop()
        pixels.close()
        ring.close()


async def test_a_worker_looks_at_the_slot_that_it_is_told() -> None:
    async with a_pool() as (pool, pixels):
        pixels.slot(0)[:] = part_picture()
        pixels.slot(1)[:] = part_picture(spot=True)
        seen: dict[int, PictureFacts] = {}
        for uid, slot in ((11, 0), (12, 1), (13, 2)):
            pool.submit(Job(uid, 0, slot))
        while len(seen) < 3:
            facts = await asyncio.wait_for(pool.next_event(), LIMIT_S)
            assert isinstance(facts, PictureFacts)
            seen[facts.part_uid] = facts
    assert (seen[11].defective, seen[11].problem) == (False, None)
    assert (seen[12].defective, seen[12].class_index) == (True, 1)
    assert seen[13].defective, "an empty slot is never sound"
    assert seen[13].problem is not None
    assert set(seen[11].stage_us) == {"crop_resize", "patch_quantise", "engine", "vote"}
    assert seen[11].started_ns <= seen[11].finished_ns


async def test_more_jobs_than_may_wait_fail_and_are_not_forgotten() -> None:
    async with a_pool(jobs_max=2) as (pool, _):
        for uid in range(1, 6):
            pool.submit(Job(uid, 0, 0))
        answers = [await asyncio.wait_for(pool.next_event(), LIMIT_S) for _ in range(5)]
    failed = {answer.part_uid for answer in answers if isinstance(answer, JobFailed)}
    looked = {answer.part_uid for answer in answers if isinstance(answer, PictureFacts)}
    assert failed | looked == {1, 2, 3, 4, 5}
    assert failed
    assert not failed & looked


async def test_a_bundle_that_does_not_reproduce_its_golden_set_refuses_the_start(tmp_path: Path) -> None:
    bundle = shutil.copytree(TINY_BUNDLE, tmp_path / "bundle")
    spec = bundle / "model.yaml"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text.replace("0.99991, 5.0e-05, 5.0e-05", "5.0e-05, 5.0e-05, 0.99991", 1), encoding="utf-8")
    with pytest.raises(WorkerError, match="does not match"):
        async with a_pool(bundle):
            pass


async def test_a_bundle_that_was_exchanged_after_the_station_checked_it_is_refused(tmp_path: Path) -> None:
    bundle = shutil.copytree(TINY_BUNDLE, tmp_path / "bundle")
    checked = load_bundle(bundle).digest
    spec = bundle / "model.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("spot: 0.5", "spot: 0.9"), encoding="utf-8")
    with pytest.raises(WorkerError, match="exchanged since the station checked it"):
        async with a_pool(bundle, digest=checked):
            pass


async def test_a_bundle_that_is_exchanged_while_the_station_runs_keeps_a_restarted_worker_down(tmp_path: Path) -> None:
    bundle = shutil.copytree(TINY_BUNDLE, tmp_path / "bundle")
    async with a_pool(bundle) as (pool, _):
        spec = bundle / "model.yaml"
        spec.write_text(spec.read_text(encoding="utf-8").replace("spot: 0.5", "spot: 0.9"), encoding="utf-8")
        os.kill(pool.pids[0], signal.SIGKILL)
        while not (isinstance(event := await asyncio.wait_for(pool.next_event(), LIMIT_S), WorkerDown) and event.final):
            pass
        assert "exchanged since the station checked it" in event.sentence
        assert pool.alive == 0


async def test_an_engine_that_cannot_meet_the_deadline_refuses_the_start() -> None:
    with pytest.raises(WorkerError, match="expected at most the deadline"):
        async with a_pool(deadline_ns=1000):
            pass


@pytest.mark.parametrize("message", [Job(1, 0, 2), Ready("litert"), Refused("no"), JobFailed(3, 0, "why")])
def test_messages_survive_the_socket(message: Job | Ready | Refused | JobFailed) -> None:
    assert unpack(pack(message)) == message


def test_a_message_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no message of ours"):
        unpack(b'{"kind": "Surprise"}')
