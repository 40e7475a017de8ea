"""The JSON file of a measurement: what it is of, and every strength measured so far, so that a stopped run goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from models.make.manifest import DataError
from models.make.robustness.results import UNPERTURBED, Rung, Series

FORMAT: Final = 1


class Kept:
    """Rungs by (perturbation, strength), and the file that they lie in; without a path they are kept in memory.

    `of` says what is measured (bundle, data, seed ...): a file of something else is refused (DataError), not replaced.
    """

    def __init__(self, path: Path | None, of: dict[str, Any]) -> None:
        self._path, self._of = path, {**of, "format": FORMAT}
        self._rungs: dict[tuple[str, float], Rung] = {}
        if path is not None and path.exists():
            self._read(path)

    def get(self, perturbation: str, strength: float) -> Rung | None:
        """What was measured there, None if nothing was."""
        return self._rungs.get((perturbation, strength))

    def add(self, rung: Rung) -> None:
        """Keep the rung and write the file; DataError if it cannot be written (the rung stays in memory)."""
        self._rungs[rung.perturbation, rung.strength] = rung
        self.write()

    def write(self, series: Sequence[Series] = ()) -> None:
        """Write the file whole, with what the series say where there are any."""
        if self._path is None:
            return
        content = {
            "format": FORMAT,
            "of": {key: value for key, value in self._of.items() if key != "format"},
            "measured": [_to_json(rung) for rung in self._rungs.values()],
            "found": {one.perturbation.name: _found(one) for one in series},
        }
        partial = self._path.with_name(self._path.name + ".partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            partial.replace(self._path)
        except OSError as error:
            raise DataError(
                f"{self._path}: cannot be written: {error.strerror}; what was there before is kept"
            ) from error

    def _read(self, path: Path) -> None:
        try:
            content: Any = json.loads(path.read_text(encoding="utf-8"))
            found: dict[str, Any] = {**content["of"], "format": content["format"]}
            rungs = [_from_json(value) for value in content["measured"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path}: expected a robustness measurement to go on with, found something else ({error}); "
                "remove it or name another file"
            ) from error
        differing = sorted(key for key in self._of.keys() | found.keys() if self._of.get(key) != found.get(key))
        if differing:
            key = differing[0]
            raise DataError(
                f"{path}: is of another measurement: expected {key} {self._of.get(key)!r}, found {found.get(key)!r}; "
                "remove it or name another file"
            )
        self._rungs = {(rung.perturbation, rung.strength): rung for rung in rungs}


def _to_json(rung: Rung) -> dict[str, Any]:
    return {
        "perturbation": rung.perturbation,
        "strength": rung.strength,
        "labels": list(rung.labels),
        "columns": [*rung.labels, "not inspected"],
        "seen": {label: list(row) for label, row in rung.seen.items()},
        "problems": dict(rung.problems),
        "recall": rung.recall().as_json(),
        "recall_by_class": {label: rung.recall(label).as_json() for label in rung.defects},
        "overkill": rung.overkill.as_json(),
        "refused_defective": rung.refused().as_json(),
        "refused_sound": rung.refused(rung.labels[0]).as_json(),
    }


def _from_json(value: dict[str, Any]) -> Rung:
    """Counts alone are read; every rate is worked out again."""
    return Rung(
        str(value["perturbation"]),
        float(value["strength"]),
        tuple(value["labels"]),
        {label: tuple(int(count) for count in row) for label, row in value["seen"].items()},
        {str(problem): int(count) for problem, count in value["problems"].items()},
    )


def _found(series: Series) -> dict[str, Any]:
    index, blind = series.first_below(), series.blind_from()
    rung = None if index is None else series.rungs[index]
    return {
        "unit": series.perturbation.unit,
        "floor": series.floor,
        "below_floor_without": rung is not None and rung.perturbation == UNPERTURBED,
        "every_sound_part_rejected_from": None if blind is None else series.rungs[blind].strength,
        "first_below_floor": None if rung is None or rung.perturbation == UNPERTURBED else rung.strength,
        "recall": series.sentence(),
        "overkill": series.overkill_sentence(),
    }
