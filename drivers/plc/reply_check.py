"""Does a Modbus TCP reply belong to its request? Judged on the raw bytes, before any library decodes them.

pymodbus 3.16.1 accepts a reply with transaction 0, another read function's reply, another number of registers
and a write echo of another address. Must not know sockets, clients or what the registers mean.
"""

_MBAP_WORDS_END = 6
_MIN_LENGTH, _MAX_LENGTH = 3, 254
_READ_BITS, _READ_WORDS, _ECHOED = (1, 2), (3, 4, 23), (5, 15, 16)
_ECHO_START, _ECHO_END = 8, 12
"""Bytes of a write request and of its reply that hold address and quantity (FC5: address and value)."""


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def is_partial(received: bytes) -> bool:
    """More bytes must come before the reply can be judged; a header known to be wrong is not partial."""
    if len(received) < _MBAP_WORDS_END:
        return True
    length = _u16(received, 4)
    header_right = _u16(received, 2) == 0 and _MIN_LENGTH <= length <= _MAX_LENGTH
    return header_right and len(received) < _MBAP_WORDS_END + length


def reply_fault(request: bytes, received: bytes) -> str | None:
    """What is wrong with `received` as the whole reply to `request` (both whole frames); None = it belongs.

    An exception reply to the request belongs too. Known requests: FC1 to FC5, FC15, FC16, FC23.
    """
    return _frame_fault(request, received) or _body_fault(request, received)


class ReplyGuard:
    """Lets through, of the bytes of one link, only whole right replies; after a wrong one nothing any more."""

    def __init__(self) -> None:
        self._asked = b""
        self.wrong: str | None = None
        """What was wrong with a reply; None = nothing so far."""

    def asks(self, request: bytes) -> None:
        """A whole request is sent; its reply may come from now on."""
        self._asked = request

    def asks_no_more(self) -> None:
        """The request has ended, with or without a reply."""
        self._asked = b""

    def let_through(self, received: bytes) -> bytes:
        """All bytes that came since the last whole reply; returns them if they are the reply, else nothing."""
        if self.wrong is not None or is_partial(received):
            return b""
        self.wrong = reply_fault(self._asked, received) if self._asked else "nothing was asked, but bytes came"
        if self.wrong is not None:
            return b""
        self._asked = b""
        return received


def _frame_fault(request: bytes, received: bytes) -> str | None:
    if _u16(received, 2) != 0:
        return f"protocol id 0 was expected, {_u16(received, 2)} came"
    length = _u16(received, 4)
    if not _MIN_LENGTH <= length <= _MAX_LENGTH:
        return f"a length of {_MIN_LENGTH}..{_MAX_LENGTH} was expected, {length} came"
    if len(received) != _MBAP_WORDS_END + length:
        return f"a reply of {_MBAP_WORDS_END + length} bytes was expected, {len(received)} came"
    if _u16(received, 0) != _u16(request, 0):
        return f"transaction {_u16(request, 0)} was expected, {_u16(received, 0)} came"
    if received[6] != request[6]:
        return f"unit {request[6]} was expected, {received[6]} came"
    return None


def _body_fault(request: bytes, received: bytes) -> str | None:
    function, pdu = request[7], received[7:]
    if pdu[0] == function | 0x80:
        return None if len(pdu) == 2 else f"an exception of 2 bytes was expected, {len(pdu)} came"
    if pdu[0] != function:
        return f"function {function} was expected, {pdu[0]} came"
    if function in _READ_BITS or function in _READ_WORDS:
        count = _u16(request, 10)
        size = (count + 7) // 8 if function in _READ_BITS else 2 * count
        if len(pdu) < 2 or pdu[1] != size or len(pdu) != 2 + size:
            return f"{size} data bytes were expected, {pdu[1] if len(pdu) > 1 else 0} came"
        return None
    if function in _ECHOED:
        wanted, echo = request[_ECHO_START:_ECHO_END], received[_ECHO_START:]
        return None if echo == wanted else f"echo {wanted.hex()} was expected, {echo.hex()} came"
    return f"function {function} is not one of those that can be judged"
