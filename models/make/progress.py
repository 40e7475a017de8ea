"""Progress that a person can read: a bar with the time left on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from models.make.frameworks import require

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES: Final = 15.0


def shown(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The items, with a bar named `what` on stderr; where stderr is no terminal a line every 15 s."""
    pause_s = 0.1 if sys.stderr.isatty() else SECONDS_BETWEEN_LINES
    tqdm = require("tqdm").tqdm
    tqdm.monitor_interval = 0  # no thread that outlives the bar
    yield from tqdm(items, desc=what, total=total, mininterval=pause_s, dynamic_ncols=True, leave=False)
