"""What can go wrong with the PLC, each as one sentence a technician can act on.

Must not know sockets or pymodbus: the driver's edge translates their exceptions into these.
"""


class PlcError(Exception):
    """A fault of the PLC connection: what, where, expected, found, what to do, in one sentence."""


class PlcLinkDownError(PlcError):
    """There is no connection at the moment; the supervisor is trying. The request was not sent."""


class PlcTimeoutError(PlcError):
    """No whole reply within the limit. A write may have been carried out; it is never sent again."""


class PlcReplyError(PlcError):
    """The reply does not belong to the request (unit, function, count, address ...); none of it was used."""


class PlcRefusedError(PlcError):
    """The other side answered with a Modbus exception; `code` is its number (1, 2, 3, 4, 6, 11 ...)."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code
