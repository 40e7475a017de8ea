"""How a dashboard is written as Grafana's JSON: panels, thresholds, variables, places. Must not know the metrics.

In expressions `@` stands for the selected stations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Json = dict[str, Any]

SELECTED = 'instance=~"$instance"'
SCHEMA_VERSION = 39
PLUGIN_VERSION = "11.0.0"
WIDTH = 24

GREEN, ORANGE, RED, BLUE, GREY = "green", "orange", "red", "blue", "text"
PLAIN = ((None, BLUE),)
BAD_IF_ANY = ((None, GREEN), (1, RED))
GOOD_IF_ONE = ((None, RED), (1, GREEN))
"""Steps of thresholds: from this value on (None: from the lowest) this colour."""

Steps = Sequence[tuple[float | None, str]]
Targets = Sequence[tuple[str, str]]
"""Expressions, each with its legend."""


class Panel:
    """One panel of a row: its JSON without its place, and its width in 24ths and height."""

    def __init__(self, kind: str, title: str, description: str, targets: Targets, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.json: Json = {
            "type": kind,
            "title": title,
            "description": description,
            "datasource": _DATASOURCE,
            "pluginVersion": PLUGIN_VERSION,
            "fieldConfig": {"defaults": {}, "overrides": []},
            "options": {},
            "targets": [_target(chr(ord("A") + number), *each) for number, each in enumerate(targets)],
        }

    @property
    def defaults(self) -> Json:
        """What holds for all series of the panel."""
        return self.json["fieldConfig"]["defaults"]

    def unit(self, unit: str, steps: Steps = PLAIN) -> Panel:
        """Set unit and thresholds."""
        self.defaults["unit"] = unit
        self.defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"value": value, "color": colour} for value, colour in steps],
        }
        return self

    def words(self, words: dict[str, tuple[str, str]]) -> Panel:
        """Show a value as a word in a colour."""
        options = {
            value: {"text": text, "color": colour, "index": number}
            for number, (value, (text, colour)) in enumerate(words.items())
        }
        self.defaults["mappings"] = [{"type": "value", "options": options}]
        return self


def stat(
    title: str, description: str, expr: str, unit: str, steps: Steps, *, legend: str = "", width: int = 3
) -> Panel:
    """One large number a station."""
    panel = Panel("stat", title, description, [(expr, legend or "{{instance}}")], width, 4).unit(unit, steps)
    panel.defaults["color"] = {"mode": "thresholds"}
    panel.json["options"] = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background" if steps is not PLAIN else "value",
        "graphMode": "none",
        "textMode": "auto",
    }
    return panel


def lines(
    title: str,
    description: str,
    targets: Targets,
    unit: str,
    steps: Steps = PLAIN,
    *,
    width: int = 8,
    stack: bool = False,
) -> Panel:
    """Values over time; thresholds beyond the first are drawn as lines."""
    panel = Panel("timeseries", title, description, targets, width, 8).unit(unit, steps)
    panel.defaults["color"] = {"mode": "palette-classic"}
    panel.defaults["custom"] = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 40 if stack else 8,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stack else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if len(steps) > 1 else "off"},
    }
    panel.json["options"] = {
        "legend": {"displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel


def bars(title: str, description: str, targets: Targets, unit: str, *, width: int = 8) -> Panel:
    """Counts over the shown time, one bar a label."""
    panel = Panel("bargauge", title, description, targets, width, 8).unit(unit)
    panel.defaults["color"] = {"mode": "thresholds"}
    panel.defaults["min"] = 0
    panel.json["options"] = {
        "orientation": "horizontal",
        "displayMode": "basic",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
    }
    for target in panel.json["targets"]:
        target |= {"instant": True, "range": False}
    return panel


def heatmap(title: str, description: str, buckets: str, unit: str, *, width: int = 8) -> Panel:
    """How a histogram's buckets filled over time."""
    panel = Panel("heatmap", title, description, [(buckets, "{{le}}")], width, 8).unit(unit)
    panel.json["targets"][0]["format"] = "heatmap"
    panel.json["options"] = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Spectral", "steps": 64, "reverse": False},
        "yAxis": {"unit": unit, "axisPlacement": "left"},
        "tooltip": {"mode": "single", "yHistogram": False},
        "legend": {"show": True},
    }
    return panel


