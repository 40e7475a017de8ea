"""One sentence for a port that cannot be listened on. Must not know what is served there."""

from __future__ import annotations

import errno
import socket

_REASONS = {
    errno.EADDRINUSE: "another program uses this port; stop it (a second station?) or choose another port",
    errno.EADDRNOTAVAIL: "this machine does not have this address; choose one of its own, or 127.0.0.1",
    errno.EACCES: "this user may not use ports below 1024; choose a higher port",
}


class ListenError(Exception):
    """A server that could not start; the message says what, where, why and what to do."""


def cannot_listen(what: str, host: str, port: int, error: OSError) -> ListenError:
    """The sentence for `error`, which came from binding `host`:`port`."""
    if isinstance(error, socket.gaierror):
        reason = "this is no address that this machine can resolve; write an IP address"
    else:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
    return ListenError(f"{what} cannot listen on {host}:{port}: {reason}.")
