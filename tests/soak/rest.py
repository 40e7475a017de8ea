"""The PLC's counters and the station's, compared between lots when the line is empty.

Where they differ over a lot, the station must have said so by the end of the next one; a restart of either side, or a
new link, begins the comparison anew, as it does in the product. Must not change anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.soak.world import World


@dataclass(frozen=True, slots=True)
class _Standing:
    session: tuple[object, ...]
    plc_triggers: int
    plc_passed: int
    own_triggers: int
    own_passes: int
    said: int


class Books:
    """Call `compare` at rest, `forget` when one side is gone."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._before: _Standing | None = None
        self._owed: str | None = None

    def forget(self) -> None:
        """One side is gone: it counts anew."""
        self._before = self._owed = None

    def compare(self) -> None:
        """Both sides are at rest."""
        now = self._now()
        before, self._before = self._before, now
        owed, self._owed = self._owed, None
        if before is None:
            return
        if now.said != before.said:  # a trigger that was missed may still come late, and be counted only then
            self._before = None
            return
        if before.session != now.session:
            return
        if owed is not None:
            self._world.truth.fail(f"the counters differ and nobody said so: {owed}")
        triggers, own = now.plc_triggers - before.plc_triggers, now.own_triggers - before.own_triggers
        passed, shown = now.plc_passed - before.plc_passed, now.own_passes - before.own_passes
        if triggers != own:
            self._owed = f"the PLC counts {triggers} triggers in a lot, the station {own}"
        elif passed > shown:
            self._owed = f"the PLC counts {passed} parts passed in a lot, the station showed {shown} PASS"

    def _now(self) -> _Standing:
        world = self._world
        station, plc = world.station, world.plc
        assert station is not None
        handshake, seen = station.link._handshake, world.truth.tally.seen
        counters = handshake.counters
        begun = (seen["event: PlcConnected"], seen["event: PlcBack"])
        return _Standing(
            session=(world.life, plc, *begun),
            plc_triggers=plc.triggers,
            plc_passed=plc.passed,
            own_triggers=counters.triggers + counters.refused_triggers,
            own_passes=handshake._results.passes_shown,
            said=counters.counters_differed,
        )
