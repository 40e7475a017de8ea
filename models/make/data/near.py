"""Finds pictures of a set that are copies of each other, among all pairs, in minutes.

First every pair is looked at coarsely: 16 x 16 evened pixels, whitened over the set so that what all pictures share
counts nothing, under 360 placements (eight turns, five rotations and zooms, nine shifts), as matrix products. The best
partners of each picture are then laid over each other exactly (`likeness`). Knows nothing of manifests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.make.data.likeness import COARSE_PX, PLACEMENTS, TURNS, Floats, Small, evened, likeness, moved, turned

GRID: Final = 16
PARTNERS: Final = 8  # that each picture is compared with exactly
PARTNERS_OF_LOOK_ALIKES: Final = 24  # where the coarse look cannot tell copies from other parts
SURELY_WORTH_IT: Final = 0.8  # coarse likeness from which a pair is compared whatever its rank
WHITENING_FLOOR: Final = 0.3  # share of the mean variance added: directions of noise are not blown up
CHANCE_PAIRS: Final = 120
FEWEST_CHANCE_PAIRS: Final = 20
LEAST_THRESHOLD: Final = 0.4
MOST_THRESHOLD: Final = 0.9
DEVIATIONS: Final = 4.0

Progress = Callable[[Iterable[tuple[int, int]], int], Iterable[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two pictures by index, first < second, and their likeness 0..1."""

    first: int
    second: int
    score: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Every pair that was compared exactly, and what tells copies from pictures of look-alike parts.

    Copies score 0.6 and more (0.4 where little but noise is to be seen), unlike pictures below 0.3: the histogram has
    two peaks and `threshold` lies between them. Where parts look alike as a whole, the lower peak moves up; `chance`
    holds scores of pairs drawn at random, and the threshold is their median + 4 robust standard deviations, within
    0.4..0.9.
    """

    pairs: tuple[NearPair, ...]
    chance: tuple[float, ...]
    threshold: float

    @property
    def copies(self) -> tuple[NearPair, ...]:
        """Pairs at the threshold or above, highest first."""
        return tuple(sorted((p for p in self.pairs if p.score >= self.threshold), key=lambda p: -p.score))


def compare(
    pictures: Sequence[Small],
    wanted: NDArray[np.bool_],
    threads: int = 1,
    seed: int = 1,
    shown: Progress | None = None,
) -> Compared:
    """Compare the pairs (i, j) for which the symmetric `wanted` (n, n) is true."""
    count = len(pictures)
    if count < 2 or not wanted.any():
        return Compared((), (), LEAST_THRESHOLD)
    coarse, placed = _coarse(pictures)

    def exactly(pair: tuple[int, int]) -> NearPair:
        i, j = pair if coarse[pair] >= coarse[pair[::-1]] else pair[::-1]
        score = likeness(pictures[i], pictures[j], PLACEMENTS[int(placed[i, j])])
        return NearPair(min(pair), max(pair), round(score, 4))

    with ThreadPoolExecutor(max(1, threads)) as pool:
        drawn = list(pool.map(exactly, _by_chance(wanted, seed)))
        chance = tuple(sorted(pair.score for pair in drawn))
        threshold = threshold_of(chance)
        partners = PARTNERS if threshold == LEAST_THRESHOLD else PARTNERS_OF_LOOK_ALIKES
        known = {(pair.first, pair.second) for pair in drawn}
        chosen = [pair for pair in _candidates(coarse, wanted, partners) if pair not in known]
        waiting = chosen if shown is None else shown(chosen, len(chosen))
        found = [result for _, result in zip(waiting, pool.map(exactly, chosen), strict=True)]
    return Compared((*drawn, *found), chance, threshold)


def _by_chance(wanted: NDArray[np.bool_], seed: int) -> list[tuple[int, int]]:
    """Wanted pairs (i, j), i < j, drawn without looking."""
    possible = np.argwhere(np.triu(wanted, 1))
    rng = np.random.default_rng(seed)
    drawn = possible[rng.choice(len(possible), min(CHANCE_PAIRS, len(possible)), replace=False)]
    return [(int(i), int(j)) for i, j in drawn]


def threshold_of(chance: Sequence[float]) -> float:
    """The likeness that pictures taken at random do not reach."""
    if len(chance) < FEWEST_CHANCE_PAIRS:
        return LEAST_THRESHOLD
    middle = float(np.median(chance))
    spread = 1.4826 * float(np.median(np.abs(np.array(chance) - middle)))
    return round(float(np.clip(middle + DEVIATIONS * spread, LEAST_THRESHOLD, MOST_THRESHOLD)), 3)


def clusters(count: int, pairs: Iterable[NearPair]) -> list[int]:
    """A cluster number for each of `count` pictures, numbered as they first occur: pairs and what hangs together."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for pair in pairs:
        parent[root(pair.second)] = root(pair.first)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(index), len(numbers)) for index in range(count)]


