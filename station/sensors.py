"""The simulated cameras of a configuration as the cell knows them: where their light goes, when they are pulsed."""

from __future__ import annotations

from drivers.camera.settings import SIMULATED
from drivers.cell.sensor import Sensor
from station.config.model import StationConfig


def sensors_of(config: StationConfig) -> list[Sensor]:
    """One sensor a simulated camera, pulsed where the recipe's views want its pictures."""
    return [
        Sensor(
            name=name,
            scene_path=camera.scene_path,
            width_px=camera.width_px,
            height_px=camera.lines_per_frame,
            area=camera.is_area,
            pulses=pulses_of(config, name),
        )
        for name, camera in config.cameras.items()
        if camera.producer == SIMULATED and camera.scene_path is not None
    ]


def pulses_of(config: StationConfig, camera: str) -> tuple[int, ...]:
    """The encoder counts after the trigger at which a camera takes its pictures, ascending."""
    return tuple(sorted(view.offset_counts for view in config.recipe.views if view.camera == camera))
