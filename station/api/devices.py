"""GET /api/devices: cameras, encoder, light, PLC, engine and disk, each with its status in one sentence.

Must not know what stands behind a device. What is not known is null, never the last value.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, Protocol

from pydantic import RootModel

from station.access.roles import Role
from station.api.endpoint import Call, Endpoint
from station.api.forms import Document
from station.api.threads import ReadingThreads

DeviceKind = Literal["camera", "encoder", "lamp", "plc", "engine", "disk"]
DeviceStatus = Literal["ok", "warning", "fault", "unavailable"]
Detail = str | int | float | bool | None
_GB: Final = 1e9


class DeviceShown(Document):
    """One device. `age_s`: since the last sign of life; null: there was none, or it gives none.

    `details` have their unit at the end of the name: exposure_us, free_gb.
    """

    name: str
    kind: DeviceKind
    status: DeviceStatus
    text: str
    age_s: float | None
    simulated: bool
    details: dict[str, Detail]


class DevicesShown(RootModel[list[DeviceShown]]):
    """All of them, cameras first."""


class DeviceSource(Protocol):
    """All devices but the disk. Called in the event loop: it must be quick."""

    def devices(self) -> list[DeviceShown]:
        """Each as it is now."""
        ...

    def disk(self, free_gb: float | None, total_gb: float | None) -> DeviceShown:
        """The disk, with the room that it has; None: nobody could tell."""
        ...


def device_endpoints(source: DeviceSource, reads: ReadingThreads, folder: Path) -> list[Endpoint]:
    """The one endpoint. `folder`: whose disk is looked at."""

    async def show(call: Call) -> DevicesShown:
        del call
        free_gb, total_gb = await reads.disk(lambda: room(folder))
        return DevicesShown([*source.devices(), source.disk(free_gb, total_gb)])

    summary = "Every device with its status in one sentence"
    return [Endpoint("GET", "/api/devices", Role.VIEWER, show, summary, answer=DevicesShown, refuses=(503,))]


def room(
    folder: Path, usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage
) -> tuple[float | None, float | None]:
    """Free and whole room of the folder's disk in GB; None where it cannot be told."""
    try:
        total, _, free = usage(folder)
    except OSError:
        return None, None
    return round(free / _GB, 2), round(total / _GB, 2)


def worst(statuses: Sequence[DeviceStatus]) -> DeviceStatus:
    """The worst of some; ok of none."""
    worst_first: tuple[DeviceStatus, ...] = ("fault", "unavailable", "warning")
    for status in worst_first:
        if status in statuses:
            return status
    return "ok"
