"""Gets a recipe's workers ready beside the running ones: trusted still, loaded, right on their golden sets, in time.

Whatever goes wrong, nothing of it is left. Must not know the line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from drivers.camera.interface import Camera
from drivers.camera.settings import SIMULATED
from models.verify import check_vouched
from station.changeover.recipe_run import RecipeRun
from station.config.load import Loaded
from station.limits import parts_in_flight
from station.workers.messages import CheckedBundle, ViewPlan
from station.workers.pool import WorkerPool


async def prepare(run: RecipeRun, cameras: Mapping[str, Camera]) -> WorkerPool:
    """Started workers of this recipe, all of them proved; BundleError or WorkerError with one sentence.

    They take their time: the running workers, the cameras and the loop go before them.
    """
    loaded = run.loaded
    for bundle in loaded.all_bundles:
        await asyncio.to_thread(check_vouched, bundle, loaded.trust)
    pool = worker_pool(loaded, cameras, quiet=True)
    try:
        await pool.start()
    except BaseException:
        await pool.stop()
        raise
    return pool


def worker_pool(loaded: Loaded, cameras: Mapping[str, Camera], *, quiet: bool = False) -> WorkerPool:
    """The workers of the recipe of this configuration, not started yet. `quiet`: see `WorkerPool`."""
    config, names = loaded.config, list(cameras)
    recipe, identity = config.recipe, loaded.identity
    paths = [str(bundle.path) for bundle in loaded.all_bundles]
    views = [
        ViewPlan(
            ring=names.index(view.camera),
            bundle=None if view.bundle is None else paths.index(str(bundle.path)),
            stamped=config.cameras[view.camera].producer == SIMULATED,
            sharpness_min=view.sharpness_min,
            identity=paths.index(str(identity.path)) if identity and index == recipe.identity_view else None,
            part_type=recipe.identity.part_type if recipe.identity else "",
        )
        for index, (view, bundle) in enumerate(zip(recipe.views, loaded.bundles, strict=True))
    ]
    checked = [CheckedBundle(str(bundle.path), bundle.digest) for bundle in loaded.all_bundles]
    return WorkerPool(
        views, checked, [cameras[name].ring for name in names],
        processes=config.classifier.processes, threads=config.classifier.threads, nice=config.classifier.nice,
        jobs_max=parts_in_flight(config) * len(views), deadline_ns=int(recipe.deadline_ms * 1e6), quiet=quiet,
    )  # fmt: skip
