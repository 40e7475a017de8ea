"""Plots of what was measured, as matplotlib figures without a display. Draws values; computes none."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.make.evaluate.curves import Calibration, Curve
from models.make.evaluate.measures import Level, Measured
from models.make.evaluate.sweep import STEPS, Sweep, table_row
from models.make.frameworks import require
from models.make.manifest import DataError

SOUND: Final = "#2563a8"
DEFECT: Final = "#c2410c"
GREY: Final = "#6b7280"
SQUARE_IN: Final = (3.45, 3.3)  # three of them beside one another on the page
COLOURS: Final = ("#c2410c", "#7c3aed", "#0f766e", "#a16207", "#be185d", "#1d4ed8", "#4d7c0f", "#6b7280")
# text stays text: small files, and sharp at every size
STYLE: Final = {"svg.fonttype": "none", "svg.hashsalt": "evaluation", "font.size": 9.0, "font.family": "sans-serif"}


def figures_of(measured: Measured) -> dict[str, Any]:
    """Every plot of an evaluation by name; what cannot be drawn (one class only) is left out."""
    found: dict[str, Any] = {
        "part_scores": scores_by_class(measured),
        "part_confusion": confusion(measured.parts, measured.labels, "Parts"),
        "patch_confusion": confusion(measured.patches, measured.labels, "Patches, by the highest score"),
        "part_thresholds": against_threshold(measured),
    }
    for name, level, what in (("part", measured.parts, "Parts"), ("patch", measured.patches, "Patches")):
        if level.curves:
            found[f"{name}_roc"] = roc(level.curves, f"{what}: ROC")
            found[f"{name}_pr"] = precision_recall(level.curves, f"{what}: precision and recall")
        if level.calibration is not None:
            says = "highest defect score" if name == "part" else "score of the predicted class"
            is_right = "share that is defective" if name == "part" else "share that is right"
            found[f"{name}_calibration"] = reliability(level.calibration, f"{what}: calibration", says, is_right)
    return found


def save_figures(figures: Mapping[str, Any], folder: Path) -> None:
    """NAME.png and NAME.svg of every figure; DataError where the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            (folder / f"{name}.png").write_bytes(_drawn(figure, "png"))
            (folder / f"{name}.svg").write_bytes(_drawn(figure, "svg"))
    except OSError as error:
        raise DataError(f"{folder}: the plots cannot be written: {error.strerror}") from error


def as_data_uri(figure: Any) -> str:
    """The figure as SVG for an <img> of a page that needs no other file."""
    return "data:image/svg+xml;base64," + base64.b64encode(_drawn(figure, "svg")).decode("ascii")


def confusion(level: Level, labels: Sequence[str], title: str) -> Any:
    """Counts, rows true and columns seen; the colour is the share of the row."""
    counts: NDArray[np.int64] = level.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _axes(1.6 + 0.62 * counts.shape[1], 1.5 + 0.46 * counts.shape[0])
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    for row, column in np.ndindex(*counts.shape):
        count = int(counts[row, column])
        escaped = column == 0 and row > 0 and count > 0 and labels[0] == "defect-free"
        ink = DEFECT if escaped else "white" if shares[row, column] > 0.55 else "#111827" if count else "#c0c4cc"
        weight = "bold" if escaped else "normal"
        axes.text(column, row, f"{count}", ha="center", va="center", color=ink, fontweight=weight)
    axes.set_xticks(range(counts.shape[1]), level.columns, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(counts.shape[0]), labels)
    axes.set_xlabel("seen")
    axes.set_ylabel("is")
    axes.set_title(f"{title} ({level.cases})", loc="left", fontweight="bold")
    axes.tick_params(length=0)
    return figure


def scores_by_class(measured: Measured) -> Any:
    """Each part's highest defect score, by what it is; missed and falsely rejected parts stand out."""
    figure, axes = _axes(5.8, 0.9 + 0.48 * len(measured.labels))
    rng = np.random.default_rng(0)
    for index in range(len(measured.labels)):
        parts = [part for part in measured.seen if part.true_index == index and part.problem is None]
        heights = index + rng.uniform(-0.28, 0.28, len(parts))
        for part, height in zip(parts, heights, strict=True):
            wrong = part.escaped or part.overkilled
            colour = SOUND if index == 0 else DEFECT
            axes.plot(
                part.score,
                height,
                marker="X" if wrong else "o",
                markersize=8 if wrong else 3.5,
                color=colour,
                alpha=1.0 if wrong else 0.45,
                markeredgecolor="black" if wrong else "none",
                rasterized=len(measured.seen) > 1000,
            )
        if index:
            limit = measured.thresholds[index - 1]
            axes.plot([limit, limit], [index - 0.42, index + 0.42], color="black", linewidth=1.5)
    counts = [sum(part.true_index == index for part in measured.seen) for index in range(len(measured.labels))]
    names = [f"{label} ({count})" for label, count in zip(measured.labels, counts, strict=True)]
    axes.set_yticks(range(len(names)), names)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("highest defect score of the part   (│ threshold of the class, ✕ wrong verdict)")
    axes.grid(axis="x", alpha=0.25)
    axes.set_title("Parts: how far scores lie from the thresholds", loc="left", fontweight="bold")
    return figure


