"""`station camera grab`: one picture as a PNG, or a recording of several that can be replayed."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from drivers.camera.discovery import still_picture
from drivers.camera.factory import open_camera
from drivers.camera.interface import Camera, CameraDown, CameraUp, Fire, Frame, FrameLost
from drivers.camera.producers import producer_file
from drivers.camera.recording import RecordingError, RecordingWriter, write_png
from drivers.camera.settings import REPLAY
from station.camera_figures import figures_of, part_text
from station.cli.camera_choice import ChosenCamera
from station.cli.exits import BAD_INPUT, CANNOT_START, FAILED, OK, UserError
from station.cli.stopping import run_async, stop_requests

_RING_SLOTS = 16
_NO_PICTURE = {
    "Off": "its lines may not come: does the encoder turn?",
    "Software": "it was asked to, and sent none: see 'station camera features' for TriggerSource and TriggerMode",
}


def grab(chosen: ChosenCamera, out: Path, frames: int, timeout_s: float) -> int:
    """Save `frames` pictures of the camera; UserError when one does not come within `timeout_s`."""
    single = out.suffix.lower() == ".png"
    if single and frames > 1:
        raise UserError(f"{out} is one picture, and --frames {frames} are more: name a folder", BAD_INPUT)
    if single and not out.resolve().parent.is_dir():
        raise UserError(f"there is no folder {out.resolve().parent} to write {out.name} into", BAD_INPUT)
    slots = max(chosen.settings.ring_slots, min(frames, _RING_SLOTS))
    chosen = replace(chosen, settings=chosen.settings.model_copy(update={"ring_slots": slots}))
    try:
        recording = None if single else RecordingWriter(out)
    except RecordingError as error:
        raise UserError(str(error), BAD_INPUT) from None
    return run_async(lambda: _grab(chosen, out, recording, frames, timeout_s))


def grab_full_depth(chosen: ChosenCamera, out: Path, timeout_s: float) -> int:
    """Save one picture with all the depth and colour that the camera gives; CameraError when there is none."""
    settings = chosen.settings
    if settings.producer == REPLAY:
        raise UserError(f"camera {chosen.name} is a replay: a recording has 8 bits of grey and no more", BAD_INPUT)
    if out.suffix.lower() != ".png" or not out.resolve().parent.is_dir():
        raise UserError(f"{out} is no .png file in a folder that is there: --full-depth saves one picture", BAD_INPUT)
    seen = still_picture(settings, producer_file(settings.producer), out, timeout_s)
    print(f"{out}: {seen.width_px}x{seen.height_px} {seen.pixel_format} in full depth")
    return OK


async def _grab(
    chosen: ChosenCamera, out: Path, recording: RecordingWriter | None, frames: int, timeout_s: float
) -> int:
    camera = open_camera(chosen.settings)
    lost = 0
    async with stop_requests() as stop:
        stopped = asyncio.create_task(stop.wait())
        try:
            await camera.start()
            saved = 0
            while saved < frames:
                if saved:
                    camera.order(Fire())  # only a camera that is triggered by software listens
                frame, lost_now = await _picture(chosen, camera, timeout_s, stopped)
                lost += lost_now
                if frame is None:
                    break
                try:
                    print(await asyncio.to_thread(_save, chosen, camera, frame, out, recording), flush=True)
                finally:
                    camera.release(frame)
                saved += 1
        finally:
            stopped.cancel()
            await camera.stop()
            if recording is not None:
                recording.close()
    if recording is not None:
        missing = f"; {lost} were lost meanwhile" if lost else ""
        print(f"{out}: a recording of {saved} pictures{missing}; play it with producer: replay, scene: {out}")
    return OK if saved == frames else FAILED


async def _picture(
    chosen: ChosenCamera, camera: Camera, timeout_s: float, stopped: asyncio.Task[bool]
) -> tuple[Frame | None, int]:
    """The next picture, or None when the command was stopped; and how many were lost before it."""
    until_s = time.monotonic() + timeout_s
    lost = 0
    while True:
        event = asyncio.ensure_future(camera.next_event())
        await asyncio.wait(
            {event, stopped}, timeout=max(0.0, until_s - time.monotonic()), return_when=asyncio.FIRST_COMPLETED
        )
        if not event.done():
            event.cancel()
            await asyncio.wait({event})
            if stopped.done():
                return None, lost
            source = chosen.settings.frame_trigger or "Off"
            why = _NO_PICTURE.get(source, f"it waits for {source}; try --trigger off")
            raise UserError(f"camera {chosen.name} sent no picture within {timeout_s:g} s: {why}", FAILED)
        match event.result():
            case Frame() as frame:
                return frame, lost + frame.lost_before
            case FrameLost():
                lost += 1
            case CameraDown(reason):
                raise UserError(f"camera {chosen.name}: {reason}", CANNOT_START)
            case CameraUp():
                camera.order(Fire())
            case _:
                pass


def _save(chosen: ChosenCamera, camera: Camera, frame: Frame, out: Path, recording: RecordingWriter | None) -> str:
    """Write the picture; one line that says what it is."""
    pixels = camera.view(frame)
    if recording is not None:
        path = recording.add(frame, pixels)
    else:
        path = out
        write_png(path, pixels)
    figures = figures_of(pixels, chosen.crop)
    count = "" if frame.encoder_count is None else f", encoder {frame.encoder_count}"
    missing = "" if frame.complete else f", only {frame.lines_valid} lines arrived"
    return (
        f"{path}: {frame.width_px}x{frame.height_px} {frame.pixel_format}, frame {frame.frame_id}{count}{missing}; "
        f"levels {figures.darkest} to {figures.brightest}, mean {figures.mean:.0f}, "
        f"saturated {figures.saturated:.2%}, sharpness {figures.sharpness:.1f} of {part_text(figures)}"
    )
