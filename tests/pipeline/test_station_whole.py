"""The whole station over its real wire: cell and station as two programs, and what each part became."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.rig import (
    balanced,
    decided,
    metrics,
    program,
    records,
    status,
    until,
    write_config,
    write_pictures,
)

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path, write_pictures(tmp_path / "pictures"))


def test_two_programs_judge_every_part_of_a_folder_and_the_books_agree(config: Path) -> None:
    with program("run", config) as station, program("simulate", config) as cell:
        assert cell.ended() == 0, cell.text()
        assert station.stop() == 0, station.text()
    truth, ledger = cell.result(), station.result()["ledger"]
    assert truth["bins"]["next-station"] == 4
    assert (truth["escapes"], truth["overkill"], truth["unaccounted"]) == (0, 0, 0)
    assert ledger == {"triggers": 12, "passed": 4, "rejected": 8, "forced": 0, "in_flight": 0}
    assert station.result()["records"]["dropped"] == 0
    rows = records(config)
    assert [row["part_seq"] for row in rows] == list(range(1, 13))
    assert {row["label"] for row in rows if row["verdict"] == "reject"} == {"spot", "hole"}


def test_the_station_may_come_after_the_cell_and_is_waited_for_once(config: Path) -> None:
    with program("simulate", config) as cell:
        until("the cell says that it waits", lambda: "does not answer" in cell.text())
        with program("run", config) as station:
            assert cell.ended() == 0, cell.text()
            assert station.stop() == 0
    assert cell.text().count("does not answer") == 1
    assert cell.result()["unaccounted"] == 0


def test_the_station_waits_for_a_plc_and_says_so_once(config: Path) -> None:
    with program("run", config) as station:
        until("it says that no PLC is there", lambda: "E201" in {f["code"] for f in status(config)["faults"]})
        assert station.stop() == 0
    log = (config.parent / "station.log").read_text(encoding="utf-8")
    assert log.count('"E201 There is no') == 1


def test_what_is_simulated_says_so_everywhere(config: Path) -> None:
    with program("run", config) as station, program("simulate", config, "--quiet"):
        until("parts are judged", lambda: decided(config) >= 3)
        assert status(config)["simulated"] == ["camera", "PLC"]
        assert metrics(config)['station_simulated{device="camera line"}'] == 1
        assert station.stop() == 0
    assert all(row["simulated"] for row in records(config))
    assert station.result()["simulated"] is True


def test_metrics_and_page_tell_the_same_sums_as_the_ledger(config: Path) -> None:
    with program("run", config) as station, program("simulate", config) as cell:
        assert cell.ended() == 0
        shown, counted = status(config)["ledger"], metrics(config)
        assert balanced(shown)
        assert counted["station_triggers_total"] == shown["triggers"]
        parts = {key: value for key, value in counted.items() if key.startswith("station_parts_total")}
        assert sum(parts.values()) == shown["triggers"]
        assert counted['station_parts_total{reason="defect",verdict="reject"}'] == shown["rejected"]
        assert station.stop() == 0


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_stops_within_five_seconds_and_leaves_nothing(config: Path, order: signal.Signals) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "station", "demo", "--config", str(config), "--parts", "100000", "--rate", "10"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert demo.stdout is not None
    address = demo.stdout.readline()
    assert "http://127.0.0.1:" in address
    for line in demo.stdout:
        if line.startswith("part "):
            break
    from station.process_usage import tree_of

    family = tree_of(demo.pid)
    assert len(family) >= 5, "demo, station, capture, worker and cell"
    demo.send_signal(order)
    said = demo.communicate(timeout=5)[0]
    assert "unaccounted 0" in said, said
    assert "Traceback" not in said
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    assert not list(config.parent.glob("*.scene"))


def test_the_demo_writes_what_was_promised_and_exits_zero(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "demo.json"
    done = subprocess.run(
        [sys.executable, "-m", "station", "demo", "--config", str(config), "--parts", "10", "--rate", "10",
         "--seed", "7", "--json", str(out), "--images", str(tmp_path / "pictures"), "--quiet"],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["parts"] == 10
    assert set(result["ledger"]) == {"triggers", "passed", "rejected", "forced", "in_flight"}
    assert {"escapes", "overkill", "unaccounted"} <= set(result["truth"])
    assert set(result["latency_ms"]) == {"p50", "p99", "max"}
    assert result["seed"] == 7
    assert result["simulated"] is True
    assert result["parts_per_s"] > 0
    assert result["judgement"]["wrong_verdicts"] == 0
    assert "Traceback" not in done.stdout + done.stderr


def test_the_same_seed_shows_the_same_parts_in_the_same_order(config: Path, tmp_path: Path) -> None:
    def names(seed: str) -> list[str]:
        out = tmp_path / f"{seed}.json"
        subprocess.run(
            [sys.executable, "-m", "station", "demo", "--config", str(config), "--parts", "8", "--seed", seed,
             "--rate", "12", "--json", str(out), "--quiet"],
            capture_output=True, timeout=90, check=True, env=os.environ.copy(),
        )  # fmt: skip
        return [row["name"] for row in json.loads(out.read_text(encoding="utf-8"))["parts_list"]]

    first = names("5")
    assert names("5") == first
    assert names("6") != first
