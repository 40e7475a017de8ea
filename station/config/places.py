"""Paths of a configuration start at its own folder, wherever the station was started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drivers.camera.settings import REPLAY, CameraSettings
from station.config.agreement import OWN_PRODUCERS


def placed_camera(settings: CameraSettings, folder: Path) -> CameraSettings:
    """The same camera with the paths of its producer, or of its recording, made absolute.

    The scene of a simulated camera stays as it is: cell and station start in one place, or name it in full.
    """
    changes: dict[str, Any] = {}
    if settings.producer not in OWN_PRODUCERS:
        changes["producer"] = str((folder / settings.producer).resolve())
    if settings.producer == REPLAY and settings.scene is not None:
        changes["scene"] = str((folder / settings.scene).resolve())
    return settings.model_copy(update=changes)
