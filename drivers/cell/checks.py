"""What must fit together before the cell can run: cameras, jig, gate. One sentence for what does not.

Pure. Must not know pictures or connections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from drivers.cell.pictures import CellError
from drivers.cell.sensor import Sensor, line_sensors
from drivers.cell.settings import CellSettings
from drivers.gate.settings import GateSettings

_TURN_ENDS_LINES: Final = 4  # the jig runs on so far past its turn


def check_sensors(settings: CellSettings, sensors: Sequence[Sensor]) -> None:
    """Every camera has a name and a scene of its own and fits the jig. CellError: one sentence."""
    for what, found in (
        ("name", [sensor.name for sensor in sensors]),
        ("scene file", [str(sensor.scene_path) for sensor in sensors]),
    ):
        if len(set(found)) != len(found):
            raise CellError(f"each camera of the cell needs a {what} of its own, found {', '.join(found)}")
    for sensor in line_sensors(sensors):
        turn = sensor.height_px * settings.counts_per_line
        if settings.counts_per_turn != turn:
            raise CellError(
                f"one turn of the jig is {settings.counts_per_turn} counts, but {sensor.height_px} lines of "
                f"{settings.counts_per_line} counts are {turn}: set counts_per_turn to {turn} or change the camera's "
                f"lines"
            )
    for sensor in sensors:
        if sensor.pulses[-1] >= settings.counts_per_turn:
            raise CellError(
                f"camera {sensor.name} is pulsed {sensor.pulses[-1]} counts after the trigger, but one turn of the jig "
                f"is {settings.counts_per_turn} counts: lower the view's offset_counts"
            )


def check_gate(settings: CellSettings, gate: GateSettings | None) -> None:
    """A part must be off the jig before its gate, and a pulse must not reach the next part."""
    if gate is None:
        return
    first = gate.offset_counts - gate.lead_counts
    turn = settings.counts_per_turn + _TURN_ENDS_LINES * settings.counts_per_line
    if first <= turn:
        raise CellError(
            f"the gate's pulse begins {first} counts after the trigger, but the part leaves the jig after {turn}: move "
            f"the gate (recipe.gate.offset_counts) or shorten the turn"
        )
    if gate.pulse_counts > settings.counts_per_turn:
        raise CellError(
            f"the gate's pulse of {gate.pulse_counts} counts is longer than the {settings.counts_per_turn} counts from "
            f"one part to the next: shorten recipe.gate.pulse_counts"
        )
