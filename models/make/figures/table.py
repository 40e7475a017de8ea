"""The table of README: mean ± sd over the seeds, and what each number stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, Final

HEAD: Final = (
    "| set (test verdicts) | network | recall | overkill | right class | patch accuracy | ms a verdict |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


def rows(product: str, results: Sequence[Mapping[str, Mapping[str, Any]]], parts: str = "parts") -> list[str]:
    """The lines of one product; `results` is one mapping a seed, from the network's form to its figures.

    `parts` says what got a verdict: parts or pictures.
    """
    lines: list[str] = []
    for form in dict.fromkeys(form for result in results for form in result):
        of_seeds = [result[form] for result in results if form in result]
        ms = [seen["ms_a_part"] for seen in of_seeds if "ms_a_part" in seen]
        lines.append(
            f"| {product} ({of_seeds[0]['parts']} {parts}) | {form}, {len(of_seeds)} seeds "
            f"| {share([seen['recall'] for seen in of_seeds])} | {share([seen['overkill'] for seen in of_seeds])} "
            f"| {share([seen['right_class'] for seen in of_seeds])} "
            f"| {share([seen['patch_accuracy'] for seen in of_seeds])} | {spread(ms, 1) if ms else ''} |"
        )
    return lines


def share(values: Sequence[float | None]) -> str:
    """Mean ± sd in per cent; `unknown` where a set cannot tell."""
    known = [value * 100 for value in values if value is not None]
    return f"{spread(known, 1)} %" if known else "unknown"


def spread(values: Sequence[float], digits: int) -> str:
    """Mean ± sd; the mean alone of one value."""
    sd = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{fmean(values):.{digits}f}{sd}"
