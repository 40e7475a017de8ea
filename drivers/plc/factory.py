"""Which PLC connection belongs to which role: the one place that knows both."""

import time
from collections.abc import Callable
from pathlib import Path

from drivers.plc.client_link import PlcClientLink
from drivers.plc.errors import PlcError
from drivers.plc.link import PlcServerLink
from drivers.plc.link_core import LinkCore, OnTrigger, tell_nobody
from drivers.plc.settings import PlcSettings


def open_plc(
    settings: PlcSettings,
    *,
    folder: Path = Path(),
    clock_ns: Callable[[], int] = time.monotonic_ns,
    on_trigger: OnTrigger = tell_nobody,
) -> LinkCore:
    """The connection of role server or client, not started yet.

    `folder` is the configuration's: certificate files are relative to it. PlcError for a role without registers.
    """
    if settings.role == "remote_io":
        raise PlcError("plc.role remote_io has no PLC to shake hands with: choose server or client")
    link = PlcServerLink if settings.role == "server" else PlcClientLink
    return link(settings, folder=folder, clock_ns=clock_ns, on_trigger=on_trigger)
