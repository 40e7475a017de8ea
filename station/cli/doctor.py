"""`station doctor CONFIG`: everything that can be wrong on a box, a line each, with what to do."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from station.cli.exits import FAILED, OK
from station.doctor.finding import Examined, Status, all_good, examine

_WORDS: dict[Status, str] = {"ok": "ok", "note": "note", "bad": "BAD"}


def doctor(options: argparse.Namespace) -> int:
    """OK where nothing is bad; a line as soon as it is known, or one JSON document at the end."""
    from station.doctor.checks import checks_of

    path: Path = options.config
    examined: list[Examined] = []
    group = ""
    for each in examine(checks_of(path)):
        examined.append(each)
        if options.json:
            continue
        if each.group != group:
            group = each.group
            print(group, flush=True)
        for line in lines_of(each):
            print(line, flush=True)
    good = all_good(examined)
    if options.json:
        print(json.dumps(_document(path, examined, good=good), indent=1, ensure_ascii=False))
    else:
        print(_end(examined))
    return OK if good else FAILED


def lines_of(examined: Examined) -> Iterable[str]:
    """A line for each finding, and below it what to do."""
    for finding in examined.findings:
        yield f"  {_WORDS[finding.status]:<4}  {finding.what}"
        if finding.what_to_do:
            yield f"        -> {finding.what_to_do}"


def _end(examined: Iterable[Examined]) -> str:
    found = [finding.status for each in examined for finding in each.findings]
    bad, notes = found.count("bad"), found.count("note")
    if bad:
        return f"\n{bad} of {len(found)} must be mended (BAD), {notes} to be known (note)."
    return f"\nNothing must be mended: {len(found) - notes} ok, {notes} to be known (note)."


def _document(path: Path, examined: Iterable[Examined], *, good: bool) -> dict[str, Any]:
    rows = [
        {"group": each.group, "check": each.name, **asdict(finding)} for each in examined for finding in each.findings
    ]
    return {"config": str(path), "good": good, "findings": rows}
