"""What was counted at one strength, the rates and intervals from it, and where recall falls below the floor.

Values only. A picture that cannot be inspected is a reject: it counts as caught for a defective part and as overkill
for a sound one, and is counted apart as refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.make.evaluate.intervals import Share
from models.make.robustness.perturbations import Perturbation

UNPERTURBED: Final = "none"


@dataclass(frozen=True, slots=True)
class Rung:
    """All parts at one strength: `seen[label]` counts parts of that label by the class seen, then "not inspected".

    The first label is the sound one. `problems` counts pictures by the inspector's reason for not inspecting them.
    """

    perturbation: str
    strength: float
    labels: tuple[str, ...]
    seen: Mapping[str, tuple[int, ...]]
    problems: Mapping[str, int]

    def __post_init__(self) -> None:
        if tuple(self.seen) != self.labels or any(len(row) != len(self.labels) + 1 for row in self.seen.values()):
            raise ValueError(f"expected counts of {self.labels} and 'not inspected' for each label, found {self.seen}")

    @property
    def defects(self) -> tuple[str, ...]:
        """The labels of defective parts."""
        return self.labels[1:]

    def recall(self, label: str | None = None) -> Share:
        """Rejected of the defective parts (of one label)."""
        return self._rejected(self._labels(label))

    @property
    def overkill(self) -> Share:
        """Rejected of the sound parts."""
        return self._rejected(self.labels[:1])

    def refused(self, label: str | None = None) -> Share:
        """Not inspected, of the defective parts (of one label), or of the sound ones if named."""
        rows = [self.seen[name] for name in self._labels(label)]
        return Share(sum(row[-1] for row in rows), sum(map(sum, rows)))

    @property
    def refused_of_all(self) -> Share:
        """Not inspected, of all parts."""
        rows = self.seen.values()
        return Share(sum(row[-1] for row in rows), sum(map(sum, rows)))

    def worst_label(self) -> str | None:
        """The defect of which most parts are missed, by share; None if none is missed."""
        missing = [(share.of - share.count) / share.of for share in map(self.recall, self.defects) if share.of]
        present = [label for label in self.defects if self.recall(label).of]
        if not missing or max(missing) == 0:
            return None
        return present[missing.index(max(missing))]

    def _labels(self, label: str | None) -> tuple[str, ...]:
        return self.defects if label is None else (label,)

    def _rejected(self, labels: Sequence[str]) -> Share:
        rows = [self.seen[label] for label in labels]
        return Share(sum(sum(row[1:]) for row in rows), sum(map(sum, rows)))


@dataclass(frozen=True, slots=True)
class Series:
    """One perturbation: `rungs[0]` without it, then by rising strength; `floor` is the product's least recall."""

    perturbation: Perturbation
    rungs: tuple[Rung, ...]
    floor: float

    def first_below(self) -> int | None:
        """Index of the first rung whose recall is below the floor; None if none is, or there are no defective parts."""
        for index, rung in enumerate(self.rungs):
            rate = rung.recall().rate
            if rate is not None and rate < self.floor:
                return index
        return None

    def blind_from(self) -> int | None:
        """Index of the rung from which on every sound part is rejected too; None if there is none.

        There recall is no merit: whoever rejects everything misses nothing.
        """
        index = len(self.rungs)
        while index and self.rungs[index - 1].overkill.rate == 1.0:
            index -= 1
        return index if index < len(self.rungs) else None

    def sentence(self) -> str:
        """Where recall first drops below the floor, in the perturbation's unit, and where it says nothing."""
        blind = self.blind_from()
        if blind is None:
            return self._drop()
        where = f"From {self.perturbation.said(self.rungs[blind].strength)} on" if blind else "At every strength"
        return f"{self._drop()} {where} every sound part is rejected too: recall says nothing there."

    def _drop(self) -> str:
        said = self.perturbation.said
        if self.rungs[0].recall().rate is None:
            return "There are no defective parts: recall is not known."
        index = self.first_below()
        if index is None:
            return f"Recall holds the floor of {self.floor:g} up to {said(self.rungs[-1].strength)}, the most measured."
        rung = self.rungs[index]
        if index == 0:
            return f"Recall is below the floor of {self.floor:g} without it already: {rung.recall()}. {self._falls()}"
        last = self.rungs[index - 1]
        held = f"it held at {said(last.strength)}" if index > 1 else "it held without it"
        return (
            f"Recall first drops below the floor of {self.floor:g} at {said(rung.strength)}: {rung.recall()}, "
            f"{rung.worst_label()} most; {held}."
        )

    def _falls(self) -> str:
        start = self.rungs[0].recall().count
        for rung in self.rungs[1:]:
            if rung.recall().count < start:
                return f"It falls further at {self.perturbation.said(rung.strength)}: {rung.recall()}."
        return f"It falls no further up to {self.perturbation.said(self.rungs[-1].strength)}, the most measured."

    def overkill_sentence(self) -> str:
        """Where overkill first rises above that of the unperturbed pictures, and its most."""
        start = self.rungs[0].overkill
        if start.rate is None:
            return "There are no sound parts: overkill is not known."
        more = [rung for rung in self.rungs[1:] if rung.overkill.count > start.count]
        if not more:
            return f"Overkill stays at {start.count} of {start.of} or fewer."
        most = max(more, key=lambda rung: rung.overkill.count)
        refused = most.refused(most.labels[0]).count
        return (
            f"Overkill is first above {start.count} of {start.of} at {self.perturbation.said(more[0].strength)}; "
            f"most at {self.perturbation.said(most.strength)}: {most.overkill}, {refused} of them not inspected."
        )
