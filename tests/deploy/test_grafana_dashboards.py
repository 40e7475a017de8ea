"""The dashboards are what their tables say, whole, and every expression of theirs can be parsed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from station.metrics import Metrics
from tests.deploy.grafana_panels import FILES, FOLDER, asked, panels

GRAFANA, PROMETHEUS = FOLDER.parent, FOLDER.parents[1] / "prometheus"
UNITS = {"none", "s", "bytes", "percentunit"}
ALL = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def families() -> set[str]:
    metrics = Metrics(deadline_s=0.25, version="1", cameras=("line",), gate_counts=9000)
    return {family.name for family in metrics.registry.collect()}


def named(text: str) -> set[str]:
    """The station's own metrics in an expression, without what Prometheus' types add to a name."""
    return {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in re.findall(r"\bstation_[a-z_]+", text)}


def test_there_are_four_and_they_are_what_their_tables_say(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, GRAFANA / "make_dashboards.py", tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(FILES) == 4
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text(encoding="utf-8") for path in FILES}, "run make_dashboards.py"


@ALL
def test_every_panel_says_what_it_shows_in_which_unit_and_asks_the_chosen_data_source(path: Path) -> None:
    for panel in panels(path):
        title = panel["title"]
        assert len(panel["description"]) > 15, title
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, title
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        values = [step["value"] for step in steps]
        assert values[0] is None, title
        assert values[1:] == sorted(values[1:]), title
        assert panel["targets"], title
        for target in (panel, *panel["targets"]):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, title
        assert all('instance=~"$instance"' in target["expr"] for target in panel["targets"]), title


@ALL
def test_panels_have_numbers_of_their_own_and_do_not_overlap(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    numbers = [panel["id"] for panel in document["panels"]]
    assert len(set(numbers)) == len(numbers)
    places = [panel["gridPos"] for panel in document["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert apart(one, other), (one, other)


def apart(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    return beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


def test_dashboards_have_names_of_their_own_and_let_people_choose_station_and_data_source() -> None:
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]
    assert len({document["uid"] for document in documents}) == len(FILES)
    assert len({document["title"] for document in documents}) == len(FILES)
    for path, document in zip(FILES, documents, strict=True):
        assert path.stem == document["uid"]
        assert [variable["name"] for variable in document["templating"]["list"]] == ["datasource", "instance"]


def test_every_expression_is_parsed_by_promtool(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("LOUD SKIP: no promtool here: the panels' expressions are NOT parsed (apt-get install prometheus)")
    rules = [{"record": f"panel:{number}", "expr": each.expr} for number, each in enumerate(asked())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_every_panel_asks_for_metrics_and_recorded_figures_that_exist() -> None:
    rules = yaml.safe_load((PROMETHEUS / "recording-rules.yml").read_text(encoding="utf-8"))
    recorded = {rule["record"] for group in rules["groups"] for rule in group["rules"]}
    for each in asked():
        assert named(each.expr) <= families(), each
        assert set(re.findall(r"\bstation:[a-z0-9_:]+", each.expr)) <= recorded, each


def test_every_metric_of_the_station_is_seen_on_a_dashboard() -> None:
    ours = {name for name in families() if name.startswith("station_")}
    seen = {name for each in asked() for name in named(each.expr)}
    by_rule = named((PROMETHEUS / "recording-rules.yml").read_text(encoding="utf-8"))
    assert ours - seen - by_rule == {"station_build"}


@pytest.mark.parametrize("name", ["datasources/station.yml", "dashboards/station.yml"])
def test_the_provisioning_files_are_of_the_version_that_grafana_reads(name: str) -> None:
    document: dict[str, Any] = yaml.safe_load((GRAFANA / "provisioning" / name).read_text(encoding="utf-8"))
    assert document["apiVersion"] == 1
    (entry,) = document[{"datasources": "datasources", "dashboards": "providers"}[name.split("/")[0]]]
    assert entry["name"]
