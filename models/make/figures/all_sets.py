"""Every row of the table: data, three seeds, results kept as JSON so that a stopped measuring goes on."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.make.data_set import load_data_set
from models.make.figures.one_set import measure
from models.make.figures.plan import TABLE, Measured
from models.make.figures.table import HEAD, rows
from models.make.manifest import DataError
from models.make.product import load_product

log = logging.getLogger(__name__)


def measure_all(
    data: Path | None,
    drawn: Path | None,
    work: Path,
    only: Sequence[str] | None,
    seeds: Sequence[int],
    threads: int,
    teachers: bool = True,
) -> None:
    """Do what has no result yet. DataError where a folder is missing, with the command that makes it."""
    for row in TABLE if teachers else [replace(row, teachers=()) for row in TABLE]:
        if only and row.product not in only:
            continue
        folder = _folder(row, data, drawn)
        if folder is None:
            log.warning("%s: left out, no folder was given for it", row.product)
            continue
        missing = [seed for seed in seeds if not _result(work, row.product, seed).exists()]
        if not missing:
            continue
        product = load_product(row.product)
        loaded = load_data_set(folder, product)
        unseen = {name: load_data_set(folder.parent / name, product, ("test",)) for name in row.unseen}
        for seed in missing:
            found = measure(row, loaded, unseen, work / row.product, seed, threads)
            path = _result(work, row.product, seed)
            path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            log.info("%s seed %d: %s", row.product, seed, found["student INT8"])


def table(work: Path) -> list[str]:
    """The lines of the table, of every result that lies in `work`."""
    lines: list[str] = [*HEAD]
    for row in TABLE:
        results: list[dict[str, Any]] = [
            json.loads(path.read_text(encoding="utf-8")) for path in sorted((work / row.product).glob("seed*.json"))
        ]
        lines += rows(row.product, results, load_product(row.product).judged)
    return lines


def _folder(row: Measured, data: Path | None, drawn: Path | None) -> Path | None:
    if row.drawn is None:
        return data
    if drawn is None:
        return None
    for name in (row.drawn, *row.unseen):
        if not (drawn / name / "manifest.csv").exists():
            look = f" --look {name.removeprefix(row.drawn + '-')}" if name != row.drawn else ""
            raise DataError(
                f"{drawn / name}: expected a drawn set, found none; draw it: "
                f"station model draw --product {row.product}{look} --out {drawn / name}"
            )
    return drawn / row.drawn


def _result(work: Path, product: str, seed: int) -> Path:
    return work / product / f"seed{seed}.json"
