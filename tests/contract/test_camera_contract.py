"""What every camera does, whoever made its producer: MVTec's Viky (from the genicam wheel) and our own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraDown, CameraError, CameraUp, Frame, FrameLost
from drivers.camera.producer.build import BuildError, built_producer
from drivers.camera.settings import CameraSettings
from tests.camera_scene import LIMIT_S, next_of, simulated_settings, turning_world

REPO = Path(__file__).resolve().parents[2]
VIKY = Path(str(files("genicam"))) / "viky.cti"


def _descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@dataclass
class Peer:
    """A camera that free-runs, and how to make settings for it."""

    name: str
    settings: Callable[..., CameraSettings]


def viky_settings(**changes: object) -> CameraSettings:
    values: dict[str, object] = {
        "producer": str(VIKY),
        "serial": "1",
        "width_px": 320,
        "lines_per_frame": 200,
        "line_trigger": None,
        "frame_trigger": None,
        **changes,
    }
    return CameraSettings.model_validate(values)


@pytest.fixture(scope="session")
def producer() -> Path:
    try:
        return built_producer()
    except BuildError as error:
        pytest.skip(f"LOUD SKIP: {error}: the simulated camera is NOT tested here")


@pytest.fixture(params=["viky", "simulated"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    if request.param == "viky":
        yield Peer("viky", viky_settings)
        return
    request.getfixturevalue("producer")
    with turning_world(tmp_path / "scene") as world:

        def settings(**changes: object) -> CameraSettings:
            return simulated_settings(world.path, **{"frame_trigger": "Off", **changes})

        yield Peer("simulated", settings)


@pytest.fixture
async def camera(peer: Peer) -> AsyncIterator[GenicamCamera]:
    camera = GenicamCamera(peer.settings())
    await camera.start()
    yield camera
    await camera.stop()


async def test_first_it_says_who_it_is_and_that_it_is_simulated(camera: GenicamCamera, peer: Peer) -> None:
    event = await camera.next_event()
    assert isinstance(event, CameraUp)
    assert event.identity.simulated
    assert event.identity.serial == peer.settings().serial


async def test_frames_arrive_in_the_configured_shape_with_rising_numbers(camera: GenicamCamera, peer: Peer) -> None:
    settings = peer.settings()
    assert settings.width_px != settings.lines_per_frame
    last: Frame | None = None
    for _ in range(5):
        frame = await next_of(camera, Frame)
        view = camera.view(frame)
        assert view.shape == (settings.lines_per_frame, settings.width_px)
        assert view.dtype == np.uint8
        assert view.any()
        assert frame.complete
        assert frame.camera_ns <= frame.ready_ns
        if last is not None:
            assert frame.frame_id == last.frame_id + 1 + frame.lost_before
            assert frame.camera_ns > last.camera_ns
        last = frame
        camera.release(frame)


async def test_views_are_read_only_and_end_with_the_release(camera: GenicamCamera) -> None:
    frame = await next_of(camera, Frame)
    view = camera.view(frame)
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 1
    camera.release(frame)
    with pytest.raises(ValueError, match="released already"):
        camera.view(frame)


async def test_a_second_release_raises(camera: GenicamCamera) -> None:
    frame = await next_of(camera, Frame)
    camera.release(frame)
    with pytest.raises(ValueError, match="released already"):
        camera.release(frame)


async def test_a_full_ring_loses_frames_and_says_so_until_a_slot_is_free(camera: GenicamCamera, peer: Peer) -> None:
    held = [await next_of(camera, Frame) for _ in range(peer.settings().ring_slots)]
    pictures = [camera.view(frame).copy() for frame in held]
    lost = await next_of(camera, FrameLost)
    assert lost.reason == "ring full"
    for frame, picture in zip(held, pictures, strict=True):
        assert np.array_equal(camera.view(frame), picture)  # nobody wrote into a held slot
        camera.release(frame)
    camera.release(await next_of(camera, Frame))


async def test_a_killed_capture_process_is_replaced_and_held_frames_stay(camera: GenicamCamera) -> None:
    held = await next_of(camera, Frame)
    picture = camera.view(held).copy()
    assert camera.capture_pid is not None
    os.kill(camera.capture_pid, signal.SIGKILL)
    down = await next_of(camera, CameraDown)
    assert "signal 9" in down.reason
    await next_of(camera, CameraUp)
    for _ in range(5):
        frame = await next_of(camera, Frame)
        assert frame.slot != held.slot
        camera.release(frame)
    assert np.array_equal(camera.view(held), picture)
    assert camera.restarts == 1
    camera.release(held)


async def test_stop_leaves_no_process_and_no_descriptor(peer: Peer) -> None:
    before = _descriptors()
    camera = GenicamCamera(peer.settings())
    await camera.start()
    pid = camera.capture_pid
    frame = await next_of(camera, Frame)
    view = camera.view(frame)
    await camera.stop()
    await camera.stop()
    assert view.any()  # a view that was kept is still safe to read
    del view
    assert pid is not None
    assert not _alive(pid)
    assert _descriptors() <= before
    with pytest.raises(CameraError, match="not started"):
        camera.release(frame)


async def test_a_serial_that_is_not_there_is_a_sentence_with_those_found(peer: Peer) -> None:
    camera = GenicamCamera(peer.settings(serial="ABSENT7"))
    await camera.start()
    down = await next_of(camera, CameraDown)
    await camera.stop()
    assert "ABSENT7 is not there, found" in down.reason
    assert peer.settings().serial in down.reason


async def test_what_the_camera_refuses_is_named_with_what_it_offers(peer: Peer) -> None:
    camera = GenicamCamera(peer.settings(features={"Widht": 8, "PixelFormat": "Mono77"}))
    with pytest.raises(CameraError) as refused:
        await camera.start()
    assert "feature Widht (wanted 8) is not in the camera: it has Width" in str(refused.value)
    assert "feature PixelFormat does not take 'Mono77': the camera offers" in str(refused.value)
    assert "Mono8" in str(refused.value)


async def test_a_producer_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    camera = GenicamCamera(viky_settings(producer=str(tmp_path / "none.cti")))
    with pytest.raises(CameraError, match=r"none\.cti does not exist"):
        await camera.start()


async def test_a_producer_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "text.cti"
    path.write_text("not a library")
    camera = GenicamCamera(viky_settings(producer=str(path)))
    with pytest.raises(CameraError, match=r"text\.cti cannot be"):
        await camera.start()


def test_even_a_stuck_capture_process_ends_when_the_station_dies() -> None:
    code = (
        "import asyncio, os, tests.contract.test_camera_contract as t\n"
        "async def main():\n"
        "    camera = t.GenicamCamera(t.viky_settings())\n"
        "    await camera.start()\n"
        "    print(camera.capture_pid, flush=True)\n"
        "    os.kill(camera.capture_pid, t.signal.SIGSTOP)\n"
        "    os.kill(os.getpid(), t.signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", code]
    station = subprocess.run(command, cwd=REPO, capture_output=True, timeout=LIMIT_S, check=False)
    assert station.returncode == -signal.SIGKILL, station.stderr.decode()
    capture_pid = int(station.stdout)
    deadline_s = time.monotonic() + 10
    while _alive(capture_pid) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    if _alive(capture_pid):
        os.kill(capture_pid, signal.SIGKILL)
        pytest.fail("the capture process outlived its station")
