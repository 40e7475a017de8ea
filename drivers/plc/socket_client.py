"""One link of pymodbus with the ordinary Modbus TCP framing, plain or inside TLS; made anew for each connection.

pymodbus 3.16.1 ties TLS to a framing without lengths, which breaks on an answer that comes in two TLS records;
Modbus/TCP Security (MODBUS.org, 2018) keeps the ordinary header. Must not know what is asked or why.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.framer import FramerType
from pymodbus.transport import CommParams, CommType


class SocketClient(AsyncModbusTcpClient):
    """No retries, no reconnecting: the careful client does that. `on_bytes` and `on_link` as pymodbus' traces."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        name: str,
        timeout_s: float,
        ssl_context: ssl.SSLContext | None,
        on_bytes: Callable[[bool, bytes], bytes],
        on_link: Callable[[bool], None],
    ) -> None:
        self.comm_params = CommParams(  # pymodbus takes what is there already, the only way to give it a context
            comm_type=CommType.TCP if ssl_context is None else CommType.TLS,
            comm_name=name,
            host=host,
            port=port,
            sslctx=ssl_context,
            reconnect_delay=0,
            timeout_connect=timeout_s,
        )
        super().__init__(
            host,
            framer=FramerType.SOCKET,
            timeout=timeout_s,
            retries=0,
            trace_packet=on_bytes,
            trace_connect=on_link,
        )

    def never_late(self, unsent_is_lost: bool) -> None:
        """True: what is unsent when this link ends is thrown away, also when this process is killed.

        Otherwise the kernel would deliver a write whenever the cable is back, long after it was given up. False before
        a link is closed in good order: the peer sees an end and no reset.
        """
        with contextlib.suppress(OSError):  # the peer may be gone already; the first request will say so
            if isinstance(self.ctx.transport, asyncio.WriteTransport):
                of_link = self.ctx.transport.get_extra_info("socket")
                of_link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", unsent_is_lost, 0))
