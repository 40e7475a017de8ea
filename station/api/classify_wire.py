"""What the station and its classifying process say to each other over a pair of pipes.

Down: the order as JSON, then the picture's bytes. Up: an HTTP status and the finished answer, so that the event loop
has nothing to encode. Both ends are ours, of one version. Must not know models.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

ORDER_HEAD: Final = struct.Struct(">II")
"""Bytes of the order, bytes of the picture."""
ANSWER_HEAD: Final = struct.Struct(">HI")
"""Status, bytes of the answer."""
ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Order:
    """Look at a picture with a bundle that the station has checked and trusts.

    `want` classified: everything with the map; candidate: compared with `verdict`, the one that the line gave.
    """

    want: Literal["classified", "candidate"]
    bundle: str
    digest: str
    kind: str
    """Media type of the picture."""
    sharpness_min: float = 0.0
    verdict: str = ""

    def pack(self, picture: bytes) -> bytes:
        """Head and order; the picture's bytes follow."""
        order = json.dumps(asdict(self)).encode()
        return ORDER_HEAD.pack(len(order), len(picture)) + order

    @classmethod
    def unpack(cls, text: bytes) -> Order:
        """The inverse."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**fields)
