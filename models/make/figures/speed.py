"""Milliseconds of engine a part, several networks in turns: a neighbour's load falls on all of them alike."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.engine import Engine

ROUNDS: Final = 7


def engine_ms(engines: Mapping[str, tuple[Engine, NDArray[np.int8]]], rounds: int = ROUNDS) -> dict[str, float]:
    """For each engine the least milliseconds that it took for its patches (n, h, w, c) int8 of one part."""
    took: dict[str, list[float]] = {name: [] for name in engines}
    for engine, patches in engines.values():
        engine.run(patches)
    for _ in range(rounds):
        for name, (engine, patches) in engines.items():
            begin = perf_counter()
            engine.run(patches)
            took[name].append((perf_counter() - begin) * 1e3)
    return {name: round(min(times), 3) for name, times in took.items()}
