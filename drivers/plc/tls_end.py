"""The server's end of one TLS link, as bytes in and bytes out: no loop, no sockets, no tasks.

The event loops' own upgrade (`start_tls`) is not used: uvloop hands the first bytes of a fast peer to the protocol
before the upgrade, and on asyncio requests that come with the end of the handshake are answered beside the TLS. Pure;
must not know Modbus.
"""

from __future__ import annotations

import contextlib
import ssl

_PIECE_BYTES = 64 * 1024


class TlsEnd:
    """Feed `received` with what the wire brings; after each call send what `to_send` gives."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._wire_in, self._wire_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._end = context.wrap_bio(self._wire_in, self._wire_out, server_side=True)
        self.secured = False
        """The peer's certificate is right; nothing that came before counts."""

    def received(self, data: bytes) -> bytes:
        """What the peer said, in plain; b"" while its words are not whole. Raises ssl.SSLError for a link to close."""
        self._wire_in.write(data)
        plain = bytearray()
        try:
            if not self.secured:
                self._end.do_handshake()
                self.secured = True
            while piece := self._end.read(_PIECE_BYTES):
                plain += piece
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return bytes(plain)

    def sealed(self, plain: bytes) -> bytes:
        """The bytes to send for `plain`, which must not be empty."""
        self._end.write(plain)
        return self.to_send()

    def to_send(self) -> bytes:
        """What TLS itself has to say: handshake, alerts."""
        return self._wire_out.read()

    def goodbye(self) -> bytes:
        """The last bytes of a link that ends in order, so that the peer knows that nothing was cut off."""
        if self.secured:
            with contextlib.suppress(ssl.SSLError):  # the peer's own goodbye is not waited for
                self._end.unwrap()
        return self.to_send()
