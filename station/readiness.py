"""Whether a part may come, and the state in one word: worked out from what is up, and from why the line stands.

Reads, decides nothing about a part. Must not know how cameras or the PLC came up.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from drivers.plc.registers import State
from station.core.line import Line
from station.core.standing import Standing
from station.workers.active_pool import ActivePool


class Readiness:
    """`plc_alive` and `stopping` are set by the inspection loop, cameras by `camera`."""

    def __init__(self, cameras: Iterable[str], line: Line, pool: ActivePool, standing: Standing) -> None:
        self._up = dict.fromkeys(cameras, False)
        self._line, self._pool, self._standing = line, pool, standing
        self.plc_alive = False
        self.stopping = False
        self.pausing = False
        """No part should come for a moment; one that comes all the same is taken."""

    def camera(self, name: str, *, up: bool) -> None:
        """A camera began or ceased to acquire."""
        self._up[name] = up

    def camera_up(self, name: str) -> bool:
        """Whether this camera acquires."""
        return self._up[name]

    @property
    def can_inspect(self) -> bool:
        """Whether every camera acquires and somebody looks at the pictures."""
        return all(self._up.values()) and self._pool.alive > 0

    @property
    def ready(self) -> bool:
        """Whether a part may be triggered now."""
        return self.takes and not self.pausing

    @property
    def takes(self) -> bool:
        """Whether a part that is triggered now is inspected."""
        return (
            self.can_inspect
            and self.plc_alive
            and self._line.can_take
            and self.halted is None
            and self.waits_for is None
            and not self.stopping
        )

    @property
    def halted(self) -> str | None:
        """Why the line stands until somebody acts; None when it does not."""
        return self._standing.halted

    @property
    def waits_for(self) -> str | None:
        """What the line waits for by itself: air, room in the bin, a readable encoder."""
        if self._standing.waits_for is None and not self._line.followed(time.monotonic_ns()):
            return "the encoder is not read, or too many parts are on their way to the gate"
        return self._standing.waits_for

    @property
    def forcing_rejects(self) -> bool:
        """Whether every part that comes now would be rejected."""
        return self.halted is not None or self._standing.air_low or not self.can_inspect

    @property
    def state(self) -> State:
        """The station's state under its OPC 40100-1 name."""
        if self.halted is not None:
            return State.ERROR
        if not self.plc_alive or self.waits_for is not None:
            return State.HALTED
        if not self.can_inspect or self.stopping:
            return State.INITIALIZED
        return State.EXECUTING if self._line.counts.in_flight else State.READY
