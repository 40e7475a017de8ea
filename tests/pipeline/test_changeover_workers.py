"""A recipe's workers, prepared with real processes: good ones take the jobs over, doubtful ones never stand."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from drivers.camera.interface import RingLayout
from drivers.camera.ring import FrameRing, RingMap
from models.bundle_files import BundleError
from models.signing import sign_bundle
from station.changeover.preparing import prepare, worker_pool
from station.changeover.recipe_run import RecipeRun, recipe_runs
from station.config.load import load_config
from station.core.values import PictureFacts
from station.workers.active_pool import ActivePool
from station.workers.events import WorkerDown, WorkerUp
from station.workers.messages import Job
from station.workers.pool import WorkerError
from tests.pipeline.two_recipes import private_key, two_recipes
from tests.unit.models_bundle import part_picture

pytestmark = pytest.mark.timeout(180)
LIMIT_S = 90


@dataclass(frozen=True)
class Eye:
    """In the place of a camera: only its ring."""

    ring: RingLayout


def runs_of(folder: Path, change: Callable[[dict[str, Any]], object] = lambda values: None) -> dict[int, RecipeRun]:
    config = two_recipes(folder)
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    del values["cell"]
    change(values)
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    return recipe_runs(load_config(config), "run")


def cameras_of(ring: FrameRing) -> Any:
    return {"line": Eye(ring.layout)}


@contextlib.asynccontextmanager
async def a_ring() -> AsyncGenerator[FrameRing]:
    ring = FrameRing(4, 336, 224)
    try:
        pixels = RingMap(ring.layout, writable=True)
        pixels.slot(0)[:] = part_picture(spot=True)
        pixels.close()
        yield ring
    finally:
        ring.close()


async def test_the_new_workers_take_over_the_jobs_and_the_old_ones_end(tmp_path: Path) -> None:
    runs = runs_of(tmp_path)
    async with a_ring() as ring:
        first = worker_pool(runs[1].loaded, cameras_of(ring))
        pool = ActivePool(first)
        try:
            await first.start()
            listening = asyncio.create_task(pool.next_event())
            second = await prepare(runs[2], cameras_of(ring))
            (old,), (new,) = pool.pids, second.pids
            # Proved behind the others, at work as any worker: priorities are each thread's own.
            assert os.getpriority(os.PRIO_PROCESS, new) == os.getpriority(os.PRIO_PROCESS, old)
            before = pool.change_over(second)
            assert before is first
            await before.stop()
            with pytest.raises(ProcessLookupError):
                os.kill(old, 0)
            pool.submit(Job(5, 0, 0))
            facts = await asyncio.wait_for(listening, LIMIT_S)
            assert isinstance(facts, PictureFacts), "who had listened to the old workers hears the new ones"
            assert (facts.part_uid, facts.class_index) == (5, 1)
            os.kill(new, signal.SIGKILL)
            assert isinstance(await asyncio.wait_for(pool.next_event(), LIMIT_S), WorkerDown)
            assert isinstance(await asyncio.wait_for(pool.next_event(), LIMIT_S), WorkerUp)
            assert (pool.alive, pool.restarts) == (1, 1)
        finally:
            await pool.stop()


def damage_spec(bundle: Path, key_folder: Path) -> None:
    spec = bundle / "model.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("stain: 0.5", "stain: 0.9"), encoding="utf-8")


def take_signature(bundle: Path, key_folder: Path) -> None:
    (bundle / "model.yaml.sig").unlink()


def damage_network(bundle: Path, key_folder: Path) -> None:
    network = next(bundle.glob("*.tflite"))
    content = bytearray(network.read_bytes())
    content[len(content) // 2] ^= 1
    network.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (damage_spec, "exchanged since the station checked it"),
        (take_signature, "its signature model.yaml.sig is gone"),
        (damage_network, ".tflite"),
    ],
)
async def test_a_bundle_that_was_touched_since_the_start_is_refused(
    tmp_path: Path, damage: Callable[[Path, Path], None], sentence: str
) -> None:
    runs = runs_of(tmp_path)
    damage(tmp_path / "second", tmp_path)
    async with a_ring() as ring:
        with pytest.raises((BundleError, WorkerError), match=sentence):
            await prepare(runs[2], cameras_of(ring))


async def test_a_signed_bundle_that_does_not_reproduce_its_golden_set_is_refused(tmp_path: Path) -> None:
    def wrong_score(values: dict[str, Any]) -> None:
        spec = tmp_path / "second" / "model.yaml"
        text = spec.read_text(encoding="utf-8")
        spec.write_text(text.replace("0.99991, 5.0e-05, 5.0e-05", "5.0e-05, 5.0e-05, 0.99991", 1), encoding="utf-8")
        sign_bundle(tmp_path / "second", private_key(tmp_path))

    runs = runs_of(tmp_path, wrong_score)
    async with a_ring() as ring:
        with pytest.raises(WorkerError, match="does not match"):
            await prepare(runs[2], cameras_of(ring))


async def test_a_recipe_whose_network_cannot_keep_its_deadline_is_refused(tmp_path: Path) -> None:
    runs = runs_of(tmp_path, lambda values: values["further_recipes"][0].update(deadline_ms=0.001))
    async with a_ring() as ring:
        with pytest.raises(WorkerError, match="expected at most the deadline"):
            await prepare(runs[2], cameras_of(ring))
