"""Why the line stands, and whether a person must clear it: stops, refused devices, air, bin, too many rejects.

Pure. A stop stays until a person clears it, a refused device until it is exchanged, low air and a full bin until the
sensor says otherwise. Must not know the parts, nor registers.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.plc.signals import LineSignals
from station.core.alarms import AlarmKind, AlarmLimits, RejectAlarm, RejectAlarms


@dataclass(frozen=True, slots=True)
class Change:
    """What has just begun or ended; None: no change."""

    air_low: bool | None = None
    bin_full: bool | None = None


class Standing:
    """`stop_on_alarm`: too many rejects stop the line; otherwise they are only said."""

    def __init__(self, alarms: AlarmLimits, *, stop_on_alarm: bool) -> None:
        self._alarms, self._stop_on_alarm = RejectAlarms(alarms), stop_on_alarm
        self._halted: str | None = None
        self._air_low = self._bin_full = False
        self.refused: str | None = None
        """A device that must not be used; only another device ends it."""

    @property
    def halted(self) -> str | None:
        """Why the line stands until somebody acts; None when it does not."""
        return self.refused or self._halted

    @property
    def waits_for(self) -> str | None:
        """What the line waits for by itself: air, or room in the bin."""
        if self._air_low:
            return "the gate's compressed air is low"
        return "the reject bin is full" if self._bin_full else None

    @property
    def takes_parts(self) -> bool:
        """Whether nothing here speaks against a part."""
        return self.halted is None and self.waits_for is None

    @property
    def air_low(self) -> bool:
        """The gate cannot move."""
        return self._air_low

    def change_over(self, alarms: AlarmLimits, *, stop_on_alarm: bool) -> None:
        """Another recipe: rejects are counted anew, by its limits. What stands goes on standing."""
        self._alarms, self._stop_on_alarm = RejectAlarms(alarms), stop_on_alarm

    def stop(self, reason: str) -> None:
        """The line stands from now on; the first reason stays."""
        self._halted = self._halted or reason

    def clear(self) -> None:
        """A person has seen to it."""
        self._halted = None
        self._alarms.clear()

    def signals(self, signals: LineSignals | None) -> Change:
        """The newest reading; what nobody reads now holds as it was read last."""
        air = full = None
        if signals is not None and signals.air_low is not None and signals.air_low != self._air_low:
            air = self._air_low = signals.air_low
        if signals is not None and signals.bin_full is not None and signals.bin_full != self._bin_full:
            full = self._bin_full = signals.bin_full
        return Change(air, full)

    def decided(self, *, passed: bool, wrong_part: bool | None = None) -> list[RejectAlarm]:
        """A part was decided; the alarms that begin with it."""
        found = self._alarms.decided(passed=passed, wrong_part=wrong_part)
        if found and self._stop_on_alarm:
            alarm = found[0]
            wrong = alarm.kind is AlarmKind.WRONG_PARTS
            self.stop(
                f"{alarm.rejects} parts in a row are not the recipe's"
                if wrong
                else f"{alarm.rejects} of {alarm.parts} parts were rejected"
            )
        return found
