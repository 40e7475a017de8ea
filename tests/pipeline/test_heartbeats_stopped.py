"""Station, cell or worker stands still (SIGSTOP) and goes on later: silence is reject, what is stale stays unused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.rig import (
    balanced,
    descendants,
    program,
    records,
    status,
    until,
    write_config,
    write_pictures,
)
from tests.pipeline.running_line import (
    OF_SILENCE,
    PATIENT,
    comes_up,
    ends_well,
    fault_codes,
    in_log,
    lost,
    parts_pass,
    reasons,
    says_once_more,
    stopped,
    undecided,
)

pytestmark = pytest.mark.timeout(120)
SAID = {"server": "connection to the station is lost", "client": "the station's heartbeat has stood still"}


def line(folder: Path, **changes: object) -> Path:
    return write_config(
        folder, write_pictures(folder / "pictures"), gate=True, cell__parts=100_000, **PATIENT, **changes
    )


@pytest.mark.parametrize("role", ["server", "client"])
def test_a_station_that_stands_still_is_silent_to_the_plc_and_its_stale_verdicts_are_never_used(
    tmp_path: Path, role: str
) -> None:
    config = line(tmp_path, plc__role=role)
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        comes_up(config, station)
        parts_pass(config)
        (worker,) = descendants(station.process.pid, "station.workers.worker")
        with stopped(station.process.pid):
            pass  # a moment is no silence
        parts_pass(config)
        with undecided(config, station), stopped(station.process.pid):
            until("the PLC has rejected what it had", lambda: SAID[role] in cell.text())
        # Stopped first, continued last: the worker's answer was not there before the station goes on.
        assert worker in descendants(station.process.pid, "station.workers.worker")
        parts_pass(config)
        _, truth = ends_well(config, station, cell)
    assert lost(truth)
    assert truth["plc"]["station_silent" if role == "client" else "links_lost"] >= 1
    assert not in_log(config, "E207")


def test_verdicts_that_wait_in_a_stopped_station_are_stale_when_it_goes_on(tmp_path: Path) -> None:
    config = line(tmp_path)
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        comes_up(config, station)
        parts_pass(config)
        for _ in range(4):
            with stopped(station.process.pid), says_once_more(cell, SAID["server"]):
                pass
            parts_pass(config, more=3)
        _, truth = ends_well(config, station, cell)
    assert truth["plc"]["links_lost"] >= 4
    lost(truth)


def test_a_plc_that_stands_still_is_silent_to_the_station_and_comes_back_by_itself(tmp_path: Path) -> None:
    config = line(tmp_path)
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        comes_up(config, station)
        parts_pass(config)
        with undecided(config, station), stopped(cell.process.pid):
            until("the station says that the PLC is silent", lambda: "E202" in fault_codes(config))
            until("no part waits for it", lambda: status(config)["ledger"]["in_flight"] == 0)
            shown = status(config)
            assert shown["state"]["name"] == "FAULT"
            assert balanced(shown["ledger"])
            until("its record says why", lambda: reasons(config).keys() & OF_SILENCE)
        parts_pass(config)
        assert "E202" not in fault_codes(config)
        ends_well(config, station, cell)
    assert not in_log(config, "E207")


def test_a_stuck_worker_is_told_by_its_part_s_deadline_within_two_part_periods(tmp_path: Path) -> None:
    period_ms = 500
    config = line(tmp_path, cell__rate_parts_per_s=2, recipe__deadline_ms=700)
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        comes_up(config, station)
        parts_pass(config, more=3)
        with undecided(config, station):
            late = until("it met its deadline", lambda: [row for row in records(config) if row["reason"] == "deadline"])
        assert all(row["verdict"] == "forced" for row in late)
        assert min(row["latency_ms"] for row in late) <= 2 * period_ms
        assert in_log(config, "E421")
        parts_pass(config, more=3)
        _, truth = ends_well(config, station, cell)
    assert {row["part_seq"] for row in late} <= {row["part_seq"] for row in truth["parts"] if row["bin"] == "reject"}
