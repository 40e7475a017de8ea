"""What processes use: memory with shared pages counted once (PSS, from smaps_rollup), and processor time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_KIB = 1024
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12  # fields of /proc/PID/stat after the command's closing bracket, see proc(5)


@dataclass(frozen=True, slots=True)
class Memory:
    """Mebibytes. `pss` splits a shared page between its users, so it adds up; `rss` counts it at each of them."""

    pss_mib: float
    rss_mib: float


def tree_of(pid: int) -> list[int]:
    """The process and all its descendants that are still there."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        try:
            children = Path(f"/proc/{current}/task/{current}/children").read_text(encoding="ascii")
        except OSError:
            continue
        found.append(current)
        waiting += [int(child) for child in children.split()]
    return found


def memory_of(pids: list[int]) -> Memory:
    """Sum over processes; one that has ended counts nothing."""
    sums = {"Pss": 0, "Rss": 0}
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for line in lines:
            key, _, value = line.partition(":")
            if key in sums:
                sums[key] += int(value.split()[0])
    return Memory(round(sums["Pss"] / _KIB, 1), round(sums["Rss"] / _KIB, 1))


def command_of(pid: int) -> str:
    """The command line of a process, empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def cpu_s_of(pid: int) -> float:
    """Processor seconds, user and system, that a process has used so far; 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_A_SECOND
