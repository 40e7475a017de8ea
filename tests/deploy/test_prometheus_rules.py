"""The shipped rules are valid, each alert is tested both ways, and says what the fault catalogue says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from station.fault_codes import FaultCode
from station.faults import CATALOGUE

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus"
TESTS = sorted(RULES.glob("*.test.yml"))


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip(
            "LOUD SKIP: no promtool here: alert and recording rules are NOT checked (apt-get install prometheus)"
        )
    return subprocess.run(
        [program, *arguments], cwd=RULES, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip


def alerts() -> list[dict[str, Any]]:
    document = yaml.safe_load((RULES / "alert-rules.yml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def anchors(page: Path) -> set[str]:
    """The link targets of a Markdown page's headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("what", ["config prometheus.yml", "rules recording-rules.yml alert-rules.yml"])
def test_the_example_and_the_rules_are_valid(what: str) -> None:
    done = promtool("check", *what.split())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [path.name for path in TESTS])
def test_every_alert_fires_when_it_should_and_only_then(name: str) -> None:
    done = promtool("test", "rules", name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_stays_quiet() -> None:
    fires, quiet = set[str](), set[str]()
    for path in TESTS:
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            name = case["name"].split()[0]
            expected = [sample["labels"] for sample in case["promql_expr_test"][0]["exp_samples"]]
            assert case["promql_expr_test"][0]["expr"] == 'count by (alertname) (ALERTS{alertstate="firing"})', case
            if expected:
                assert f'{{alertname="{name}"}}' in expected, case["name"]
                fires.add(name)
            else:
                quiet.add(name)
    names = {rule["alert"] for rule in alerts()}
    assert (fires, quiet) == (names, names)


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_says_where_what_and_what_to_do_in_the_words_of_the_catalogue(rule: dict[str, Any]) -> None:
    labels, words = rule["labels"], rule["annotations"]
    assert labels["severity"] in {"critical", "warning"}
    assert words["summary"].startswith("{{ $labels.instance }}: ")
    assert "{{ $labels.instance }}" in words["description"]
    page, _, anchor = words["runbook_url"].partition("#")
    if "code" in labels:
        action = CATALOGUE[FaultCode(labels["code"])].words.action
        assert words["description"].endswith(action), f"the catalogue says: {action}"
        assert (page, anchor.split("-")[0]) == ("faults.md", labels["code"].lower())
    else:
        assert (page, anchor) == ("README.md", rule["alert"].lower())
    assert anchor in anchors(DEPLOY / page), f"no heading {anchor} in {page}"


def test_every_metric_that_a_rule_names_is_one_of_the_stations() -> None:
    from station.metrics import Metrics

    metrics = Metrics(deadline_s=0.25, version="1", cameras=("line",), gate_counts=9000)
    known = {family.name for family in metrics.registry.collect()}
    text = "".join((RULES / name).read_text(encoding="utf-8") for name in ("recording-rules.yml", "alert-rules.yml"))
    named = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in re.findall(r"\bstation_[a-z_]+", text)}
    assert named <= known
    assert len(named) > 20
