"""What is measured for the table: products, their data, teachers and seeds. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SEEDS: Final = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A network that teaches; fewer epochs where two cores have to do."""

    network: str
    epochs: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the table. `drawn`: its pictures are drawn, in a folder of this name; else it lies in the data folder.

    Where there are teachers a student listens to them for `distil_epochs`, beginning where it ended alone. `unseen`:
    drawn sets with lights and grain that training never saw, judged with the thresholds of the set itself.
    """

    product: str
    teachers: tuple[Teacher, ...]
    distil_epochs: int
    drawn: str | None = None
    unseen: tuple[str, ...] = ()


# One seed for the teachers: they cost most, and every student listens to the same ones. None for the mantle: at 256 px
# the windowed transformer needs 10 GB and, on two cores, hours.
TABLE: Final = (
    Measured("mantle", (), 0, "mantle", ("mantle-mixed",)),
    Measured("tile", (Teacher("efficientnet-s-fine", 3), Teacher("swin-s", 3)), 3),
    Measured("rail", (Teacher("efficientnet-s-fine", 3), Teacher("swin-s", 3)), 2),
    Measured("commutator", (Teacher("efficientnet-s", 3), Teacher("swin-s", 3)), 2),
    Measured("strip", (Teacher("efficientnet-s", 6), Teacher("swin-s", 6)), 4),
)
