"""The line's limits, from the configuration: what may be in flight, what a view is, by when it must be there."""

from __future__ import annotations

from collections import Counter

from station.config.agreement import frames_a_part
from station.config.model import StationConfig
from station.core.alarms import AlarmLimits
from station.core.belt import BeltLimits
from station.core.line_limits import LineLimits, View
from station.core.route import RouteLimits
from station.core.transport import Transport
from station.pictures.holding import slots_to_hold

_PARTS_ON_WAY = 256
"""More parts between trigger and gate than any line has: beyond that something does not leave."""


def parts_in_flight(config: StationConfig) -> int:
    """Not more parts than every camera's ring has room for: then a part in flight always has slots for its frames."""
    needed = frames_a_part(config)
    return min(
        (camera.ring_slots - slots_for_pictures(config)[name]) // max(1, needed[name])
        for name, camera in config.cameras.items()
    )


def slots_for_pictures(config: StationConfig) -> dict[str, int]:
    """How many slots of each camera's ring may be held for the sake of kept pictures, whatever the recipe."""
    most: Counter[str] = Counter()
    for recipe in (config.recipe, *config.further_recipes):
        most |= Counter(view.camera for view in recipe.views)
    return {name: slots_to_hold(camera.ring_slots, most[name]) for name, camera in config.cameras.items()}


def limits_of(config: StationConfig) -> LineLimits:
    """What the line machine has to keep."""
    recipe = config.recipe
    deadline_ns = int(recipe.deadline_ms * 1e6)
    pictures_ms = recipe.deadline_ms if recipe.picture_deadline_ms is None else recipe.picture_deadline_ms
    views: list[View] = []
    for index, view in enumerate(recipe.views):
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
                part_type=recipe.identity.part_type if recipe.identity and index == recipe.identity_view else None,
            )
        )
    return LineLimits(
        deadline_ns=deadline_ns,
        picture_deadline_ns=min(deadline_ns, int(pictures_ms * 1e6)),
        max_in_flight=parts_in_flight(config),
        frame_hold_ns=int(recipe.frame_hold_ms * 1e6),
        views=tuple(views),
    )


Way = tuple[BeltLimits, RouteLimits]
"""Belt and gate, as far as parts are followed."""


def transport_of(config: StationConfig) -> Transport | None:
    """What follows the parts to the gate; None where there is no encoder or no gate."""
    way = way_of(config)
    return None if way is None else Transport(*way)


def way_of(config: StationConfig) -> Way | None:
    """The limits of what follows the parts; None where there is no encoder or no gate."""
    encoder, gate = config.encoder, config.recipe.gate
    if encoder is None or gate is None:
        return None
    belt = BeltLimits(
        max_counts_per_s=encoder.max_counts_per_s,
        jump_tolerance_counts=encoder.jump_tolerance_counts,
        reversal_tolerance_counts=encoder.reversal_tolerance_counts,
        silence_ns=round(encoder.silence_ms * 1e6),
        reading_age_ns=round(encoder.reading_age_ms * 1e6),
    )
    route = RouteLimits(
        gate_counts=gate.offset_counts,
        lead_counts=gate.lead_counts,
        pulse_counts=gate.pulse_counts,
        min_pitch_counts=gate.pitch_counts,
        margin_ns=round((gate.bus_margin_ms + gate.actuator_ms) * 1e6),
        part_sensor_counts=gate.part_sensor_offset_counts,
        confirm_counts=gate.confirm_offset_counts,
        tolerance_counts=gate.sensor_tolerance_counts,
        pick_up_counts=gate.pick_up_offset_counts,
        capacity=_PARTS_ON_WAY,
    )
    return belt, route


def alarms_of(config: StationConfig) -> AlarmLimits:
    """When too many rejects are said."""
    alarms = config.recipe.alarms
    return AlarmLimits(
        alarms.consecutive_rejects, alarms.reject_rate, alarms.reject_rate_parts, alarms.consecutive_wrong_parts
    )
