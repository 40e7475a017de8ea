"""What keeps the station running: systemd with its watchdog; and what an earlier run may have left over."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from station.doctor.box import Box, is_station
from station.doctor.finding import Finding, bad, note, ok

UNIT = "station.service"
_ASK_LIMIT_S = 5.0
_CHILDREN = ("drivers.camera.capture", "drivers.camera.replay", "station.workers.", "drivers.cell")
_PROPERTIES = ("LoadState", "UnitFileState", "ActiveState", "Type", "WatchdogUSec")


def systemd(box: Box) -> Iterator[Finding]:
    """Is the unit installed, enabled, and watched?"""
    del box
    address = os.environ.get("NOTIFY_SOCKET")
    if address is not None and not address.startswith("@") and not os.path.exists(address):  # noqa: PTH110 - a socket's name
        yield bad(f"NOTIFY_SOCKET names {address}, which is not there", "start the station by its unit alone")
    unit = _unit()
    if unit is None:
        doing = "where it must come back by itself: use a machine with systemd, or the container's restart policy"
        yield note("systemd does not answer here: nobody restarts a station that is stuck", doing)
    elif unit.get("LoadState") != "loaded":
        doing = "copy systemd/station.service to /etc/systemd/system, then: systemctl enable --now station"
        yield note(f"{UNIT} is not installed: nobody starts the station with the machine", doing)
    else:
        if unit.get("UnitFileState") not in ("enabled", "enabled-runtime"):
            yield note(f"{UNIT} does not start with the machine", "systemctl enable station")
        if unit.get("Type") != "notify" or unit.get("WatchdogUSec") in (None, "0", "infinity"):
            doing = "Type=notify and WatchdogSec=5 in the unit"
            yield bad(f"{UNIT} has no watchdog: a stuck station would stay", doing)
        else:
            yield ok(f"{UNIT} is {unit.get('ActiveState')}, its watchdog barks after {unit['WatchdogUSec']}")


def left_over(box: Box) -> Iterator[Finding]:
    """Processes of a station that is no more."""
    found = False
    first = _command(box, box.proc / "1")  # in a container that may be the station itself
    for process in sorted(box.proc.glob("[0-9]*"), key=lambda each: int(each.name)):
        command = _command(box, process)
        if not any(f" -m {module}" in f" {command}" for module in _CHILDREN):
            continue
        if "PPid:\t1" in (box.text(process / "status") or "").splitlines() and not is_station(first):
            found = True
            what = f"process {process.name} is left over from an earlier run: {command[:80]}"
            yield bad(what, f"kill {process.name}")
    if not found:
        yield ok("nothing is left over from an earlier run")


def _command(box: Box, process: Path) -> str:
    return (box.text(process / "cmdline") or "").replace("\0", " ").strip()


def _unit() -> dict[str, str] | None:
    words = ["systemctl", "show", UNIT, *(f"--property={name}" for name in _PROPERTIES)]
    try:
        done = subprocess.run(words, capture_output=True, timeout=_ASK_LIMIT_S, check=False, text=True)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0 or "LoadState=" not in done.stdout:
        return None
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
