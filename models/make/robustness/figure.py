"""The figures: metric against strength, one panel a perturbation, as in the servo-housing study."""

from __future__ import annotations

import base64
import importlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.make.evaluate.intervals import Share
from models.make.robustness.results import Rung, Series

COLUMNS: Final = 3
PANEL_INCHES: Final = (4.2, 3.0)
CAUGHT, KILLED, REFUSED, FLOOR = "#1f5fa8", "#c8501e", "#777777", "#2b8a3e"
CLASSES: Final = ("#1f5fa8", "#c8501e", "#6a3fa0", "#b8860b", "#2b8a3e", "#b0306a", "#444444", "#0b8f8f")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One figure in both formats, as the content of data URIs (base64)."""

    svg: str
    png: str


def overview(series: Sequence[Series]) -> Drawn:
    """Recall, overkill and refused share against strength, one panel a perturbation."""
    columns = min(COLUMNS, len(series))
    rows = -(-len(series) // columns)
    figure = _figure(columns, rows)
    for index, one in enumerate(series):
        _rates_panel(figure.add_subplot(rows, columns, index + 1), one, legend=index == 0)
    return _drawn(figure)


def by_class(series: Series) -> Drawn:
    """One perturbation: all defects with intervals on the left, recall of each class on the right."""
    figure = _figure(2, 1)
    _rates_panel(figure.add_subplot(1, 2, 1), series, legend=True)
    axes = figure.add_subplot(1, 2, 2)
    _prepare(axes, series, "Recall by class")
    for index, label in enumerate(series.rungs[0].defects):
        rates = [_value(rung.recall(label)) for rung in series.rungs]
        axes.plot(
            range(len(rates)),
            rates,
            marker="o",
            markersize=3,
            linewidth=max(1.2, 4.8 - 1.2 * index),  # so that lines that lie on one another are all seen
            color=CLASSES[index % len(CLASSES)],
            label=f"{label} (n={series.rungs[0].recall(label).of})",
        )
    axes.legend(fontsize=7, loc="lower left", framealpha=0.8)
    return _drawn(figure)


def _rates_panel(axes: Any, series: Series, *, legend: bool) -> None:
    _prepare(axes, series, series.perturbation.title)
    rungs = series.rungs
    _line(axes, [rung.recall() for rung in rungs], CAUGHT, "recall")
    _line(axes, [rung.overkill for rung in rungs], KILLED, "overkill")
    refused = [_value(rung.refused_of_all) for rung in rungs]
    axes.plot(range(len(rungs)), refused, color=REFUSED, linestyle=":", linewidth=1.4, label="not inspected")
    axes.axhline(series.floor, color=FLOOR, linewidth=0.8, linestyle="--", label="floor of recall")
    below = series.first_below()
    if below is not None:
        axes.axvline(below, color=FLOOR, linewidth=0.8, linestyle="--")
    blind = series.blind_from()
    if blind is not None:
        axes.axvspan(blind, len(rungs) - 0.7, color=REFUSED, alpha=0.12, linewidth=0, label="rejects every sound part")
    axes.set_xlim(-0.3, len(rungs) - 0.7)
    if legend:
        axes.legend(fontsize=7, loc="center left", framealpha=0.8)


def _line(axes: Any, shares: Sequence[Share], color: str, label: str) -> None:
    if not shares[0].of:
        return
    places = range(len(shares))
    lows, highs = zip(*(share.interval or (0.0, 1.0) for share in shares), strict=True)
    axes.fill_between(places, lows, highs, color=color, alpha=0.15, linewidth=0)
    rates = [_value(share) for share in shares]
    axes.plot(places, rates, marker="o", markersize=3, linewidth=1.6, color=color, label=f"{label} (n={shares[0].of})")


def _prepare(axes: Any, series: Series, title: str) -> None:
    axes.set_title(title, fontsize=9)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xticks(range(len(series.rungs)), [_tick(index, rung) for index, rung in enumerate(series.rungs)])
    axes.tick_params(labelsize=7)
    axes.set_xlabel(series.perturbation.unit, fontsize=8)
    axes.grid(visible=True, linewidth=0.3)


def _tick(index: int, rung: Rung) -> str:
    return f"{rung.strength:g}" if index else "none"


def _value(share: Share) -> float:
    return float("nan") if share.rate is None else share.rate


def _figure(columns: int, rows: int) -> Any:
    """A figure of so many panels that belongs to no window system."""
    width, height = PANEL_INCHES
    figure_class: Any = importlib.import_module("matplotlib.figure").Figure
    return figure_class(figsize=(width * columns, height * rows), layout="constrained")


def _drawn(figure: Any) -> Drawn:
    matplotlib: Any = importlib.import_module("matplotlib")
    svg, png = io.BytesIO(), io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "robustness"}):
        figure.savefig(svg, format="svg", metadata={"Date": None})
    figure.savefig(png, format="png", dpi=120, metadata={"Software": None})
    return Drawn(base64.b64encode(svg.getvalue()).decode(), base64.b64encode(png.getvalue()).decode())
