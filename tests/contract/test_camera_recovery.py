"""A camera comes back by itself: unplugged, stuck, silent, killed, or delivering nothing though the belt runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraCounts, CameraDown, CameraUp, Frame, Recover
from drivers.camera.supervision import RESTARTS_A_MINUTE
from tests.camera_kinds import alive, descriptors, need_simulated
from tests.camera_scene import LIMIT_S, World, next_of, simulated_settings, turning_world

REPO = Path(__file__).resolve().parents[2]
ALL_FRAMES = 1_000_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    need_simulated()
    with turning_world(tmp_path / "scene") as world:
        yield world


@pytest.fixture
async def camera(world: World) -> AsyncIterator[GenicamCamera]:
    """Runs free: lines by the encoder, a frame every turn."""
    camera = GenicamCamera(simulated_settings(world.path, frame_trigger="Off"))
    await camera.start()
    await next_of(camera, CameraUp)
    yield camera
    await camera.stop()


def pid_of(camera: GenicamCamera) -> int:
    assert camera.capture_pid is not None
    return camera.capture_pid


async def back_with_frames(camera: GenicamCamera) -> Frame:
    """The first frame after the camera has come up again; it is released."""
    await next_of(camera, CameraUp)
    frame = await next_of(camera, Frame)
    assert frame.lost_before == 0
    camera.release(frame)
    return frame


async def counts_with(camera: GenicamCamera, **wanted: int) -> CameraCounts:
    """The first totals that have these values."""
    while True:
        counts = await next_of(camera, CameraCounts)
        if all(getattr(counts, name) == value for name, value in wanted.items()):
            return counts


async def test_unplugged_it_is_down_and_plugged_in_again_it_is_up(camera: GenicamCamera, world: World) -> None:
    before = await next_of(camera, Frame)
    world.scene.faults.unplugged = 1
    assert "LINE01" in (await next_of(camera, CameraDown)).reason
    assert "LINE01" in (await next_of(camera, CameraDown)).reason  # and says what it now sees, once
    world.scene.faults.unplugged = 0
    assert (await back_with_frames(camera)).frame_id > before.frame_id
    assert camera.restarts == 0
    await counts_with(camera, recoveries=1)


async def test_a_killed_capture_process_is_replaced_and_held_frames_stay(camera: GenicamCamera) -> None:
    held = await next_of(camera, Frame)
    picture = camera.view(held).copy()
    delivered = camera.counts.delivered
    os.kill(pid_of(camera), signal.SIGKILL)
    assert "signal 9" in (await next_of(camera, CameraDown)).reason
    await next_of(camera, CameraUp)
    for _ in range(5):
        frame = await next_of(camera, Frame)
        assert frame.slot != held.slot
        assert frame.frame_id > held.frame_id
        camera.release(frame)
    assert np.array_equal(camera.view(held), picture)
    assert camera.restarts == 1
    counts = await counts_with(camera, recoveries=1)
    assert counts.delivered >= delivered + 5
    assert counts.stale == 0
    camera.release(held)


async def test_a_capture_process_that_falls_silent_is_killed_and_replaced(camera: GenicamCamera) -> None:
    camera.release(await next_of(camera, Frame))
    stuck = pid_of(camera)
    os.kill(stuck, signal.SIGSTOP)
    down = await next_of(camera, CameraDown)
    assert "silent for" in down.reason
    assert not down.final
    await back_with_frames(camera)
    assert pid_of(camera) != stuck
    assert not alive(stuck)


async def test_frames_that_do_not_come_though_the_encoder_turns_are_helped_ever_more(
    camera: GenicamCamera, world: World
) -> None:
    camera.release(await next_of(camera, Frame))
    first = pid_of(camera)
    world.scene.faults.drop_frames = ALL_FRAMES
    reasons = [(await next_of(camera, CameraDown)).reason for _ in range(3)]
    assert all("the encoder moved by" in reason for reason in reasons)
    assert "stopped, emptied and started again" in reasons[0]
    assert "closed and opened anew" in reasons[1]
    assert "its capture process is replaced" in reasons[2]
    assert "exit code 4" in (await next_of(camera, CameraDown)).reason
    world.scene.faults.drop_frames = 0
    await back_with_frames(camera)
    assert pid_of(camera) != first
    assert camera.restarts == 1


async def test_one_restart_of_the_stream_is_enough_where_it_helps(camera: GenicamCamera, world: World) -> None:
    first = pid_of(camera)
    for _ in range(2):
        camera.release(await next_of(camera, Frame))
        camera.order(Recover("two parts in a row had no frame"))
        down = await next_of(camera, CameraDown)
        assert "two parts in a row had no frame; its stream is stopped" in down.reason
        await back_with_frames(camera)
    assert pid_of(camera) == first
    assert world.scene.counters()["opened"] == 1
    await counts_with(camera, recoveries=2)


async def test_a_camera_whose_numbers_no_longer_rise_is_started_again(camera: GenicamCamera, world: World) -> None:
    camera.release(await next_of(camera, Frame))
    world.scene.faults.duplicate_id_frames = ALL_FRAMES
    assert "frames in a row had old numbers" in (await next_of(camera, CameraDown)).reason
    world.scene.faults.duplicate_id_frames = 0
    frame = await back_with_frames(camera)
    after = await next_of(camera, Frame)
    assert after.frame_id > frame.frame_id
    camera.release(after)


async def test_recoveries_beyond_the_budget_replace_the_process(camera: GenicamCamera) -> None:
    first = pid_of(camera)
    for _ in range(RESTARTS_A_MINUTE):
        camera.release(await next_of(camera, Frame))
        camera.order(Recover("told to"))
        assert "its stream is stopped" in (await next_of(camera, CameraDown)).reason
        await back_with_frames(camera)
    assert pid_of(camera) == first
    camera.order(Recover("told to"))
    assert "its capture process is replaced" in (await next_of(camera, CameraDown)).reason
    await back_with_frames(camera)
    assert pid_of(camera) != first


async def test_after_five_restarts_in_a_minute_it_stays_down_and_says_so(camera: GenicamCamera) -> None:
    for _ in range(RESTARTS_A_MINUTE):
        os.kill(pid_of(camera), signal.SIGKILL)
        down = await next_of(camera, CameraDown)
        assert not down.final
        await next_of(camera, CameraUp)
    os.kill(pid_of(camera), signal.SIGKILL)
    down = await next_of(camera, CameraDown)
    assert down.final
    assert "after 5 restarts in a minute it stays down" in down.reason
    assert camera.capture_pid is None
    camera.order(Recover("nobody listens"))


async def test_pulling_the_cable_again_and_again_leaves_nothing_behind(camera: GenicamCamera, world: World) -> None:
    before: tuple[int, int] | None = None
    for turn in range(12):
        camera.release(await next_of(camera, Frame))
        world.scene.faults.unplugged = 1
        await next_of(camera, CameraDown)
        world.scene.faults.unplugged = 0
        await back_with_frames(camera)
        if turn == 5:
            before = held_by(pid_of(camera))
    assert before is not None
    descriptors_now, memory_kb = held_by(pid_of(camera))
    assert descriptors_now <= before[0]
    assert memory_kb < before[1] + 600
    assert camera.restarts == 0


def held_by(pid: int) -> tuple[int, int]:
    """Descriptors and anonymous memory (kB) of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    anonymous = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return len(list(Path(f"/proc/{pid}/fd").iterdir())), int(anonymous.split()[1])


