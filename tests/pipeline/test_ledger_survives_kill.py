"""After `kill -9` at any moment the ledger knows every part: sums, parts in flight, results not taken (P1, P9).

A child writes events as fast as it can and says each over a pipe once the call returned. The events follow from a
seed, so that the parent knows what each number of them must have left behind.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from station.core.reasons import Outcome
from station.ledger import LedgerFile, Recovered, Sums

ROUNDS = 25
MOST_REPORTS = 3000
ENTRIES = 256  # the ring goes round many times in a round
MOST_IN_FLIGHT, MOST_UNTAKEN = 20, 12

Event = tuple[str, int, Outcome | None]


def events(seed: int) -> Iterator[Event]:
    """A line's events without end: parts decided out of order, some withdrawn, results taken in order or never."""
    choose = random.Random(seed)
    in_flight: list[int] = []
    untaken: list[int] = []
    passes: set[int] = set()
    number = choose.randrange(65535)
    while True:
        step = choose.random()
        if step < 0.34 and len(in_flight) < MOST_IN_FLIGHT:
            number = number % 65535 + 1
            in_flight.append(number)
            yield "triggered", number, None
        elif step < 0.64 and in_flight and len(untaken) < MOST_UNTAKEN:
            decided = in_flight.pop(choose.randrange(len(in_flight)))
            outcome = choose.choice(list(Outcome))
            untaken.append(decided)
            if outcome is Outcome.PASSED:
                passes.add(decided)
            yield "decided", decided, outcome
        elif step < 0.69 and passes:
            yield "withdrawn", passes.pop(), None
        elif untaken:
            taken = untaken.pop(0)
            passes.discard(taken)
            yield "taken", taken, None


def write_until_killed(path: Path, seed: int, report: int) -> None:
    """The child: one byte a finished event."""
    ledger = LedgerFile(path)
    for kind, part_seq, outcome in events(seed):
        if kind == "triggered":
            ledger.triggered(part_seq)
        elif kind == "decided":
            assert outcome is not None
            ledger.decided(part_seq, outcome)
        elif kind == "withdrawn":
            ledger.withdrawn(part_seq)
        else:
            assert ledger.taken(part_seq)
        os.write(report, b".")


def expected(seed: int, count: int, before: Sums) -> Recovered:
    """What a restart must find after the first `count` events on a file whose sums were `before`."""
    in_flight: dict[int, None] = {}
    untaken: dict[int, Outcome] = {}
    closed = {Outcome.PASSED: before.passed, Outcome.REJECTED: before.rejected, Outcome.FORCED: before.forced}
    triggers, withdrawn = before.triggers, before.withdrawn
    for kind, part_seq, outcome in islice(events(seed), count):
        if kind == "triggered":
            in_flight[part_seq] = None
            triggers += 1
        elif outcome is not None:
            del in_flight[part_seq]
            untaken[part_seq] = outcome
            closed[outcome] += 1
        elif kind == "withdrawn":
            untaken[part_seq] = Outcome.FORCED
            closed[Outcome.PASSED] -= 1
            closed[Outcome.FORCED] += 1
            withdrawn += 1
        else:
            del untaken[part_seq]
    closed[Outcome.FORCED] += len(in_flight)
    sums = Sums(triggers, closed[Outcome.PASSED], closed[Outcome.REJECTED], closed[Outcome.FORCED], withdrawn)
    return Recovered(sums, tuple(sorted(in_flight)), tuple(untaken.items()))


def found(recovered: Recovered) -> Recovered:
    """What can be compared: parts carried on over the ring are told in another order, and the time is the clock's."""
    assert recovered.in_flight_unknown == 0
    assert recovered.sentence is None
    return Recovered(recovered.sums, tuple(sorted(recovered.in_flight)), recovered.not_taken)


def reports_until_killed(path: Path, seed: int, wanted: int) -> int:
    """Kills the child right after its `wanted`-th report; how many it had made by then."""
    script = f"from pathlib import Path\nfrom {__name__} import write_until_killed\n"
    script += f"write_until_killed(Path({str(path)!r}), {seed}, 1)\n"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path.cwd()) as child:
        assert child.stdout is not None
        reported = len(child.stdout.read(wanted))
        os.kill(child.pid, signal.SIGKILL)
        reported += len(child.stdout.read())
    assert child.returncode == -signal.SIGKILL
    return reported


def test_after_kill_9_at_any_moment_sums_parts_in_flight_and_results_not_taken_are_exactly_right(
    tmp_path: Path,
) -> None:
    path = tmp_path / "parts.ledger"
    LedgerFile(path, entries=ENTRIES).close()
    sums, seen_in_flight, all_reported = Sums(), 0, 0
    choose = random.Random()
    for _ in range(ROUNDS):
        seed, wanted = choose.randrange(2**32), choose.randrange(1, MOST_REPORTS)
        reported = reports_until_killed(path, seed, wanted)
        ledger = LedgerFile(path)
        try:
            there = found(ledger.recovered)
            may_be = [expected(seed, count, sums) for count in (reported, reported + 1)]
            assert there in may_be, (seed, reported)
            sums = there.sums
            assert sums.triggers == sums.passed + sums.rejected + sums.forced
            ledger.recovery_noted()
        finally:
            ledger.close()
        seen_in_flight, all_reported = seen_in_flight + len(there.in_flight), all_reported + reported
    assert seen_in_flight > 0
    assert all_reported > ROUNDS * ENTRIES, "the ring did not go round"
