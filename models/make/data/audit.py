"""Audits a data set before anything is trained on it: reads every file, compares every pair, says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from models.make.data.findings import AuditResult, Level
from models.make.data.looking import Look, look_at_all
from models.make.data.near import Compared, compare
from models.make.data.near_checks import near_findings, wanted_pairs
from models.make.data.row_checks import counts_of, light_of, row_findings
from models.make.manifest import SPLITS, data_digest, read_manifest
from models.make.progress import shown


def audit_data(folder: Path, set_name: str, threads: int = 2, *, scale_16_bit: bool = False) -> AuditResult:
    """Audit the set `set_name` of `folder`/manifest.csv; DataError only where there is no manifest to audit."""
    rows = read_manifest(folder, set_name)
    looks = look_at_all(folder, rows, threads, scale_16_bit=scale_16_bit)
    return judge(set_name, looks, compare_looks(looks, threads))


def compare_looks(looks: Sequence[Look], threads: int) -> Compared:
    """Likeness of all pairs that must not be copies; indices are those of `usable(looks)`."""
    good = usable(looks)
    digests = [look.seen.pixel_digest for look in good if look.seen is not None]
    pictures = [look.seen.small for look in good if look.seen is not None]
    return compare(pictures, wanted_pairs([look.row for look in good], digests), threads, shown=_progress)


def usable(looks: Sequence[Look]) -> list[Look]:
    """Looks whose pixels are there."""
    return [look for look in looks if look.seen is not None]


def judge(set_name: str, looks: Sequence[Look], compared: Compared) -> AuditResult:
    """The result; pure."""
    rows = [look.row for look in looks]
    findings = [*row_findings(looks), *near_findings([look.row for look in usable(looks)], compared)]
    worst_first = list(Level)
    findings.sort(key=lambda finding: worst_first.index(finding.level))
    return AuditResult(
        set_name,
        {split: sum(row.split == split for row in rows) for split in SPLITS},
        {split: len({row.group for row in rows if row.split == split}) for split in SPLITS},
        counts_of(rows),
        light_of(looks),
        tuple(findings),
        compared.threshold,
        tuple(pair.score for pair in compared.pairs),
        data_digest(rows),
    )


def _progress(pairs: Iterable[tuple[int, int]], total: int) -> Iterable[tuple[int, int]]:
    return shown(pairs, "comparing pictures", total)
