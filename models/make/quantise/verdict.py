"""One quantised run's whole report, and whether INT8 may be used: pure values, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.make.errors import MakingError
from models.make.quantise.parity import POINTS_ALLOWED, SIZE_ALLOWED, MissedPart, SplitParity


@dataclass(frozen=True, slots=True)
class Overruling:
    """Parts whose loss a person accepts, and the person; MakingError for parts without a name of a person."""

    parts: tuple[str, ...] = ()
    by: str = ""

    def __post_init__(self) -> None:
        if self.parts and not self.by.strip():
            raise MakingError("--accept-missed: expected --by NAME, the person who answers for it, found none")
        if self.by.strip() and not self.parts:
            raise MakingError("--by: expected --accept-missed PART, the parts that are given up, found none")


@dataclass(frozen=True, slots=True)
class Report:
    """What was made and what it costs.

    `tried`: the percentiles with their validation parity, `chosen` one of them; `judged` are the splits that decide,
    validation first. `thresholds` are those chosen on validation parts by float and by INT8 scores; empty for part
    types.
    """

    labels: tuple[str, ...]
    seed: int
    calibration_patches: int
    tried: dict[float, SplitParity]
    chosen: float
    judged: tuple[SplitParity, ...]
    thresholds: dict[str, tuple[float, ...]]
    float_bytes: int
    int8_bytes: int
    network_sha256: str
    feature_map: tuple[int, int, int, int] | None
    delegated: bool | None
    overruling: Overruling

    @property
    def missed(self) -> tuple[MissedPart, ...]:
        """Every loss in every split."""
        return tuple(missed for parity in self.judged for missed in parity.missed)

    @property
    def not_accepted(self) -> tuple[str, ...]:
        """Parts that INT8 loses and nobody has accepted, in order of their first loss."""
        accepted = set(self.overruling.parts)
        return tuple(dict.fromkeys(missed.part for missed in self.missed if missed.part not in accepted))

    @property
    def refused(self) -> bool:
        """INT8 may not be used."""
        return bool(self.not_accepted)

    @property
    def size_ratio(self) -> float:
        """INT8's bytes over those of the float file."""
        return self.int8_bytes / self.float_bytes

    def as_json(self) -> dict[str, Any]:
        """For parity.json, which goes into the bundle's provenance."""
        accepted = {missed.part for missed in self.missed} & set(self.overruling.parts)
        return {
            "refused": self.refused,
            "refused_for": list(self.not_accepted),
            "accepted_missed": {"parts": sorted(accepted), "by": self.overruling.by.strip()} if accepted else None,
            "splits": {parity.split: parity.as_json() for parity in self.judged},
            "thresholds_chosen_on_validation_parts": {
                whose: dict(zip(self.labels[1:], limits, strict=True)) for whose, limits in self.thresholds.items()
            },
            "float_bytes": self.float_bytes,
            "int8_bytes": self.int8_bytes,
            "size_ratio": round(self.size_ratio, 4),
            "size_within_limit": self.size_ratio <= SIZE_ALLOWED,
            "calibration": {
                "split": "train",
                "patches": self.calibration_patches,
                "seed": self.seed,
                "percentile": self.chosen,
                "chosen_by": "validation: fewest missed parts, then least new overkill, then most agreement of patches",
                "tried": {
                    f"{percentile:g}": {
                        "missed": sorted(parity.missed_names),
                        "overkilled_anew": len(parity.overkilled_anew),
                        "agreement": parity.agreement,
                    }
                    for percentile, parity in self.tried.items()
                },
            },
            "network_sha256": self.network_sha256,
            "feature_map": None if self.feature_map is None else list(self.feature_map),
            "fully_delegated": self.delegated,
        }

    def lines(self) -> list[str]:
        """For people."""
        said = [
            f"percentile {percentile:g}: {len(parity.missed_names)} missed parts, "
            f"{len(parity.overkilled_anew)} new overkill, patches agree {parity.agreement:.2%}"
            f"{'  <- chosen' if percentile == self.chosen else ''}"
            for percentile, parity in self.tried.items()
        ]
        for parity in self.judged:
            said.append(
                f"{parity.split}: {parity.parts} parts, {len(parity.missed_names)} that float finds missed by INT8, "
                f"{len(parity.found_anew)} found by INT8 alone, part accuracy {parity.part_points:+.2f} points, "
                f"patch accuracy {parity.patch_points:+.2f} points, patches agree {parity.agreement:.2%}"
            )
            said += [f"  missed: {missed}" for missed in parity.missed]
            if not parity.within_points:
                said.append(f"  not met: expected at most {POINTS_ALLOWED:g} points below float")
        met = "" if self.size_ratio <= SIZE_ALLOWED else f"; not met: expected at most {SIZE_ALLOWED:.0%}"
        said.append(f"size: {self.int8_bytes} bytes, {self.size_ratio:.2%} of float's {self.float_bytes}{met}")
        said.append("second output: " + _shape_words(self.feature_map))
        accepted = [part for part in self.overruling.parts if part in {missed.part for missed in self.missed}]
        if accepted:
            said.append(f"accepted by {self.overruling.by.strip()}: {', '.join(accepted)}")
        idle = sorted(set(self.overruling.parts) - set(accepted))
        if idle:
            said.append(f"named in --accept-missed but not missed: {', '.join(idle)}")
        return said


def refusal(names: Sequence[str]) -> str:
    """The sentence that goes with a refusal."""
    wanted = " ".join(f"--accept-missed {name}" for name in names)
    return (
        f"refused: INT8 misses {len(names)} defective parts that float finds; no network was kept. Train on, try other "
        f"--calibration-patches, or answer for them by name: {wanted} --by NAME"
    )


def _shape_words(shape: tuple[int, int, int, int] | None) -> str:
    if shape is None:
        return "none, this network has no exact activation maps"
    return f"feature map {shape[1]} x {shape[2]} x {shape[3]}"
