"""Every Prometheus metric of the station, in one registry.

All children are made at the start, so that a counter that never moved shows as zero, and so that the hot path only
touches bound children. Base units (seconds, bytes), `_total` for counters; at most 300 series with one camera, because
a scrape costs the process time that the loop needs. Must not know where the figures come from.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence

from prometheus_client import Info, ProcessCollector

from station.metrics.active import ActiveCollector, ShownRecipe
from station.metrics.devices import DeviceFigures
from station.metrics.frames import FrameFigures
from station.metrics.inner import InnerFigures
from station.metrics.parts import PartFigures
from station.metrics.storage import StorageFigures


class Metrics(PartFigures, FrameFigures, DeviceFigures, InnerFigures, StorageFigures):
    """The metrics in a registry of their own.

    The buckets of times lie around the decision deadline `deadline_s`, those of the slack in counts around the gate's
    offset; both stay as they are at a changeover. `cameras` are the cameras' names, `station` is the station's.
    """

    def __init__(
        self,
        deadline_s: float,
        version: str,
        cameras: Sequence[str],
        gate_counts: int | None = None,
        *,
        station: str = "station",
    ) -> None:
        super().__init__()
        ProcessCollector(registry=self.registry)
        build = Info("station_build", "Name and version of the station, version of Python.", registry=self.registry)
        build.info({"name": station, "version": version, "python": platform.python_version()})
        self._make_parts(deadline_s, gate_counts)
        self._make_devices(cameras)
        self._make_state()
        self._make_inner_life()
        self._make_frames(cameras, lost=self.dropped["frames"])
        self._make_storage()
        self._active = ActiveCollector()
        self.registry.register(self._active)

    def show_active(self, recipe: ShownRecipe) -> None:
        """Parts are inspected by this recipe from now on; the series of the one before go away."""
        self._active.recipe = recipe
