"""Tells systemd how the station is: ready, alive, stopping (sd_notify(3)); does nothing where systemd does not listen.

The watchdog is fed by whoever sees the inspection loop progress, never by a timer of its own (promise P7).
"""

from __future__ import annotations

import os
import socket


class Notifier:
    """One datagram a message to $NOTIFY_SOCKET; a message that cannot be delivered is not worth a fault."""

    def __init__(self, address: str | None = None) -> None:
        path = os.environ.get("NOTIFY_SOCKET") if address is None else address
        self._address = "\0" + path[1:] if path and path.startswith("@") else path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) if path else None

    def tell(self, message: str) -> None:
        """`READY=1`, `WATCHDOG=1`, `STATUS=…`, `STOPPING=1`."""
        if self._socket is None or self._address is None:
            return
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError:
            return  # systemd is busy or gone: the next message tells it again

    def close(self) -> None:
        """Give the socket back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
