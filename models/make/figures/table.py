"""The table of README: mean ± sd over the seeds, and what each number stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, Final

HEAD: Final = (
    "| set (test parts) | network | part recall | overkill | right class of parts | patch accuracy | ms a part |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)
KINDS: Final = (("student", "student"), ("distilled", "distilled"), ("int8", "INT8"))


def rows(product: str, results: Sequence[Mapping[str, Any]], unseen: Sequence[str] = ()) -> list[str]:
    """The lines of one product; `results` is one mapping a seed; `unseen` names other sets it was judged on."""
    lines: list[str] = []
    for key, name in (*KINDS, *((f"int8 on {other}", f"INT8 on {other}") for other in unseen)):
        of_seeds = [result[key] for result in results if key in result]
        if not of_seeds:
            continue
        ms = [result["ms_a_part"] for result in results if "ms_a_part" in result] if key == "int8" else []
        lines.append(
            f"| {product} ({of_seeds[0]['parts']}) | {name}, {len(of_seeds)} seeds "
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
