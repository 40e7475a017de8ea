"""`kill -9` of the station again and again under a running line: it comes back, knows its parts, and the sums hold."""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.pipeline.rig import Program, balanced, decided, program, records, status, until, write_config, write_pictures
from tests.pipeline.running_line import PATIENT, comes_up, ends_well, event_rows, in_log, lost, parts_pass

pytestmark = pytest.mark.timeout(240)
KILLS = 10
LONGEST_RUN_S = 0.6
SUMS = ("triggers", "passed", "rejected", "forced")


def killed_at_a_random_moment(config: Path, station: Program, moment: random.Random) -> dict[str, int]:
    """Kill it while it inspects; the sums that it showed last."""
    begun = decided(config)
    until("parts are decided", lambda: decided(config) >= begun + 2)
    threading.Event().wait(moment.uniform(0, LONGEST_RUN_S))  # the moment must not hang on what the station does
    seen = status(config)["ledger"]
    station.kill()
    return seen


def test_after_kill_9_at_random_moments_no_part_is_lost_or_passed_unseen_and_all_sums_go_on(tmp_path: Path) -> None:
    config = write_config(tmp_path, write_pictures(tmp_path / "pictures"), gate=True, cell__parts=100_000, **PATIENT)
    seed = random.randrange(1 << 32)
    moment = random.Random(seed)
    seen = dict.fromkeys(SUMS, 0)
    with program("simulate", config, "--quiet") as cell:
        for _ in range(KILLS):
            with program("run", config) as station:
                comes_up(config, station)
                begun = status(config)["ledger"]
                assert balanced(begun)
                assert all(begun[key] >= seen[key] for key in SUMS), (seed, begun, seen)
                seen = killed_at_a_random_moment(config, station, moment)
                assert balanced(seen)
        with program("run", config) as station:
            comes_up(config, station)
            parts_pass(config)
            summary, truth = ends_well(config, station, cell, kills=KILLS)

    ledger, plc, rows = summary["ledger"], truth["plc"], truth["parts"]
    assert truth["triggered"] == plc["triggered"] == plc["passed"] + plc["rejected"]
    # With each lost link at most one trigger is lost, and the PLC rejected that part by itself.
    assert ledger["triggers"] <= plc["triggered"] <= ledger["triggers"] + plc["links_lost"], seed
    # A PASS that the station had decided, and the PLC had not fetched, was never used; never the other way round.
    fetched = [row["part_seq"] for row in rows if row["verdict_code"] is not None]
    assert len(fetched) == len(set(fetched))
    not_taken = {row["part_seq"] for row in event_rows(config, "station restarted")}
    unused = len(not_taken) + plc["passes_withheld"] + plc["results_without_part"]
    assert plc["passed"] <= ledger["passed"] <= plc["passed"] + unused, seed
    assert not in_log(config, "E207"), "the counters agreed at every part"

    by_number = {row["part_seq"]: row for row in rows}
    restarted = [row["part_seq"] for row in records(config) if row["reason"] == "station restarted"]
    assert restarted, f"no kill hit a part in flight (seed {seed})"
    assert set(restarted) <= lost(truth), seed
    assert truth["bins"]["next-station"] == plc["passed"]
    # Every part that the PLC triggered has one record, but for those whose record the kill overtook: they are in the
    # ledger's sums, and the PLC had each of them.
    numbers = Counter(row["part_seq"] for row in records(config) if not row["late"])
    assert max(numbers.values()) == 1, (seed, numbers.most_common(3))
    assert numbers.keys() <= by_number.keys()
