"""One evaluation as people get it: JSON with everything, ten lines for the terminal, a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.make.evaluate.intervals import per_cent
from models.make.evaluate.measures import Measured
from models.make.evaluate.page import page
from models.make.evaluate.plots import as_data_uri
from models.make.evaluate.scored import Scorer
from models.make.evaluate.thumbnails import thumbnail
from models.make.manifest import read_manifest
from models.make.thresholds import Thresholds
from models.vote import UNKNOWN_CLASS

MOST_PICTURES: Final = 24  # of missed parts, and of false rejects, that the page shows
MOST_NAMES: Final = 8  # on the terminal


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was judged, where the thresholds come from (`chosen`: on validation, just now), and the figures."""

    name: str
    about: str
    set_name: str
    split: str
    chosen: Thresholds | None
    measured: Measured

    @property
    def title(self) -> str:
        """One line."""
        return f"{self.name} on {self.set_name}, {self.split} split"

    @property
    def thresholds_from(self) -> str:
        """A sentence."""
        if self.chosen is None:
            return "The thresholds are the bundle's own."
        return f"The thresholds were chosen on validation parts for a recall of {per_cent(self.chosen.recall_floor)}."

    @property
    def remarks(self) -> tuple[str, ...]:
        """What must be known before the figures are believed."""
        said = list(self.chosen.remarks if self.chosen else ())
        if self.split == "val" and self.chosen is not None:
            said.append("The thresholds were chosen on these very parts: the figures are optimistic")
        if self.split == "train":
            said.append("Networks learn from the train split: if this one did, the figures measure memory")
        if not self.measured.overkill.of:
            said.append(f"Overkill of parts is unknown: the {self.split} split has no sound part")
        return tuple(said)

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        labels = self.measured.labels[1:]
        return {
            "name": self.name,
            "about": self.about,
            "set": self.set_name,
            "split": self.split,
            "thresholds": dict(zip(labels, self.measured.thresholds, strict=True)),
            "thresholds_chosen": self.chosen.as_json() if self.chosen else None,
            "remarks": list(self.remarks),
            **self.measured.as_json(),
        }

    def lines(self) -> list[str]:
        """Ten lines at most, what decides first."""
        measured = self.measured
        missed = [part for part in measured.seen if part.escaped]
        patches, part_curve = measured.patches, measured.parts.curves.get("defective")
        caught = ", ".join(f"{name} {share.count}/{share.of}" for name, share in measured.recall_by_class.items())
        names = ", ".join(f"{part.name} ({part.picture}, {part.score:.3f})" for part in missed[:MOST_NAMES])
        more = f" and {len(missed) - MOST_NAMES} more" if len(missed) > MOST_NAMES else ""
        limits = zip(measured.labels[1:], measured.thresholds, strict=True)
        return [
            f"{self.title}: {measured.parts.cases} parts, {measured.pictures} pictures; {self.about}",
            f"escapes        {measured.escapes} defective parts passed",
            f"overkill       {measured.overkill} sound parts rejected; sound patches {measured.false_alarms}",
            f"not inspected  {measured.not_inspected}",
            f"caught         {caught}",
            f"right class    parts {measured.parts.right}; patches {patches.right}",
            f"areas          parts {_areas(part_curve)}; patches {_areas(patches.curves.get('defective'))}",
            f"calibration    patches: expected error {_error(patches.calibration)}",
            f"thresholds     {', '.join(f'{name} {limit:.4f}' for name, limit in limits)}. {self.thresholds_from}",
            f"missed         {names}{more}" if missed else "missed         none",
        ]

    def page(self, folder: Path, scorer: Scorer, figures: dict[str, Any]) -> str:
        """The HTML report; pictures of wrongly judged parts are read from the data folder again."""
        missed = [part for part in self.measured.seen if part.escaped]
        overkilled = [part for part in self.measured.seen if part.overkilled]
        rows = read_manifest(folder, self.set_name)
        shown = [*missed[:MOST_PICTURES], *overkilled[:MOST_PICTURES]]
        return page(
            "evaluation.html.j2",
            {
                "title": self.title,
                "about": self.about,
                "measured": self.measured,
                "chosen": self.chosen,
                "thresholds_from": self.thresholds_from,
                "remarks": self.remarks,
                "missed": missed,
                "overkilled": overkilled,
                "most": MOST_PICTURES,
                "unknown": UNKNOWN_CLASS,
                "thumbnails": {part.name: thumbnail(folder, rows, part, scorer.product) for part in shown},
                "figures": {name: as_data_uri(figure) for name, figure in figures.items()},
            },
        )


def _areas(curve: Any) -> str:
    if curve is None:
        return "unknown (one kind only)"
    return f"ROC {curve.roc_area:.4f}, PR {curve.pr_area:.4f} ({curve.positives} defective, {curve.negatives} sound)"


def _error(found: Any) -> str:
    return "unknown" if found is None else f"{found.expected_error:.4f} ({found.cases} patches)"
