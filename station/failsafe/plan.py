"""The steps of the fail-safe test for one recipe and line.

Pure. What a line has not got it cannot show: such a step is named with its reason and never counts as shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.config.load import Loaded
from station.failsafe.step import Omission, Plan, Step, StepKind

_SILENT_FOR_MS = 2_000
"""A simulated PLC is silent for so much longer than the station's patience: then it is seen to be silent."""
_LONGEST_SILENCE_MS = 60_000
_GOOD_PART = {"part": "good"}


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What the plan depends on. `labels`: class names as the PLC numbers them, the sound one first."""

    labels: tuple[str, ...]
    deadline_ms: float
    heartbeat_timeout_ms: int
    confirms: bool
    has_plc: bool = True


def plan_of(loaded: Loaded) -> Plan:
    """The plan for this configuration."""
    config, gate = loaded.config, loaded.config.recipe.gate
    return plan_for(
        LineFacts(
            labels=loaded.labels,
            deadline_ms=config.recipe.deadline_ms,
            heartbeat_timeout_ms=config.plc.heartbeat_timeout_ms,
            confirms=gate is not None and gate.confirm_offset_counts is not None,
            has_plc=config.plc.role != "remote_io",
        )
    )


def plan_for(line: LineFacts) -> Plan:
    """The plan for a line with these facts."""
    steps = [_GOOD, *(_defect(label) for label in line.labels[1:]), _NO_IMAGE, _LATE]
    omitted: list[Omission] = []
    if line.has_plc:
        steps += [_plc_silent(line.heartbeat_timeout_ms), _STATION_SILENT]
    else:
        reason = "this line has no PLC; pull the coupler's network cable by hand and see that every part is rejected"
        omitted += [Omission(title, reason) for title in ("Silent PLC", "Silent station")]
    if line.confirms and len(line.labels) > 1:
        steps.append(_withheld(line.labels[1]))
    else:
        reason = "this line has no sensor in the reject chute: a reject that does not fall is seen by nobody"
        omitted.append(Omission("Withheld gate", reason))
    return Plan(tuple(steps), tuple(omitted), line.confirms, line.deadline_ms)


_GOOD = Step(
    key="good",
    kind=StepKind.GOOD,
    title="Good part",
    instruction="Take a part that is known to be good, say that you are ready, then lay it on.",
    meanwhile="The station works as always.",
    expects="PASS, and the part goes on to the next station.",
    feed=(_GOOD_PART,),
)

_NO_IMAGE = Step(
    key="no-image",
    kind=StepKind.NO_IMAGE,
    title="No image",
    instruction="Take a good part, say that you are ready, then lay it on.",
    meanwhile="The station throws its pictures away.",
    expects="A forced reject for want of a frame, and the part falls into the reject chute.",
    feed=(_GOOD_PART,),
)

_LATE = Step(
    key="late-verdict",
    kind=StepKind.LATE,
    title="Late verdict",
    instruction="Take a good part, say that you are ready, then lay it on.",
    meanwhile="The station keeps the classifier's answer back until the deadline is over.",
    expects="A forced reject at the deadline, the late verdict recorded and not applied, the part in the reject chute.",
    feed=(_GOOD_PART,),
)

_STATION_SILENT = Step(
    key="silent-station",
    kind=StepKind.STATION_SILENT,
    title="Silent station",
    instruction="Take a good part, say that you are ready, then lay it on.",
    meanwhile="While the part is under way the station's heartbeat stands still for more than three periods.",
    expects="The PLC rejects the part by its own default although the station passes it: it falls into the chute.",
    feed=(_GOOD_PART,),
)


def _defect(label: str) -> Step:
    return Step(
        key=f"defect-{label}",
        kind=StepKind.DEFECT,
        title=f"Defect: {label}",
        instruction=f"Take a part with the defect {label}, say that you are ready, then lay it on.",
        meanwhile="The station works as always.",
        expects=f"REJECT with the class {label}, and the part falls into the reject chute.",
        label=label,
        feed=({"part": label},),
    )


def _plc_silent(heartbeat_timeout_ms: int) -> Step:
    silent_ms = min(heartbeat_timeout_ms + _SILENT_FOR_MS, _LONGEST_SILENCE_MS)
    return Step(
        key="silent-plc",
        kind=StepKind.PLC_SILENT,
        title="Silent PLC",
        instruction="Take a good part, say that you are ready, lay it on, and put the PLC into STOP while it is under "
        "way; when the station has noticed, put the PLC back into RUN.",
        meanwhile="The station keeps the classifier's answer back, so that the part is still under way.",
        expects="The station notices the silence, force-rejects the part and takes no other; it goes on by itself when "
        "the PLC is back; the part falls into the reject chute.",
        feed=(_GOOD_PART, {"plc": "silent", "for_ms": silent_ms}),
    )


def _withheld(label: str) -> Step:
    return Step(
        key="withheld-gate",
        kind=StepKind.WITHHELD,
        title="Withheld gate",
        instruction=f"Hold the gate open or cover the sensor in the reject chute, take a part with the defect {label}, "
        "say that you are ready, then lay it on; take the part out, and clear the error at the PLC when you are asked.",
        meanwhile="The station works as always.",
        expects="The station says that the reject is not confirmed, and the line stands until a person clears the "
        "error.",
        label=label,
        feed=({"part": label, "line_fault": "gate-stuck-open"},),
    )
