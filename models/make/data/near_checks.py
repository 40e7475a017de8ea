"""What the comparison of pictures means for a data set: leaks, label conflicts, parts under two names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.make.data.findings import Finding, Kind, Level
from models.make.data.near import Compared, NearPair
from models.make.manifest import Row

MAYBE_FROM: Final = 0.3
MOST_MAYBES: Final = 24


def wanted_pairs(rows: Sequence[Row], pixel_digests: Sequence[str]) -> NDArray[np.bool_]:
    """Pairs that must not be copies (n, n): another split, part or class. The same pixels are found without this."""

    def differs(values: Sequence[str]) -> NDArray[np.bool_]:
        codes = np.unique(np.array(values, dtype=str), return_inverse=True)[1]
        return codes[:, None] != codes[None, :]

    other = differs([row.split for row in rows]) | differs([row.group for row in rows])
    return (other | differs([row.class_name for row in rows])) & differs(pixel_digests)


def near_findings(rows: Sequence[Row], compared: Compared) -> list[Finding]:
    """Copies first, then the pairs just below the threshold, for a person to look at."""
    found = [finding for pair in compared.copies for finding in _copy(rows, pair)]
    maybes = [
        pair
        for pair in sorted(compared.pairs, key=lambda pair: -pair.score)
        if MAYBE_FROM <= pair.score < compared.threshold and rows[pair.first].split != rows[pair.second].split
    ]
    return [*found, *(_maybe(rows, pair) for pair in maybes[:MOST_MAYBES])]


def _copy(rows: Sequence[Row], pair: NearPair) -> Iterator[Finding]:
    one, other = rows[pair.first], rows[pair.second]
    paths = (one.path, other.path)
    alike = f"likeness {pair.score:.2f}"
    if one.split != other.split:
        text = f"{one.path} ({one.split}) and {other.path} ({other.split}): {alike}"
        yield Finding(Level.LEAK, Kind.COPY_IN_TWO_SPLITS, text, paths, pair.score)
    elif one.group != other.group:
        text = f"{one.path} of part {one.group} and {other.path} of part {other.group}, both in {one.split}: {alike}"
        yield Finding(Level.WARNING, Kind.COPY_OF_OTHER_PART, text, paths, pair.score)
    if one.class_name != other.class_name:
        text = f"{one.path} labelled {one.class_name}, {other.path} {other.class_name}: {alike}"
        yield Finding(Level.WARNING, Kind.COPY_UNDER_TWO_LABELS, text, paths, pair.score)


def _maybe(rows: Sequence[Row], pair: NearPair) -> Finding:
    one, other = rows[pair.first], rows[pair.second]
    text = f"{one.path} ({one.split}) and {other.path} ({other.split}): likeness {pair.score:.2f}"
    return Finding(Level.WARNING, Kind.MAYBE_A_COPY, text, (one.path, other.path), pair.score)
