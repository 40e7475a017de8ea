"""`station camera tune`: live figures to focus and expose by, drawn in place on a terminal, else a line a second."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from dataclasses import dataclass, field

from drivers.camera.factory import open_camera
from drivers.camera.interface import Camera, CameraCounts, CameraDown, CameraIdentity, CameraUp, Fire, Frame
from drivers.camera.settings import CameraSettings
from models.spec import CropRule
from station.camera_figures import Pace, PaceFigures, PictureFigures, figures_of, part_text
from station.cli.camera_choice import ChosenCamera
from station.cli.exits import CANNOT_START, FAILED, OK, UserError
from station.cli.stopping import run_async, stop_requests

_DRAW_EVERY_S, _LINE_EVERY_S = 0.2, 1.0
_SILENCE_S = 2.0
_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(slots=True)
class Seen:
    """What has come from the camera so far."""

    pace: Pace
    identity: CameraIdentity | None = None
    down: CameraDown | None = None
    newest: Frame | None = None
    """Not yet measured; released when a newer one comes."""
    picture: PictureFigures | None = None
    picture_s: float = field(default_factory=time.monotonic)
    best_sharpness: float = 0.0
    frames: int = 0
    counts: CameraCounts = field(default_factory=CameraCounts)


def tune(chosen: ChosenCamera, seconds: float | None) -> int:
    """Until Ctrl-C or for `seconds`. FAILED when not one picture came."""
    return run_async(lambda: _tune(chosen, seconds))


async def _tune(chosen: ChosenCamera, seconds: float | None) -> int:
    name, settings = chosen.name, chosen.settings
    camera = open_camera(settings)
    counts_per_line = settings.counts_per_line if settings.carries_counts else None
    free_running = not settings.is_area and settings.frame_trigger == "Off"
    seen = Seen(Pace(counts_per_line, free_running=free_running))
    screen = _Screen()
    async with stop_requests() as stop:
        await camera.start()
        listener = asyncio.create_task(_listen(camera, seen), name="camera-tune")
        until_s = None if seconds is None else time.monotonic() + seconds
        try:
            while not listener.done() and not stop.is_set() and (until_s is None or time.monotonic() < until_s):
                left_s = screen.every_s if until_s is None else min(screen.every_s, until_s - time.monotonic())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), max(0.0, left_s))
                _measure(camera, chosen.crop, seen)
                camera.order(Fire())  # only a camera that is triggered by software listens
                screen.draw(name, settings, seen)
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
            await camera.stop()
    if seen.down is not None and seen.down.final:
        raise UserError(f"camera {name}: {seen.down.reason}", CANNOT_START)
    if seen.picture is None:
        raise UserError(f"camera {name}: {_silence(settings, seen, time.monotonic())}", FAILED)
    return OK


async def _listen(camera: Camera, seen: Seen) -> None:
    """Take events until the camera has given up; keep the newest frame for the next measurement."""
    while seen.down is None or not seen.down.final:
        match await camera.next_event():
            case Frame() as frame:
                seen.frames += 1
                seen.pace.add(frame)
                if seen.newest is not None:
                    camera.release(seen.newest)
                seen.newest = frame
            case CameraUp(identity):
                seen.identity, seen.down = identity, None
            case CameraDown() as down:
                seen.down = down
            case CameraCounts() as counts:
                seen.counts = counts
            case _:
                pass


def _measure(camera: Camera, crop: CropRule | None, seen: Seen) -> None:
    frame, seen.newest = seen.newest, None
    if frame is None:
        return
    seen.picture = figures_of(camera.view(frame), crop)
    seen.picture_s = time.monotonic()
    seen.best_sharpness = max(seen.best_sharpness, seen.picture.sharpness)
    camera.release(frame)


class _Screen:
    """Draws in place on a terminal; writes a line a second anywhere else."""

    def __init__(self) -> None:
        self._in_place = sys.stdout.isatty()
        self._drawn = 0
        self.every_s = _DRAW_EVERY_S if self._in_place else _LINE_EVERY_S

    def draw(self, name: str, settings: CameraSettings, seen: Seen) -> None:
        """Bring what is shown up to date."""
        now_s = time.monotonic()
        if not self._in_place:
            print(one_line(settings, seen, now_s), flush=True)
            return
        lines = screen_lines(name, settings, seen, now_s)
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        sys.stdout.write(up + "".join(f"\r{line}\x1b[K\n" for line in lines) + "\x1b[J")
        sys.stdout.flush()
        self._drawn = len(lines)


def screen_lines(name: str, settings: CameraSettings, seen: Seen, now_s: float) -> list[str]:
    """What stands on the terminal."""
    who = "…" if seen.identity is None else f"{seen.identity.vendor} {seen.identity.model} {seen.identity.serial}"
    size = f"{settings.width_px}x{settings.lines_per_frame} {settings.pixel_format}"
    lines = [f"camera {name}: {who}, {size}"]
    picture = seen.picture
    if picture is not None:
        pace = seen.pace.figures()
        lines += [
            f"levels     min {picture.darkest:3d}  mean {picture.mean:5.1f}  max {picture.brightest:3d}   "
            f"saturated {picture.saturated:7.2%}  dark {picture.dark:7.2%}",
            f"histogram  0 [{histogram_bar(picture)}] 255",
            f"sharpness  {picture.sharpness:8.2f}   best {seen.best_sharpness:.2f}   of {part_text(picture)}",
            *([] if settings.is_area else [f"lines      {_lines_text(pace)}"]),
            f"pictures   {_frames_text(pace)}   {seen.frames} so far, {_lost_text(seen.counts)}",
        ]
    quiet = seen.down is not None or now_s - seen.picture_s > _SILENCE_S
    lines.append(_silence(settings, seen, now_s) if quiet else "Ctrl-C ends")
    return lines


def one_line(settings: CameraSettings, seen: Seen, now_s: float) -> str:
    """The same for a log: one line."""
    picture = seen.picture
    if picture is None or seen.down is not None or now_s - seen.picture_s > _SILENCE_S:
        return _silence(settings, seen, now_s)
    pace = seen.pace.figures()
    return (
        f"min {picture.darkest} mean {picture.mean:.1f} max {picture.brightest} saturated {picture.saturated:.2%} "
        f"dark {picture.dark:.2%} [{histogram_bar(picture)}] sharpness {picture.sharpness:.2f} of "
        f"{part_text(picture)}; "
        f"{'' if settings.is_area else f'{_lines_text(pace)}; '}{_frames_text(pace)}, {_lost_text(seen.counts)}"
    )


def histogram_bar(picture: PictureFigures) -> str:
    """A character a bin, high where many pixels are. The square root keeps small shares in sight."""
    most = max(picture.histogram)
    steps = len(_BARS) - 1
    return "".join(
        _BARS[max(1, round((share / most) ** 0.5 * steps))] if share else _BARS[0] for share in picture.histogram
    )


def _lines_text(pace: PaceFigures) -> str:
    if pace.line_period_us is None:
        return "line period unknown"
    jitter = "" if pace.line_jitter_us is None else f" ± {pace.line_jitter_us:.2f}"
    counts = "" if pace.counts_per_line is None else f", {pace.counts_per_line:.2f} counts a line"
    return f"{pace.line_period_us:.2f}{jitter} µs a line{counts}"


def _frames_text(pace: PaceFigures) -> str:
    if pace.frames_per_s is None:
        return "one picture"
    jitter = "" if pace.frame_jitter_ms is None else f" (± {pace.frame_jitter_ms:.1f} ms)"
    return f"{pace.frames_per_s:.1f} a second{jitter}"


def _lost_text(counts: CameraCounts) -> str:
    lost = counts.id_gap_frames + counts.ring_full + counts.unusable
    incomplete = f", {counts.incomplete} incomplete" if counts.incomplete else ""
    missed = counts.line_triggers_missed + counts.frame_triggers_missed
    return f"{lost} lost{incomplete}" + (f", {missed} triggers missed" if missed else "")


def _silence(settings: CameraSettings, seen: Seen, now_s: float) -> str:
    if seen.down is not None:
        return f"camera down: {seen.down.reason}"
    waits = {
        None: "",
        "Off": ": does the encoder turn?" if settings.counts_per_line is not None else "",
        "Software": ": it does not answer the software trigger",
    }.get(settings.frame_trigger, f": it waits for {settings.frame_trigger}; try --trigger off")
    return f"no picture for {now_s - seen.picture_s:.0f} s{waits}"
