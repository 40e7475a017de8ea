"""The inference engine and the models, tried out in a program of their own; and what the processor offers."""

from __future__ import annotations

import json
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator

from station.doctor.box import Box
from station.doctor.finding import Finding, bad, note, ok

LIMIT_S = 120.0
_PROBE = "station.doctor.engine_probe"
_NEEDED = {"x86_64": ("sse4_2",), "aarch64": ("asimd",)}
_FAST = {"x86_64": ("avx2",), "aarch64": ("asimddp",)}


def processor(box: Box) -> Iterator[Finding]:
    """Instructions that the engine needs, and those that make it fast."""
    kind = platform.machine()
    text = box.text(box.proc / "cpuinfo") or ""
    lines = [line.partition(":")[2] for line in text.splitlines() if line.lower().startswith(("flags", "features"))]
    flags = set(lines[0].split()) if lines else set[str]()
    missing = [flag for flag in _NEEDED.get(kind, ()) if flag not in flags]
    slow = [flag for flag in _FAST.get(kind, ()) if flag not in flags]
    if kind not in _NEEDED:
        yield bad(f"a processor of kind {kind}", "the engine is made for x86_64 and aarch64")
    elif missing:
        yield bad(f"the processor lacks {', '.join(missing)}", "the engine cannot run here: use another machine")
    elif slow:
        doing = "networks run several times slower here; in a virtual machine pass the host's processor through"
        yield note(f"the processor lacks {', '.join(slow)}", doing)
    else:
        yield ok(f"the processor has what the engine needs ({', '.join((*_NEEDED[kind], *_FAST[kind]))})")


def models(box: Box) -> Iterator[Finding]:
    """Does the engine load? Then signature, golden set and pace of each model."""
    words = [sys.executable, "-m", _PROBE, str(box.path)]
    try:
        done = subprocess.run(words, capture_output=True, timeout=LIMIT_S, check=False)  # noqa: S603 - our own program
    except subprocess.TimeoutExpired:
        yield bad(f"no answer within {LIMIT_S:g} s", "look for another program that loads this machine")
        return
    for line in done.stdout.splitlines():
        yield Finding(**json.loads(line))
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        doing = "the engine is not made for this processor" if name == "SIGILL" else "report this with the output"
        yield bad(f"the engine crashed ({name})", doing)
    elif done.returncode > 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        yield bad(f"the engine does not load: {words[-1] if words else 'no reason given'}", "install the station again")
