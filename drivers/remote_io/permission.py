"""Whether any gate may be open at all: the station online and alive, the coupler's watchdog armed.

Pure: time comes in as `now_ns`. Must not know parts or gates.
"""

from __future__ import annotations

from drivers.plc.facts import NS_PER_MS, StationFacts
from drivers.plc.registers import State

_BEAT_LIMIT_NS = 300 * NS_PER_MS
"""Three periods of the station's heartbeat."""
_SHUT = (State.PREOPERATIONAL, State.HALTED, State.ERROR)


class Permission:
    """Refused until all is said that is needed."""

    def __init__(self) -> None:
        self._beaten_ns: int | None = None
        self.facts = StationFacts()
        """What the station says of itself."""
        self.armed = True
        """The coupler's watchdog guards the outputs."""

    def beat(self, now_ns: int) -> None:
        """The inspection loop made progress."""
        self._beaten_ns = now_ns

    def refused(self, now_ns: int) -> str | None:
        """Why no gate may be open; None = verdicts are carried out."""
        facts = self.facts
        if not facts.online or facts.forcing_rejects or facts.state in _SHUT:
            return "the station is not online, or rejects everything"
        if self._beaten_ns is None or now_ns - self._beaten_ns > _BEAT_LIMIT_NS:
            return f"the inspection made no progress for {_BEAT_LIMIT_NS // NS_PER_MS} ms"
        return None if self.armed else "the coupler's watchdog is not armed"
