"""Which cameras are there, what they offer, a picture as they give it: asks programs of their own, with limits.

It must not import harvesters: what a vendor's producer does to its process happens over there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.camera.features import writes_for
from drivers.camera.interface import CameraError, RingLayout
from drivers.camera.settings import CameraSettings
from drivers.camera.wire import Plan, encode_plan

LOOK_LIMIT_S = 60.0
_LOOK, _STILL = "drivers.camera.discover", "drivers.camera.still"
_ACCESS = {1: "free", 2: "free, read only", 3: "not reachable", 4: "in use", 5: "in use", 6: "in use"}


@dataclass(frozen=True, slots=True)
class SeenCamera:
    """A camera as its transport layer tells of it; an empty text is a fact that it does not tell."""

    vendor: str
    model: str
    serial: str
    version: str
    transport: str
    """GEV, U3V, CXP, .. (GenTL TLType)."""
    access: str


@dataclass(frozen=True, slots=True)
class SeenFeature:
    """One feature of a camera's node map, as it stood when it was looked at."""

    category: str
    name: str
    kind: str
    access: str
    value: str
    unit: str
    offers: str
    """An enumeration's values divided by spaces, or a number's range."""
    visibility: str
    meaning: str


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """A picture that was written."""

    width_px: int
    height_px: int
    pixel_format: str


def cameras_behind(producer: Path, limit_s: float = LOOK_LIMIT_S) -> list[SeenCamera]:
    """Every camera that a producer finds. CameraError when the producer cannot be used, crashes, or gives no sign."""
    return [
        SeenCamera(
            vendor=device["vendor"],
            model=device["model"],
            serial=device["serial_number"],
            version=device["version"],
            transport=device["tl_type"],
            access=_ACCESS.get(device["access_status"] or 0, "unknown"),
        )
        for device in _ask(producer, _LOOK, ["list", str(producer)], None, limit_s)["devices"]
    ]


def features_of(producer: Path, serial: str, scene: str | None, limit_s: float = LOOK_LIMIT_S) -> list[SeenFeature]:
    """The features that can be read, written or executed, in the order of the camera's categories. CameraError."""
    answer = _ask(producer, _LOOK, ["features", str(producer), serial], None, limit_s, scene)
    return [SeenFeature(**feature) for feature in answer["features"]]


def still_picture(settings: CameraSettings, producer: Path, picture: Path, limit_s: float) -> SeenPicture:
    """Write one picture with its full depth or colours as a PNG, the camera being set as `settings` say.

    10 and 12 bits lie in the upper bits of 16. CameraError when no whole picture comes within `limit_s`.
    """
    plan = Plan(
        producer=str(producer),
        serial=settings.serial,
        scene=settings.scene,
        model=settings.model,
        buffers=settings.buffers,
        chunks=(),
        chunks_by_line=False,
        events=(),
        software_trigger=settings.frame_trigger == "Software",
        counts_per_frame=0,
        writes=writes_for(settings),
        ring=RingLayout(
            -1, 1, settings.width_px * settings.lines_per_frame, settings.lines_per_frame, settings.width_px
        ),
        held=(),
        last_frame_id=0,
    )
    words = [str(picture.resolve()), str(limit_s)]
    return SeenPicture(**_ask(producer, _STILL, words, encode_plan(plan), limit_s + LOOK_LIMIT_S))


def _ask(
    producer: Path, module: str, arguments: list[str], sent: bytes | None, limit_s: float, scene: str | None = None
) -> dict[str, Any]:
    environment = dict(os.environ) if scene is None else {**os.environ, "EDGE_SCENE": scene}
    try:
        done = subprocess.run(  # noqa: S603 - our own programs
            [sys.executable, "-m", module, *arguments],
            env=environment, input=sent or b"", capture_output=True, timeout=limit_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CameraError(
            f"GenTL producer {producer} gave no sign within {limit_s:.0f} s: unplug what hangs"
        ) from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        how = f"was ended by signal {-done.returncode}" if done.returncode < 0 else f"ended with {done.returncode}"
        said = done.stderr.decode(errors="replace").strip().splitlines()
        words = f" ({said[-1]})" if said else ""
        raise CameraError(f"GenTL producer {producer}: the look at it {how}{words}: reinstall the producer") from error
    if "error" in answer:
        raise CameraError(f"GenTL producer {producer}: {answer['error']}")
    return answer