def roc(curves: Mapping[str, Curve], title: str) -> Any:
    """Recall against false alarms."""
    figure, axes = _axes(*SQUARE_IN)
    for colour, (name, curve) in zip(_cycle(len(curves)), curves.items(), strict=True):
        axes.plot(*curve.roc.T, color=colour, label=f"{name} {curve.roc_area:.4f}", drawstyle="steps-post")
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    _unit_square(axes, "false alarms", "recall", title)
    axes.legend(loc="lower right", fontsize=7.5, frameon=False, title="area", title_fontsize=7.5)
    return figure


def precision_recall(curves: Mapping[str, Curve], title: str) -> Any:
    """Precision against recall."""
    figure, axes = _axes(*SQUARE_IN)
    for colour, (name, curve) in zip(_cycle(len(curves)), curves.items(), strict=True):
        label = f"{name} {curve.pr_area:.4f} ({curve.positives} of {curve.positives + curve.negatives})"
        axes.plot(*curve.pr.T, color=colour, label=label)
    _unit_square(axes, "recall", "precision", title)
    axes.legend(loc="best", fontsize=7, framealpha=0.85, edgecolor="none", title="area", title_fontsize=7)
    return figure


def reliability(found: Calibration, title: str, says: str, is_right: str) -> Any:
    """Reliability diagram: what the score promises against what came true; the area of a dot is its cases."""
    figure, axes = _axes(*SQUARE_IN)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    axes.plot(found.mean_score, found.share_right, color=SOUND, linewidth=1.0)
    sizes = 14 + 220 * found.counts / found.cases
    axes.scatter(found.mean_score, found.share_right, s=sizes, color=SOUND, alpha=0.7, zorder=3)
    for score, share, count in zip(found.mean_score, found.share_right, found.counts, strict=True):
        axes.annotate(f"{count}", (score, share), xytext=(0, 9), textcoords="offset points", fontsize=7, ha="center")
    _unit_square(axes, says, is_right, title)
    text = f"expected error {found.expected_error:.4f}\n{found.cases} cases"
    axes.text(0.97, 0.05, text, ha="right", fontsize=8, transform=axes.transAxes)
    return figure


def against_threshold(measured: Measured) -> Any:
    """Recall and overkill of parts if one threshold held for all classes."""
    rows = [table_row([measured.seen], step) for step in (0.02, 0.05, *STEPS, 0.95, 0.98)]
    figure, axes = _axes(4.8, 3.3)
    for name, colour, values in (
        ("recall", DEFECT, [row.recall.mean if row.recall else np.nan for row in rows]),
        ("overkill", SOUND, [row.overkill.mean if row.overkill else np.nan for row in rows]),
    ):
        if not np.isnan(values).all():
            axes.plot([row.threshold for row in rows], values, color=colour, marker="o", markersize=3, label=name)
    _unit_square(axes, "one threshold for all classes", "share of parts", "Parts: recall and overkill by threshold")
    axes.legend(loc="center left", fontsize=8, frameon=False)
    return figure


def sweep_figure(found: Sweep) -> Any:
    """Recall and overkill by threshold on both splits, mean and deviation over seeds; the chosen one marked."""
    figure, axes = _axes(7.6, 3.4)
    for rows, style, split in ((found.validation, "--", "val"), (found.reported, "-", found.split)):
        for name, colour in (("recall", DEFECT), ("overkill", SOUND)):
            spreads = [(row.threshold, getattr(row, name)) for row in rows if getattr(row, name) is not None]
            if spreads:
                axes.errorbar(
                    [threshold for threshold, _ in spreads],
                    [spread.mean for _, spread in spreads],
                    yerr=[spread.deviation or 0.0 for _, spread in spreads],
                    color=colour,
                    linestyle=style,
                    marker="o",
                    markersize=3,
                    capsize=2,
                    label=f"{name}, {split}",
                )
    axes.axhline(found.recall_floor, color=GREY, linewidth=0.8, linestyle=":")
    if found.chosen is not None:
        axes.axvline(found.chosen, color="black", linewidth=1.2)
    _unit_square(axes, "threshold for all classes", "share of parts", f"{len(found.names)} seeds: mean ± sd")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
    return figure


def _axes(width_in: float, height_in: float) -> tuple[Any, Any]:
    with require("matplotlib").rc_context(STYLE):
        figure: Any = require("matplotlib.figure").Figure(figsize=(width_in, height_in), layout="constrained")
        axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _unit_square(axes: Any, x: str, y: str, title: str) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.04)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25)
    axes.set_title(title, loc="left", fontweight="bold")


def _cycle(count: int) -> list[str]:
    return [COLOURS[index % len(COLOURS)] for index in range(count)]


def _drawn(figure: Any, kind: str) -> bytes:
    stream = io.BytesIO()
    with require("matplotlib").rc_context(STYLE):
        metadata = {"Date": None} if kind == "svg" else None  # the same figures make the same file
        figure.savefig(stream, format=kind, dpi=150, metadata=metadata)
    return stream.getvalue()
