"""Can the PLC, or the coupler, be reached where the configuration says it is?"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from ipaddress import ip_address

from drivers.plc.errors import PlcError
from drivers.plc.tls import client_context, server_context
from station.doctor.box import Box
from station.doctor.finding import Finding, bad, note, ok

CONNECT_LIMIT_S = 3.0


def reach(box: Box) -> Iterator[Finding]:
    """By role: a connection to PLC or coupler; where the station is the server, whom it waits for."""
    plc, coupler = box.config.plc, box.config.remote_io
    if plc.role == "remote_io" and coupler is not None:
        yield _connect("the coupler", "remote_io", coupler.host, coupler.port, simulated=coupler.peer == "simulated")
    elif plc.role == "client":
        yield _connect("the PLC", "plc", plc.host, plc.port, simulated=plc.peer == "simulated")
    else:
        yield from _waits(box)


def certificates(box: Box) -> Iterator[Finding]:
    """Those of Modbus over TLS, where the configuration has any."""
    plc, coupler = box.config.plc, box.config.remote_io
    as_client = plc.role != "server"
    tls = coupler.tls if plc.role == "remote_io" and coupler is not None else plc.tls
    if tls is None:
        yield ok("plain Modbus TCP, no certificates")
        return
    folder = box.path.resolve().parent
    try:
        client_context(tls, folder) if as_client else server_context(tls, folder)
    except PlcError as error:
        yield bad(str(error), "mend these files")
    else:
        yield ok(f"certificate {tls.certificate} and its key are good")


def _waits(box: Box) -> Iterator[Finding]:
    plc = box.config.plc
    who = ", ".join(plc.allowed_peers) or "anybody"
    yield ok(f"the PLC connects to the station at {plc.host}:{plc.port}; {who} may")
    with contextlib.suppress(ValueError):
        if plc.peer == "real" and ip_address(plc.host).is_loopback:
            yield bad(f"plc.host {plc.host} cannot be reached from a real PLC", "write the network card's address")


def _connect(who: str, key: str, host: str, port: int, *, simulated: bool) -> Finding:
    what = f"{who} at {host}:{port}"
    try:
        with socket.create_connection((host, port), CONNECT_LIMIT_S):
            return ok(f"{what} takes a connection")
    except socket.gaierror:
        return bad(f"{what}: this machine does not know that name", f"write an IP address: {key}.host")
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
    if simulated:
        return note(f"{what}: {reason}; it is simulated", "nothing: it comes with 'station simulate' or 'station demo'")
    doing = f"check its power, the cable, {key}.host and {key}.port, and that both are in one network (ping {host})"
    return bad(f"{what}: {reason}", doing)
