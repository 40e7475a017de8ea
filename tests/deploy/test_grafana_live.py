"""A real Prometheus scrapes a real run: each panel gets data, each rule is evaluated, no alert fires in good times."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.grafana_panels import Asked, asked
from tests.pipeline.rig import decided, free_ports, program, until, write_config, write_pictures

pytestmark = pytest.mark.timeout(120)

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
LIMIT_S = 40.0
SOME_PARTS = 5

MAY_BE_UNKNOWN = {
    "station-quality: Sound among the rejects, 7 d": "nobody reviews in this run",
    "station-timing: Garbage collection": "a short run may see no collection",
}
"""Panels that may answer NaN, and why."""
MAY_BE_EMPTY = {"(annotation)": "the station started before the first scrape"}


class Prometheus:
    """A Prometheus over its API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1/"

    def get(self, what: str, **query: str) -> Any:
        url = f"{self._url}{what}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            document = json.loads(answer.read())
        assert document["status"] == "success", document
        return document["data"]

    def values(self, expr: str) -> list[float]:
        """What it answers now, one number a series."""
        return [float(series["value"][1]) for series in self.get("query", query=expr)["result"]]

    def answers(self, each: Asked) -> bool:
        """Whether there is something to show."""
        values = self.values(each.expr)
        if any(mark in each.panel for mark in MAY_BE_EMPTY):
            return True
        return bool(values) and (each.panel in MAY_BE_UNKNOWN or not all(map(math.isnan, values)))


@contextlib.contextmanager
def prometheus(folder: Path, station: int) -> Iterator[Prometheus]:
    """The Debian package's, with the shipped rules, scraping the station's port twice a second."""
    executable = shutil.which("prometheus")
    if executable is None:
        pytest.skip("LOUD SKIP: no prometheus here: the dashboards are NOT tried on data (apt-get install prometheus)")
    config = folder / "prometheus.yml"
    target = {"targets": [f"127.0.0.1:{station}"], "labels": {"instance": "rig", "line": "line-1"}}
    document = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "1s"},
        "rule_files": [str(RULES / "recording-rules.yml"), str(RULES / "alert-rules.yml")],
        "scrape_configs": [{"job_name": "station", "static_configs": [target]}],
    }
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    (port,) = free_ports(1)
    said = folder / "prometheus.out"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [executable, f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
            stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield Prometheus(port)
        assert process.poll() is None, said.read_text(encoding="utf-8")
    finally:
        process.terminate()
        process.wait(10)


def test_every_panel_is_answered_with_data_from_a_real_run(tmp_path: Path) -> None:
    config = write_config(tmp_path, write_pictures(tmp_path / "pictures"), gate=True, cell__parts=100_000)
    port = yaml.safe_load(config.read_text(encoding="utf-8"))["metrics"]["port"]
    with (
        prometheus(tmp_path, port) as watching,
        program("run", config) as station,
        program("simulate", config, "--quiet") as cell,
    ):
        until("parts are decided", lambda: station.process.poll() is not None or decided(config) >= SOME_PARTS)
        assert station.process.poll() is None, station.text()
        open_ones = asked()
        assert len(open_ones) > 70

        def all_answered() -> bool:
            open_ones[:] = [each for each in open_ones if not watching.answers(each)]
            return not open_ones

        with contextlib.suppress(AssertionError):
            until("every panel has data", all_answered, LIMIT_S)
        assert open_ones == []
        rules = [rule for group in watching.get("rules")["groups"] for rule in group["rules"]]
        assert len(rules) > 40
        assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []
        firing = {
            alert["labels"]["alertname"] for alert in watching.get("alerts")["alerts"] if alert["state"] == "firing"
        }
        assert firing == set(), "nothing is wrong in this run"
        assert watching.values("sum(station_parts_total)")[0] >= SOME_PARTS
        shares = watching.values("station:passed:ratio15m + station:rejected:ratio15m + station:forced:ratio15m")
        assert shares == [pytest.approx(1)]
        assert watching.values("station_ledger_imbalance_parts") == [0]
        assert cell.process.poll() is None, cell.text()
