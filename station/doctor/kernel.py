"""Settings of the machine that make a verdict late now and then."""

from __future__ import annotations

import os
from collections.abc import Iterator

from station.doctor.box import Box
from station.doctor.finding import Finding, note, ok

_FAST = "performance"


def governor(box: Box) -> Iterator[Finding]:
    """A processor that sleeps between parts wakes up slowly."""
    places = sorted((box.sys / "devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor"))
    found = {text for place in places if (text := box.text(place))}
    if not found:
        yield ok("the processor's speed is not governed here (a virtual machine, or fixed)")
    elif found != {_FAST}:
        doing = "cpupower frequency-set -g performance (and keep it over restarts)"
        yield note(f"the processor's governor is {', '.join(sorted(found))}", doing)
    else:
        yield ok("the processor's governor is performance")


def cores(box: Box) -> Iterator[Finding]:
    """Enough cores for the station's loop beside its workers."""
    there = len(os.sched_getaffinity(0))
    wanted = box.config.classifier.processes * box.config.classifier.threads
    what = f"{there} cores, {wanted} for the classifier"
    if wanted > there:
        yield note(what, "fewer classifier.processes or threads: more than there are cores only take turns")
    else:
        yield ok(what)
