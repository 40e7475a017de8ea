"""Every check that a box is put through, in the order in which one would mend things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from station.doctor import access, cameras, clock, configuration, disk, engine, kernel, network, permissions, plc, ports
from station.doctor import service as system
from station.doctor.box import Box
from station.doctor.finding import Check, Finding

Look = Callable[[Box], Iterator[Finding]]
_SPARE_S = 10.0


def checks_of(path: Path) -> list[Check]:
    """The configuration's own check; the others, too, where its keys can be read at all."""
    first = Check("configuration", "loads", lambda: configuration.whole(path), 30.0)
    config = configuration.keys_alone(path)
    if config is None:
        return [first]
    box = Box(path, config)
    return [first, *(_check(box, *row) for row in _rows(box))]


def _rows(box: Box) -> Iterator[tuple[str, str, Look, float]]:
    producers = len({camera.producer for camera in box.cameras.values()})
    yield "cameras", "found", cameras.cameras, producers * cameras.LOOK_LIMIT_S + _SPARE_S
    if cameras.speaks_gige(box):
        yield "network", "interfaces", network.interfaces, 5.0
        yield "network", "kernel buffers", network.kernel_buffers, 5.0
    if cameras.speaks_usb(box):
        yield "permissions", "usb", permissions.usb, 5.0
    if box.real_cameras:
        yield "permissions", "locked memory", permissions.locked_memory, 5.0
    yield "permissions", "memory", permissions.memory, 5.0
    yield "clock", "synchronised", clock.synchronised, 5.0
    yield "clock", "plausible", clock.plausible, 10.0
    yield "disk", "writable", disk.writable, 10.0
    yield "disk", "room", disk.room, 30.0
    yield "disk", "latency", disk.latency, 30.0
    yield "disk", "kind", disk.kind, 5.0
    yield "ports", "free", ports.ports, 15.0
    yield "engine", "processor", engine.processor, 5.0
    yield "engine", "models", engine.models, engine.LIMIT_S + _SPARE_S
    yield "plc", "reachable", plc.reach, plc.CONNECT_LIMIT_S + _SPARE_S
    yield "plc", "certificates", plc.certificates, 10.0
    yield "page", "https", access.https, 5.0
    yield "page", "users", access.users, 5.0
    yield "service", "systemd", system.systemd, 10.0
    yield "service", "left over", system.left_over, 10.0
    yield "kernel", "governor", kernel.governor, 5.0
    yield "kernel", "cores", kernel.cores, 5.0


def _check(box: Box, group: str, name: str, look: Look, limit_s: float) -> Check:
    return Check(group, name, lambda: look(box), limit_s)
