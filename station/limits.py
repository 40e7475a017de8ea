"""The line's limits, from the configuration: what may be in flight, what a view is, by when it must be there."""

from __future__ import annotations

from station.config.agreement import frames_a_part
from station.config.model import StationConfig
from station.core.values import LineLimits, View


def parts_in_flight(config: StationConfig) -> int:
    """Not more parts than every camera's ring has room for: then a part in flight always has slots for its frames."""
    needed = frames_a_part(config)
    return min(camera.ring_slots // max(1, needed[name]) for name, camera in config.cameras.items())


def limits_of(config: StationConfig) -> LineLimits:
    """What the line machine has to keep."""
    recipe = config.recipe
    deadline_ns = int(recipe.deadline_ms * 1e6)
    pictures_ms = recipe.deadline_ms if recipe.picture_deadline_ms is None else recipe.picture_deadline_ms
    views: list[View] = []
    for view in recipe.views:
        camera = config.cameras[view.camera]
        views.append(
            View(
                name=view.name,
                camera=view.camera,
                offset_counts=view.offset_counts,
                tolerance_counts=view.encoder_tolerance_counts,
                carries_counts=camera.carries_counts,
                counts_per_line=camera.counts_per_line if view.counts_per_line is None else view.counts_per_line,
                step_tolerance_counts=view.step_tolerance_counts,
                sharpness_min=view.sharpness_min,
                software_trigger=camera.frame_trigger == "Software",
            )
        )
    return LineLimits(
        deadline_ns=deadline_ns,
        picture_deadline_ns=min(deadline_ns, int(pictures_ms * 1e6)),
        max_in_flight=parts_in_flight(config),
        frame_hold_ns=int(recipe.frame_hold_ms * 1e6),
        views=tuple(views),
    )