def _candidates(coarse: Floats, wanted: NDArray[np.bool_], partners: int) -> list[tuple[int, int]]:
    """The best partners of each picture, and every pair that looks surely worth it."""
    both = np.where(wanted, np.maximum(coarse, coarse.T), -2.0)
    partners = min(partners, len(both) - 1)
    best = np.argpartition(-both, partners - 1, axis=1)[:, :partners]
    chosen = both >= SURELY_WORTH_IT
    np.put_along_axis(chosen, best, values=True, axis=1)
    chosen &= wanted
    chosen |= chosen.T
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(chosen, 1))]


def _coarse(pictures: Sequence[Small]) -> tuple[Floats, NDArray[np.uint16]]:
    """Best correlation of picture i with any placement of picture j, (n, n), and which of PLACEMENTS it was."""
    count = len(pictures)
    pixels = [evened(picture, COARSE_PX) for picture in pictures]
    plain = _grids(pixels)
    middle, whiten = _whitening(plain)
    fixed = _unit((plain.reshape(count, -1) - middle) @ whiten)
    best = np.full((count, count), -1.0, np.float32)
    placed = np.zeros((count, count), np.uint16)
    for start in range(0, len(PLACEMENTS), TURNS):
        grids = _grids(_moved(pixels, pictures, start))
        for turn in range(TURNS):
            flat = turned(grids, turn).reshape(count, -1)
            scores = fixed @ _unit((flat - middle) @ whiten).T
            higher = scores > best
            best[higher] = scores[higher]
            placed[higher] = start + turn
    return best, placed


def _moved(pixels: Sequence[Floats], pictures: Sequence[Small], start: int) -> Iterator[Floats]:
    placement = PLACEMENTS[start]
    for one, picture in zip(pixels, pictures, strict=True):
        yield moved(one, picture.aspect, placement)


def _grids(pixels: Iterable[Floats]) -> Floats:
    """(n, GRID, GRID): what is left of the pictures at the coarse look."""
    sigma = COARSE_PX / GRID / 2
    small = [cv2.resize(cv2.GaussianBlur(p, (0, 0), sigma), (GRID, GRID), interpolation=cv2.INTER_AREA) for p in pixels]
    return np.array(small, np.float32)


def _whitening(grids: Floats) -> tuple[Floats, Floats]:
    """Mean (d,) and matrix (d, kept) that make all directions of the turned pictures vary alike."""
    every = np.concatenate([turned(grids, turn).reshape(len(grids), -1) for turn in range(TURNS)])
    middle = np.asarray(every.mean(axis=0), np.float32)
    values, vectors = np.linalg.eigh(np.cov((every - middle).T.astype(np.float64)))
    floor = max(float(values.mean()) * WHITENING_FLOOR, 1e-12)
    return middle, (vectors / np.sqrt(np.maximum(values, 0) + floor)).astype(np.float32)


def _unit(vectors: NDArray[Any]) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    return np.asarray(vectors / lengths, np.float32)
