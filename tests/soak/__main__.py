"""`python -m tests.soak --triggers N --seed S --processes P`: plays it, prints what happened; 1 if a promise broke."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.soak.report import table
from tests.soak.soak import soak
from tests.soak.truth import SoakFaultError, Tally

_SLICES = 20
"""Each process plays so many worlds after each other, each with a seed of its own: that seed alone plays it again."""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--triggers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    wanted = parser.parse_args()
    share = -(-wanted.triggers // wanted.processes)
    begun, tally = time.monotonic(), Tally()
    try:
        if wanted.processes == 1:
            tally = soak(share, wanted.seed)
        else:
            with ProcessPoolExecutor(wanted.processes) as processes:
                lives = range(_SLICES * wanted.processes)
                runs = [processes.submit(soak, -(-share // _SLICES), wanted.seed + life) for life in lives]
                try:
                    for run in as_completed(runs):
                        tally.add(run.result())
                        print(
                            f"{tally.triggers} triggers, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True
                        )
                finally:
                    processes.shutdown(wait=False, cancel_futures=True)
    except SoakFaultError as fault:
        print(f"A promise is broken: {fault}", file=sys.stderr)
        return 1
    print(table(tally, time.monotonic() - begun, wanted.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