def states(
    title: str, description: str, targets: Targets, words: dict[str, tuple[str, str]], *, width: int = 8
) -> Panel:
    """What was so from when to when."""
    panel = Panel("state-timeline", title, description, targets, width, 6).unit("none", GOOD_IF_ONE).words(words)
    panel.defaults["color"] = {"mode": "thresholds"}
    panel.defaults["custom"] = {"fillOpacity": 70, "lineWidth": 0}
    panel.json["options"] = {
        "mergeValues": True,
        "showValue": "auto",
        "rowHeight": 0.8,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False},
    }
    return panel


def table(title: str, description: str, expr: str, hidden: Sequence[str], *, width: int = 12) -> Panel:
    """The labels of an info metric, one row a series."""
    panel = Panel("table", title, description, [(expr, "")], width, 6).unit("none")
    panel.json["targets"][0] |= {"format": "table", "instant": True, "range": False}
    excluded = dict.fromkeys(("Time", "Value", "__name__", "job", *hidden), True)
    panel.json["transformations"] = [
        {"id": "organize", "options": {"excludeByName": excluded, "indexByName": {}, "renameByName": {}}}
    ]
    panel.json["options"] = {"showHeader": True, "cellHeight": "sm"}
    return panel


def dashboard(uid: str, title: str, description: str, rows: Iterable[tuple[str, Sequence[Panel]]]) -> Json:
    """A whole dashboard; panels flow from left to right under their row's title."""
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["station"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "annotations": {"list": [_RESTARTS]},
        "links": [{"type": "dashboards", "tags": ["station"], "title": "Station", "asDropdown": True, "keepTime": True,
                   "includeVars": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": ""}],
        "templating": {"list": [_DATASOURCE_VARIABLE, _INSTANCE_VARIABLE]},
        "panels": list(_placed(rows)),
    }  # fmt: skip


def _placed(rows: Iterable[tuple[str, Sequence[Panel]]]) -> Iterable[Json]:
    number, top = 0, 0
    for title, panels in rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": _at(0, top, WIDTH, 1),
        }
        top, left, tallest = top + 1, 0, 0
        for panel in panels:
            if left + panel.width > WIDTH:
                top, left, tallest = top + tallest, 0, 0
            number += 1
            yield {"id": number, "gridPos": _at(left, top, panel.width, panel.height), **panel.json}
            left, tallest = left + panel.width, max(tallest, panel.height)
        top += tallest


def _at(left: int, top: int, width: int, height: int) -> Json:
    return {"x": left, "y": top, "w": width, "h": height}


def _target(name: str, expr: str, legend: str) -> Json:
    expr = expr.replace("@", SELECTED)
    return {
        "refId": name,
        "datasource": _DATASOURCE,
        "expr": expr,
        "legendFormat": legend,
        "range": True,
        "instant": False,
    }


_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_DATASOURCE_VARIABLE: Json = {
    "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0,
    "multi": False, "includeAll": False, "refresh": 1, "current": {}, "options": [], "regex": "",
}  # fmt: skip
_INSTANCE_VARIABLE: Json = {
    "name": "instance", "label": "Station", "type": "query", "datasource": _DATASOURCE, "hide": 0,
    "definition": "label_values(station_build_info, instance)",
    "query": {"query": "label_values(station_build_info, instance)", "refId": "instance"},
    "multi": True, "includeAll": True, "allValue": ".+", "refresh": 2, "sort": 1, "regex": "", "options": [],
    "current": {"text": "All", "value": "$__all"},
}  # fmt: skip
_RESTARTS: Json = {
    "name": "Station started", "datasource": _DATASOURCE, "enable": True, "hide": False, "iconColor": "blue",
    "expr": f"changes(process_start_time_seconds{{job=\"station\", {SELECTED}}}[1m]) > 0",
    "titleFormat": "{{instance}} started", "step": "60s",
}  # fmt: skip
