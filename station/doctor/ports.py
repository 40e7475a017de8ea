"""Are the ports free that the station listens on, and if not, who has them?"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

from station.doctor.box import Box, is_station
from station.doctor.finding import Finding, bad, note, ok

_LISTENS = "0A"


def ports(box: Box) -> Iterator[Finding]:
    """Page, metrics, and the PLC's where the station is the server."""
    config = box.config
    listened = [("page", config.page.host, config.page.port), ("metrics", config.metrics.host, config.metrics.port)]
    if config.plc.role == "server":
        listened.append(("plc", config.plc.host, config.plc.port))
    for key, host, port in listened:
        yield _port(box, key, host, port)


def _port(box: Box, key: str, host: str, port: int) -> Finding:
    what = f"{key}: {host}:{port}"
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trying.bind(place)
            trying.listen(1)
    except socket.gaierror:
        return bad(f"{what} is no address that this machine can resolve", f"write an IP address: {key}.host")
    except OSError as error:
        return _refused(box, what, key, port, error)
    return ok(f"{what} is free")


def _refused(box: Box, what: str, key: str, port: int, error: OSError) -> Finding:
    if error.errno == errno.EADDRINUSE:
        holder = holder_of(box.proc, port)
        if holder is not None and is_station(holder[1]):
            return note(f"{what}: a station has it (process {holder[0]})", "nothing, if that one is meant to run")
        whose = f"process {holder[0]}: {holder[1][:80]}" if holder else "a process of another user, see: ss -ltnp"
        return bad(f"{what} is in use ({whose})", f"stop it, or choose another {key}.port")
    if error.errno == errno.EACCES:
        doing = f"AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or a {key}.port from 1024 on"
        return bad(f"{what}: this user may not use ports below 1024", doing)
    if error.errno == errno.EADDRNOTAVAIL:
        doing = f"correct {key}.host, or set up the network card"
        return bad(f"{what}: this machine does not have this address", doing)
    return bad(f"{what}: {error.strerror}", f"choose another {key}.host or {key}.port")


def holder_of(proc: Path, port: int) -> tuple[int, str] | None:
    """Process id and command line of who listens on the port; None where it cannot be seen."""
    inodes = {f"socket:[{inode}]" for inode in _listening(proc, port)}
    if not inodes:
        return None
    for process in proc.glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return int(process.name), words
        except OSError:
            continue  # it has ended, or belongs to somebody else
    return None


def _listening(proc: Path, port: int) -> Iterator[str]:
    for table in ("net/tcp", "net/tcp6"):
        try:
            lines = (proc / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
