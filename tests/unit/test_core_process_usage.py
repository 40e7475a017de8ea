"""Memory and processor time of processes, read from the kernel."""

from __future__ import annotations

import os
import subprocess
import sys

from station.process_usage import command_of, cpu_s_of, memory_of, tree_of


def test_a_process_and_its_child_are_one_tree() -> None:
    program = "print(flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()  # it runs its own program by now, not yet a copy of ours
        assert {os.getpid(), child.pid} <= set(tree_of(os.getpid()))
        assert "input()" in command_of(child.pid)
    finally:
        child.communicate(b"\n")
    assert child.pid not in tree_of(os.getpid())


def test_memory_counts_shared_pages_once_and_no_more_than_the_plain_sum() -> None:
    here = memory_of([os.getpid()])
    assert 0 < here.pss_mib <= here.rss_mib


def test_processor_time_only_grows_and_a_dead_process_uses_none() -> None:
    before = cpu_s_of(os.getpid())
    sum(range(2_000_000))
    assert cpu_s_of(os.getpid()) >= before > 0
    assert cpu_s_of(2**22 - 1) == 0.0
    assert memory_of([2**22 - 1]).pss_mib == 0.0
    assert command_of(2**22 - 1) == ""
