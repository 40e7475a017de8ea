"""Which class plays the camera of given settings: the only place that knows."""

from __future__ import annotations

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import Camera
from drivers.camera.replay import ReplayCamera
from drivers.camera.settings import REPLAY, CameraSettings


def open_camera(settings: CameraSettings) -> Camera:
    """The camera of these settings, not yet started."""
    return ReplayCamera(settings) if settings.producer == REPLAY else GenicamCamera(settings)
