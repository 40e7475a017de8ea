"""What the guided fail-safe test breaks inside the station, one thing at a time. Each can only lead to rejects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sabotage:
    """Nothing is broken unless it is said.

    `hide_frames`: pictures are thrown away as they come; `hold_answers`: the classifier's answers are kept back until
    it is False again; `mute_heartbeat`: the PLC gets no heartbeat of the station.
    """

    hide_frames: bool = False
    hold_answers: bool = False
    mute_heartbeat: bool = False


NO_SABOTAGE = Sabotage()
