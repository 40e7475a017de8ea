"""Station or cell is killed beside a running line: every part in hand is rejected, and the line goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.rig import balanced, program, records, status, until, write_config, write_pictures
from tests.pipeline.running_line import (
    OF_SILENCE,
    PATIENT,
    changed,
    comes_up,
    ends_well,
    fault_codes,
    in_log,
    lost,
    parts_pass,
    reasons,
    undecided,
)

pytestmark = pytest.mark.timeout(120)
ROLES = ("server", "client")


@pytest.fixture(params=ROLES)
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    pictures = write_pictures(tmp_path / "pictures")
    return write_config(tmp_path, pictures, gate=True, cell__parts=100_000, plc__role=request.param, **PATIENT)


def test_a_killed_station_costs_the_parts_in_hand_and_the_next_one_knows_them_by_number(config: Path) -> None:
    with program("simulate", config, "--quiet") as cell:
        with program("run", config) as first:
            comes_up(config, first)
            parts_pass(config)
            sums = status(config)["ledger"]
            with undecided(config, first):
                first.kill()
        until("the PLC says that it is alone", lambda: "connection to the station is lost" in cell.text())
        with program("run", config) as second:
            comes_up(config, second)
            assert "E423" in fault_codes(config)
            begun = status(config)["ledger"]
            assert all(begun[key] >= sums[key] for key in ("triggers", "passed", "rejected", "forced"))
            parts_pass(config)
            summary, truth = ends_well(config, second, cell, kills=1)
    in_flight = [row["part_seq"] for row in records(config) if row["reason"] == "station restarted"]
    assert in_flight
    assert set(in_flight) <= lost(truth)
    triggers, plc = summary["ledger"]["triggers"], truth["plc"]
    assert triggers <= plc["triggered"] <= triggers + plc["links_lost"], "each lost link can lose one trigger"
    assert not in_log(config, "E207")


def test_a_killed_cell_costs_the_parts_in_flight_and_the_station_waits_for_the_next_one(config: Path) -> None:
    with program("run", config) as station:
        with program("simulate", config, "--quiet") as first:
            comes_up(config, station)
            parts_pass(config)
            with undecided(config, station):
                first.kill()
                until("the PLC is missed", lambda: "E201" in fault_codes(config))
                until("no part waits for it", lambda: status(config)["ledger"]["in_flight"] == 0)
        shown = status(config)
        assert balanced(shown["ledger"])
        assert shown["state"]["name"] in ("FAULT", "STOPPED")
        assert {health["name"]: health["status"] for health in shown["health"]}["PLC"] == "unavailable"
        until("its record says why", lambda: reasons(config).keys() & OF_SILENCE)
        second_config = changed(config, "second.yaml", cell__first_part_seq=10_001)
        with program("simulate", second_config, "--quiet") as second:
            parts_pass(config)
            assert "E201" not in fault_codes(config)
            ends_well(config, station, second)
    assert not in_log(config, "E207")
