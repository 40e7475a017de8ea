"""The report: one HTML file that needs no other, and the same figures as a table for a terminal."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.make.evaluate.intervals import CONFIDENCE, Share
from models.make.manifest import DataError
from models.make.robustness.figure import by_class, overview
from models.make.robustness.results import Rung, Series
from models.make.robustness.samples import Sample

TEMPLATE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Robustness of {{ title }}</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1250px; padding: 0 1em; color: #1a1a1a }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2.2em; border-top: 1px solid #ccc; padding-top: .8em }
table { border-collapse: collapse; font-size: 13px; margin: .6em 0 } th, td { padding: .2em .7em; text-align: right }
th { border-bottom: 1px solid #999; font-weight: 600 } td:first-child, th:first-child { text-align: left }
tr.below td { background: #fbe3da } img.figure { max-width: 100% } .small { font-size: 12.5px; color: #555 }
.samples { display: flex; flex-wrap: wrap; gap: 8px } figure { margin: 0; text-align: center; font-size: 12px }
figure img { height: 165px; vertical-align: top } td { white-space: nowrap }
td[style] { white-space: normal; min-width: 11em }
</style></head><body>
<h1>Robustness of {{ title }}</h1>
<table>{% for key, value in facts.items() %}<tr><td>{{ key }}</td><td style="text-align:left">{{ value }}</td></tr>
{% endfor %}</table>
<p>Perturbations are laid over the whole picture, background included, before the station's own inspector. A picture
that cannot be inspected is a reject: it counts as caught for a defective part, as overkill for a sound one, and is
shown apart as "not inspected". Where every sound part is rejected too (grey), recall says nothing. Shaded bands and
brackets are {{ confidence }} % Clopper-Pearson intervals. Harder is to the right. Strengths in px are of the camera's
own pixels.</p>
<img class="figure" alt="recall and overkill by strength" src="data:image/svg+xml;base64,{{ figure.svg }}">
<p class="small">The figure as a file:
<a download="robustness.svg" href="data:image/svg+xml;base64,{{ figure.svg }}">SVG</a>,
<a download="robustness.png" href="data:image/png;base64,{{ figure.png }}">PNG</a></p>
<h2>Where recall first drops below the floor of {{ floor }}</h2>
<table><tr><th>perturbation</th><th>first below at</th><th style="text-align:left">what was found</th></tr>
{% for part in parts %}<tr><td><a href="#{{ part.name }}">{{ part.title }}</a></td><td>{{ part.below }}</td>
<td style="text-align:left; white-space:normal">{{ part.sentence }}</td></tr>
{% endfor %}</table>
{% for part in parts %}
<h2 id="{{ part.name }}">{{ part.title }}</h2>
<p>{{ part.sentence }} {{ part.overkill_sentence }}</p>
<div class="samples">{% for sample in part.samples %}<figure>
<img alt="close" src="data:image/jpeg;base64,{{ sample.close }}">
<img alt="whole part" src="data:image/jpeg;base64,{{ sample.whole }}">
<figcaption>{{ sample.caption }}</figcaption></figure>
{% endfor %}</div>
<img class="figure" alt="{{ part.title }} by class" src="data:image/svg+xml;base64,{{ part.figure.svg }}">
<table><tr><th>{{ part.unit }}</th><th>recall</th>{% for label in labels %}<th>{{ label }}</th>{% endfor %}
<th>overkill</th><th>not inspected, defective</th><th>sound</th><th style="text-align:left">why not</th></tr>
{% for row in part.rows %}<tr{% if row.below %} class="below"{% endif %}><td>{{ row.strength }}</td>
<td>{{ row.recall }}</td>{% for share in row.by_class %}<td>{{ share }}</td>{% endfor %}<td>{{ row.overkill }}</td>
<td>{{ row.refused }}</td><td>{{ row.refused_sound }}</td><td style="text-align:left">{{ row.problems }}</td></tr>
{% endfor %}</table>
{% endfor %}
</body></html>
"""


def page(
    title: str, facts: Mapping[str, str], series: Sequence[Series], samples: Mapping[str, Sequence[Sample]]
) -> str:
    """The whole HTML; `samples` by the perturbation's name."""
    jinja2: Any = importlib.import_module("jinja2")
    template: Any = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(TEMPLATE)
    return str(
        template.render(
            title=title,
            facts=facts,
            confidence=round(100 * CONFIDENCE),
            figure=overview(series),
            floor=f"{series[0].floor:g}",
            labels=series[0].rungs[0].defects,
            parts=[_part(one, samples.get(one.perturbation.name, ())) for one in series],
        )
    )


def write_page(path: Path, content: str) -> None:
    """Beside first, then in its place; DataError if it cannot be written."""
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(content, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}") from error


def table(series: Sequence[Series]) -> str:
    """For a terminal: one line a strength, then where recall falls below the floor."""
    lines = [f"{'perturbation':<28}{'strength':>10}  {'recall':<48}{'overkill':<48}{'not inspected':<15}most missed"]
    for one in series:
        for index, rung in enumerate(one.rungs):
            name = f"{one.perturbation.name}, {one.perturbation.unit}" if index == 0 else ""
            refused = rung.refused_of_all
            lines.append(
                f"{name:<28}{_strength(index, rung):>10}  {rung.recall()!s:<48}{rung.overkill!s:<48}"
                f"{f'{refused.count} of {refused.of}':<15}{rung.worst_label() or '-'}"
            )
    lines.append("")
    lines += [f"{one.perturbation.title}: {one.sentence()} {one.overkill_sentence()}" for one in series]
    return "\n".join(lines)


def _part(series: Series, samples: Sequence[Sample]) -> dict[str, Any]:
    below = series.first_below()
    return {
        "name": series.perturbation.name,
        "title": series.perturbation.title,
        "unit": series.perturbation.unit,
        "below": "-" if below is None else _said(series, below),
        "sentence": series.sentence(),
        "overkill_sentence": series.overkill_sentence(),
        "samples": samples,
        "figure": by_class(series),
        "rows": [_row(series, index, rung) for index, rung in enumerate(series.rungs)],
    }


def _row(series: Series, index: int, rung: Rung) -> dict[str, Any]:
    rate = rung.recall().rate
    return {
        "strength": _strength(index, rung),
        "recall": rung.recall(),
        "by_class": [_plain(rung.recall(label)) for label in rung.defects],
        "overkill": rung.overkill,
        "refused": _plain(rung.refused()),
        "refused_sound": _plain(rung.refused(rung.labels[0])),
        "problems": ", ".join(f"{problem} ({count} pictures)" for problem, count in rung.problems.items()),
        "below": rate is not None and rate < series.floor,
    }


def _strength(index: int, rung: Rung) -> str:
    return f"{rung.strength:g}" if index else "none"


def _said(series: Series, index: int) -> str:
    return series.perturbation.said(series.rungs[index].strength) if index else "without it"


def _plain(share: Share) -> str:
    return f"{share.count}/{share.of}" if share.of else "-"