async def test_a_capture_process_that_cannot_be_started_is_said_and_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = descriptors()
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    camera = GenicamCamera(simulated_settings(world.path))
    await camera.start()
    for _ in range(RESTARTS_A_MINUTE):
        down = await next_of(camera, CameraDown)
        assert "could not be started (No such file or directory); it is started again" in down.reason
    assert (await next_of(camera, CameraDown)).final
    await camera.stop()
    assert descriptors() <= before


def test_even_a_stuck_capture_process_ends_when_the_station_dies() -> None:
    code = (
        "import asyncio, os, signal\n"
        "from tests.camera_kinds import viky_settings\n"
        "from drivers.camera.genicam import GenicamCamera\n"
        "async def main():\n"
        "    camera = GenicamCamera(viky_settings())\n"
        "    await camera.start()\n"
        "    print(camera.capture_pid, flush=True)\n"
        "    os.kill(camera.capture_pid, signal.SIGSTOP)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", code]
    station = subprocess.run(command, cwd=REPO, capture_output=True, timeout=LIMIT_S, check=False)
    assert station.returncode == -signal.SIGKILL, station.stderr.decode()
    capture_pid = int(station.stdout)
    deadline_s = time.monotonic() + 10
    while alive(capture_pid) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    if alive(capture_pid):
        os.kill(capture_pid, signal.SIGKILL)
        pytest.fail("the capture process outlived its station")


def test_a_capture_process_without_a_plan_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _PLANLESS], cwd=REPO, capture_output=True, timeout=LIMIT_S, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()


_PLANLESS = """
import socket, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
command = [sys.executable, "-m", "drivers.camera.capture", str(theirs.fileno())]
process = subprocess.Popen(command, pass_fds=(theirs.fileno(),))
theirs.close()
ours.close()
sys.exit(process.wait(20))
"""
