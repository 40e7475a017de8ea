"""Every kind of camera that the contract suite is run against, each behind the same few words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

from drivers.camera.factory import open_camera
from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import Camera, Fire, Frame
from drivers.camera.producer.build import BuildError, built_producer
from drivers.camera.producer.scene import SceneWriter
from drivers.camera.settings import CameraSettings
from tests.camera_replay import replay_settings
from tests.camera_scene import LEVEL, NOISE, next_of, simulated_settings, turning_world

VIKY = Path(str(files("genicam"))) / "viky.cti"
HARDWARE = "STATION_TEST_CAMERA"
AREA_WIDTH_PX, AREA_HEIGHT_PX = 400, 300
KINDS = ("simulated line", "simulated area", "viky", "replay", "aravis", "hardware")


@dataclass
class Kind:
    """A camera that delivers by itself or when it is told to, and how to make settings for it."""

    name: str
    settings: Callable[..., CameraSettings]

    def camera(self, **changes: object) -> Camera:
        """One of these, not yet started."""
        return open_camera(self.settings(**changes))

    @property
    def behind_genicam(self) -> bool:
        """It has a capture process and a producer."""
        return self.name != "replay"

    @property
    def simulated(self) -> bool:
        """It is no camera, whatever it says."""
        return self.name != "hardware"

    async def frame(self, camera: Camera) -> Frame:
        """The next frame, taken now if the camera waits to be told."""
        self.prompt(camera)
        return await next_of(camera, Frame)

    def prompt(self, camera: Camera) -> None:
        """Have a frame taken."""
        if self.settings().frame_trigger == "Software":
            camera.order(Fire())


def viky_settings(**changes: object) -> CameraSettings:
    """MVTec's producer from the genicam wheel: an area camera that runs free, without chunks."""
    values: dict[str, object] = {
        "producer": str(VIKY),
        "serial": "1",
        "width_px": 320,
        "lines_per_frame": 200,
        "line_trigger": None,
        "frame_trigger": None,
        "chunks": (),
        **changes,
    }
    return CameraSettings.model_validate(values)


def area_settings(path: Path, **changes: object) -> CameraSettings:
    """The simulated area camera, fired by software."""
    values: dict[str, object] = {
        "scene": str(path),
        "serial": "AREA01",
        "width_px": AREA_WIDTH_PX,
        "lines_per_frame": AREA_HEIGHT_PX,
        "line_trigger": None,
        "frame_trigger": "Software",
        **changes,
    }
    return CameraSettings.model_validate(values)


def hardware_settings(named: str, **changes: object) -> CameraSettings:
    """A camera named 'producer.cti:serial' or 'producer.cti:serial:WIDTHxHEIGHT', running free."""
    producer, serial, *size = named.split(":")
    width, height = size[0].split("x") if size else ("512", "512")
    values: dict[str, object] = {
        "producer": producer,
        "serial": serial,
        "width_px": int(width),
        "lines_per_frame": int(height),
        "line_trigger": None,
        "frame_trigger": "Off",
        "chunks": (),
        **changes,
    }
    return CameraSettings.model_validate(values)


@contextmanager
def area_scene(path: Path) -> Iterator[SceneWriter]:
    """Light for the simulated area camera: nothing but background."""
    scene = SceneWriter(path, AREA_WIDTH_PX, AREA_HEIGHT_PX, background_level=LEVEL, noise_amplitude=NOISE, area=True)
    try:
        yield scene
    finally:
        scene.close()


@contextmanager
def kind_named(name: str, tmp_path: Path) -> Iterator[Kind]:
    """The kind, for the time of a test; skips loudly where it cannot be had."""
    match name:
        case "simulated line":
            need_simulated()
            with turning_world(tmp_path / "scene") as world:
                yield Kind(
                    name, lambda **changes: simulated_settings(world.path, **{"frame_trigger": "Off", **changes})
                )
        case "simulated area":
            need_simulated()
            with area_scene(tmp_path / "scene") as scene:
                yield Kind(name, lambda **changes: area_settings(scene.path, **changes))
        case "viky":
            yield Kind(name, viky_settings)
        case "replay":
            yield Kind(name, lambda **changes: replay_settings(tmp_path, **changes))
        case "aravis":
            from tests.camera_aravis import aravis_camera

            with aravis_camera() as settings:
                base = settings.model_dump()
                yield Kind(name, lambda **changes: CameraSettings.model_validate({**base, **changes}))
        case _:
            named = os.environ.get(HARDWARE)
            if not named:
                pytest.skip(f"no camera: set {HARDWARE}=producer.cti:serial to test a real one")
            yield Kind(name, lambda **changes: hardware_settings(named, **changes))


def need_simulated() -> None:
    """Build the simulated producer, or skip loudly."""
    try:
        built_producer()
    except BuildError as error:
        pytest.skip(f"LOUD SKIP: {error}: the simulated camera is NOT tested here")


def genicam(camera: Camera) -> GenicamCamera:
    """The camera as what it is behind a producer."""
    assert isinstance(camera, GenicamCamera)
    return camera


def descriptors() -> set[str]:
    """The descriptors that this process has open."""
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def alive(pid: int) -> bool:
    """Whether this process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
