"""May this user do what the cameras need: USB devices, locked memory, room for the frames."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from station.doctor.box import Box
from station.doctor.finding import Finding, bad, note, ok

MEMLOCK_BYTES = 64 * 1024 * 1024
USBFS_MB = 256
_MIB = 1024 * 1024
_SPARE_MIB = 600
"""What the station's own processes need beside the frames."""
_VISION = ("ef", "05")
"""bInterfaceClass and bInterfaceSubClass of USB3 Vision."""


def memory(box: Box) -> Iterator[Finding]:
    """Is there room for the frames that the cameras' rings hold?"""
    frames = sum(cam.width_px * cam.lines_per_frame * cam.ring_slots for cam in box.cameras.values())
    needed_mib = frames // _MIB + _SPARE_MIB
    lines = dict(line.split(":", 1) for line in (box.text(box.proc / "meminfo") or "").splitlines() if ":" in line)
    free_mib = int(lines.get("MemAvailable", "0 kB").split()[0]) // 1024
    if free_mib < needed_mib:
        doing = "give this machine more memory, or the cameras fewer ring_slots"
        yield bad(f"{free_mib} MiB of memory are free, about {needed_mib} MiB are needed", doing)
    else:
        yield ok(f"{free_mib} MiB of memory are free, about {needed_mib} MiB are needed")


def locked_memory(box: Box) -> Iterator[Finding]:
    """Makers' producers lock their buffers into memory."""
    del box
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft not in (resource.RLIM_INFINITY, -1) and soft < MEMLOCK_BYTES:
        doing = "if the producer complains: LimitMEMLOCK=infinity in the unit, memlock in /etc/security/limits.conf"
        yield note(f"this user may lock {soft // 1024} KiB of memory", doing)
    else:
        yield ok("this user may lock as much memory as a producer needs")


def usb(box: Box) -> Iterator[Finding]:
    """USB3 Vision cameras: may this user open them, and has the kernel room for their pictures?"""
    nodes = list(_vision_nodes(box))
    closed = [node for node in nodes if not os.access(node, os.R_OK | os.W_OK, effective_ids=True)]
    for node in closed:
        group = _group_of(node)
        doing = f"install the maker's udev rules, or: usermod -aG {group} {_user()}; then log in anew"
        yield bad(f"{node}: this user may not open the camera", doing)
    if nodes and not closed:
        yield ok(f"this user may open the {len(nodes)} USB camera(s)")
    megabytes = box.text(box.sys / "module/usbcore/parameters/usbfs_memory_mb")
    if nodes and megabytes is not None and 0 < int(megabytes) < USBFS_MB:
        doing = "usbcore.usbfs_memory_mb=1000 on the kernel's command line"
        yield bad(f"the kernel gives USB pictures {megabytes} MB", doing)
    if not nodes:
        yield note("no USB3 Vision camera is plugged in", "if one should be: check cable and port (lsusb)")


def _vision_nodes(box: Box) -> Iterator[Path]:
    for interface in sorted((box.sys / "bus/usb/devices").glob("*:*")):
        kind = tuple(box.text(interface / name) for name in ("bInterfaceClass", "bInterfaceSubClass"))
        device = interface.parent / interface.name.partition(":")[0]
        bus, number = box.text(device / "busnum"), box.text(device / "devnum")
        if kind == _VISION and bus and number:
            yield Path(f"/dev/bus/usb/{int(bus):03}/{int(number):03}")


def _group_of(node: Path) -> str:
    try:
        return node.group()
    except (OSError, KeyError):
        return "plugdev"


def _user() -> str:
    return os.environ.get("USER") or str(os.geteuid())
