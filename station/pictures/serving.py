"""The picture process's work: encodes pictures where they lie in the ring, writes them, keeps them within their budget.

One thread encodes and answers, one writes, one deletes; a disk that hangs holds the latter two alone. The slot is free
as soon as its pixels are encoded. Must not know which pictures are kept, nor the line.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera.ring import RingMap
from station.fault_codes import FaultCode
from station.pictures.encoding import encoded, preview
from station.pictures.hours import Hours
from station.pictures.note import with_note
from station.pictures.plan import PicturePlan
from station.pictures.retention import FULL_HOLD_S, PERIOD_S, Retention, free_bytes
from station.pictures.rules import KeepRule
from station.pictures.status import PictureStatus
from station.pictures.sums import StoredSums
from station.pictures.wire import Channel
from station.pictures.writer import AGAIN_AFTER_S, EncodedPicture, PictureWriter, write_whole

_log = logging.getLogger("station.pictures")

_STATUS_EACH_S: Final = 0.25
_WRITE_LIMIT_S: Final = 0.6


class FaultMessages:
    """Says beginnings and ends of faults to the station; each once. From any thread."""

    def __init__(self, channel: Channel) -> None:
        self._channel, self._lock = channel, threading.Lock()
        self._lasting: set[FaultCode] = set()

    def raise_(self, code: FaultCode, **details: object) -> None:
        """The condition holds."""
        with self._lock:
            known = code in self._lasting
            self._lasting.add(code)
        if not known:
            self._say({"fault": code.value, "details": {name: str(value) for name, value in details.items()}})

    def clear(self, code: FaultCode) -> None:
        """It has ended, if it was there."""
        with self._lock:
            known = code in self._lasting
            self._lasting.discard(code)
        if known:
            self._say({"fault": code.value, "details": None})

    def _say(self, message: dict[str, Any]) -> None:
        try:
            self._channel.send(message)
        except OSError:
            _log.debug("the station is gone and hears of no fault any more")


def serve(
    control: socket.socket,
    plan: PicturePlan,
    *,
    write: Callable[[Path, bytes], None] = write_whole,
    free: Callable[[Path], int] = free_bytes,
    period_s: float = PERIOD_S,
    full_hold_s: float = FULL_HOLD_S,
    again_after_s: float = AGAIN_AFTER_S,
) -> None:
    """Work until the station hangs up; then what waits is written, unless the disk takes too long for it."""
    channel, folder, rule = Channel(control), Path(plan.folder), KeepRule.of(plan.settings)
    faults, hours, sums = FaultMessages(channel), Hours(folder), StoredSums()
    writer = PictureWriter(folder, faults, hours, sums, write=write, again_after_s=again_after_s)
    retention = Retention(
        folder, rule, faults, hours, sums, writer, free=free, period_s=period_s, full_hold_s=full_hold_s
    )
    rings = {camera: RingMap(layout) for camera, layout in plan.rings.items()}
    said: PictureStatus | None = None

    def tell() -> None:
        nonlocal said
        now = PictureStatus(
            writer.room, writer.waiting, writer.dropped, dict(sums.written), sums.total_bytes,
            retention.disk_free_bytes, retention.counted,
        )  # fmt: skip
        if now != said:
            channel.send({"status": asdict(now)})
            said = now

    writer.start()
    retention.start()
    try:
        tell()  # the first word: now there can be jobs
        while True:
            job = channel.receive(_STATUS_EACH_S)
            if job is not None:
                _do(job, rings, channel, writer)
            tell()
    except (EOFError, OSError):
        pass  # the station wants no more, or is gone
    finally:
        writer.stop(_WRITE_LIMIT_S)
        retention.stop(0.1)
        for ring in rings.values():
            ring.close()
        with suppress(OSError):
            tell()


def _do(job: Mapping[str, Any], rings: Mapping[str, RingMap], channel: Channel, writer: PictureWriter) -> None:
    """One job; the station hears that the slot is free before anything waits for the disk."""
    height, width = job["shape"]
    content: bytes | None = None
    small = b""
    wanted = "note" in job
    try:
        pixels: NDArray[np.uint8] = rings[job["camera"]].slot(job["slot"])[:height, :width]
        top, left, rows, columns = job["crop"]
        part = pixels[top : top + rows, left : left + columns]
        if job["preview"]:
            small = preview(pixels if job["preview"] == "camera" else part)
        if wanted and writer.takes:
            content = encoded(part, lossless=job["lossless"])
        del pixels, part
    except (cv2.error, ValueError, MemoryError):  # the slot goes back, the next picture comes
        _log.exception("a picture of camera %s could not be encoded", job["camera"])
    channel.send({"done": True, "kept": not wanted or content is not None}, small)
    if content is not None:
        noted = with_note(content, job["note"])
        writer.put(EncodedPicture(job["part_uid"], job["view"], job["class"], job["lossless"], noted))
