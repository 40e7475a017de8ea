"""What a soak amounted to, as a table for people."""

from __future__ import annotations

from collections import Counter

from tests.soak.truth import Tally


def table(tally: Tally, took_s: float, seed: int) -> str:
    """Lines of text."""
    share = tally.untouched_good_passed / max(1, tally.untouched_good)
    lines = [
        f"{tally.triggers} triggers in {took_s:.1f} s, {tally.triggers / took_s:.0f} a second (seed {seed})",
        "0 unaccounted, 0 uninspected passes, 0 verdicts on the wrong part, 0 defective parts passed",
        f"parts {tally.parts}: {_words(tally.ends)}",
        f"triggers that the station never got, rejected by the PLC itself: {tally.never_got}",
        f"parts that the PLC could not announce, rejected by itself: {tally.not_announced}",
        f"triggers that reached the station twice, none passed: {tally.ghosts}",
        f"sound parts untouched by a fault: {tally.untouched_good}, of which passed {share:.1%}",
        "",
        *_block("sound parts rejected, why", tally.good_rejected),
        *_block("of them untouched by a fault", tally.untouched_rejected),
        *_block("faults played", tally.faults),
        *_block("what the station said", tally.seen),
    ]
    return "\n".join(lines)


def _words(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted.most_common())


def _block(title: str, counted: Counter[str]) -> list[str]:
    return [title, *(f"  {number:9d}  {name}" for name, number in counted.most_common()), ""]
