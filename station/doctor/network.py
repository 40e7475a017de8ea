"""What GigE Vision needs of the network: large packets, room for bursts in the kernel and in the network card."""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterator

from station.doctor.box import Box
from station.doctor.finding import Finding, bad, note, ok

JUMBO_MTU = 8000
RMEM_BYTES = 16 * 1024 * 1024
"""About 130 ms of a full 1 Gbit/s link: what may come in while nobody reads."""
_SIOCETHTOOL = 0x8946
_GET_RING = 0x10
_RING = struct.Struct("=9I")
_NAME_AND_POINTER = "16sP"


def interfaces(box: Box) -> Iterator[Finding]:
    """MTU and receive ring of every network card that is up."""
    cards = [card for card in sorted((box.sys / "class/net").glob("*")) if (card / "device").exists()]
    up = [card for card in cards if box.text(card / "operstate") in ("up", "unknown")]
    if not up:
        yield bad("no network card is up", "check cable and switch: ip link; a GigE camera needs one of its own")
    for card in up:
        mtu = int(box.text(card / "mtu") or 0)
        if mtu < JUMBO_MTU:
            doing = f"if a camera is on it: ip link set {card.name} mtu 9000 (and the switch, and keep it in its setup)"
            yield note(f"{card.name}: MTU {mtu}, packets are small", doing)
        else:
            yield ok(f"{card.name}: MTU {mtu}")
        ring = receive_ring(card.name)
        if ring is not None and ring[0] < ring[1]:
            doing = f"if a camera is on it: ethtool -G {card.name} rx {ring[1]}"
            yield note(f"{card.name}: receive ring of {ring[0]} packets, {ring[1]} are possible", doing)


def kernel_buffers(box: Box) -> Iterator[Finding]:
    """How much a socket may ask for."""
    found = int(box.text(box.proc / "sys/net/core/rmem_max") or 0)
    if found < RMEM_BYTES:
        doing = f"sysctl -w net.core.rmem_max={RMEM_BYTES * 2} (and write it to /etc/sysctl.d/60-station.conf)"
        yield bad(f"net.core.rmem_max is {found} bytes: pictures will lose packets, at least {RMEM_BYTES}", doing)
    else:
        yield ok(f"net.core.rmem_max is {found} bytes")


def receive_ring(card: str) -> tuple[int, int] | None:
    """Packets that the card's receive ring holds, and could hold; None where its driver does not tell."""
    rings = ctypes.create_string_buffer(_RING.pack(_GET_RING, *([0] * 8)), _RING.size)
    request = struct.pack(_NAME_AND_POINTER, card.encode()[:15], ctypes.addressof(rings))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            fcntl.ioctl(asking, _SIOCETHTOOL, request)
        except OSError:
            return None
    _, possible, _, _, _, used, *_ = _RING.unpack(rings.raw)
    return used, possible
