"""Another recipe takes over a running line, for the PLC or a person: no part is judged by a mixture, none is lost."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from station.changeover.choice import Choice
from tests.pipeline.rig import Program, balanced, decided, descendants, program, records, status, until
from tests.pipeline.running_line import PATIENT, ends_well, event_rows, fault_codes, in_log
from tests.pipeline.two_recipes import Engineer, ask, two_recipes, unmixed

pytestmark = pytest.mark.timeout(300)

LONG_S = 120
CALM = {**PATIENT, "cell__station_heartbeat_ms": 1_000}
AHEAD = 4
WORKER, NEW_WORKER = "station.workers.worker", "station.workers.quiet_worker"


class Feed:
    """Parts without end, as long as something is waited for: never more than `AHEAD` of them asked for."""

    def __init__(self, config: Path, cell: Program) -> None:
        self._config, self._cell, self._asked = config, cell, 0

    def until(self, what: str, holds: Callable[[], Any]) -> Any:
        def fed() -> Any:
            missing = decided(self._config) + AHEAD - self._asked
            if missing > 0:
                ask(self._cell, *[{"part": "any"}] * missing)
                self._asked += missing
            return holds()

        return until(what, fed, LONG_S)

    def parts(self, more: int) -> None:
        """So many more parts are decided."""
        before = decided(self._config)
        self.until(f"{more} more parts", lambda: decided(self._config) >= before + more)

    def drained(self) -> None:
        until("every part is decided", lambda: decided(self._config) >= self._asked, LONG_S)


def comes_up(config: Path, station: Program) -> None:
    until("the station is up or has ended", lambda: station.process.poll() is not None or status(config), LONG_S)
    assert station.process.poll() is None, station.text()


def in_use(config: Path) -> int:
    return int(status(config)["station"]["recipe"].split()[0])


def answers(cell: Program) -> list[str]:
    """What the PLC was answered, in words."""
    return re.findall(r"PLC: the station has ((?:taken|refused) recipe \d+)", cell.text())


def test_plc_and_page_change_over_under_running_parts_and_the_choice_survives_a_restart(tmp_path: Path) -> None:
    config = two_recipes(tmp_path, gate=True, **CALM)
    engineer = Engineer(config)
    with program("run", config) as station:
        comes_up(config, station)
        with program("simulate", config, "--infeed") as cell:
            feed = Feed(config, cell)
            feed.parts(3)
            ask(cell, {"recipe": 2})
            feed.until("recipe 2 is in use", lambda: in_use(config) == 2)
            feed.parts(3)
            ask(cell, {"recipe": 7})
            feed.until("the PLC was refused", lambda: "refused recipe 7" in answers(cell))
            assert engineer.post("/api/recipes/9/activate")[0] == 404
            assert engineer.post("/api/recipes/1/activate") == (202, {"state": "preparing"})
            feed.until("recipe 1 is in use", lambda: in_use(config) == 1)
            feed.parts(3)
            ask(cell, {"recipe": 2})
            feed.until("recipe 2 is in use again", lambda: in_use(config) == 2)
            feed.parts(3)
            feed.drained()
            assert Choice(tmp_path / "records").read() == 2
            until("its workers alone are left", lambda: len(descendants(station.process.pid, NEW_WORKER)) == 1)
            assert descendants(station.process.pid, WORKER) == []
            summary, truth = ends_well(config, station, cell)
    assert answers(cell) == ["taken recipe 2", "refused recipe 7", "taken recipe 2"]
    assert in_log(config, "E308")
    assert truth["plc"]["recipes_taken"] == 2
    counted = unmixed(config)
    assert set(counted) == {1, 2}
    assert min(counted.values()) >= 6
    assert sum(counted.values()) == summary["ledger"]["triggers"]
    assert "missed trigger" not in {row["reason"] for row in records(config)}, "no part was lost to it"
    took_over = [row["detail"] for row in event_rows(config, "recipe")]
    assert took_over == ["recipe 2 second took over", "recipe 1 tiny took over", "recipe 2 second took over"]

    with program("run", config) as station:
        comes_up(config, station)
        assert in_use(config) == 2
        assert station.stop() == 0


def test_a_bundle_that_was_altered_is_refused_and_the_old_recipe_goes_on(tmp_path: Path) -> None:
    config = two_recipes(tmp_path, **CALM)
    with program("run", config) as station:
        comes_up(config, station)
        with program("simulate", config, "--infeed") as cell:
            feed = Feed(config, cell)
            feed.parts(2)
            spec = tmp_path / "second" / "model.yaml"
            spec.write_text(spec.read_text(encoding="utf-8").replace("stain: 0.5", "stain: 0.9"), encoding="utf-8")
            ask(cell, {"recipe": 2})
            feed.until("the PLC was refused", lambda: answers(cell))
            assert "E307" in fault_codes(config)
            feed.parts(3)
            assert in_use(config) == 1
            ask(cell, {"recipe": 1})
            feed.until("the one in use is taken", lambda: len(answers(cell)) == 2)
            until("that ends the fault", lambda: "E307" not in fault_codes(config))
            feed.drained()
            ends_well(config, station, cell)
    assert answers(cell) == ["refused recipe 2", "taken recipe 1"]
    assert set(unmixed(config)) == {1}
    assert Choice(tmp_path / "records").read() is None


def test_dead_workers_old_and_new_and_a_silent_plc_leave_one_recipe_whole(tmp_path: Path) -> None:
    config = two_recipes(tmp_path, **CALM)
    with program("run", config) as station:
        comes_up(config, station)
        with program("simulate", config, "--infeed") as cell:
            feed = Feed(config, cell)
            feed.parts(2)
            ask(cell, {"recipe": 2})
            (new,) = feed.until("it prepares", lambda: descendants(station.process.pid, NEW_WORKER))
            os.kill(new, signal.SIGKILL)
            feed.until("a worker that dies in its proof is a refusal", lambda: "refused recipe 2" in answers(cell))
            assert in_use(config) == 1
            ask(cell, {"recipe": 2}, {"plc": "silent", "for_ms": 2000})
            (old,) = feed.until("the old one is there", lambda: descendants(station.process.pid, WORKER))
            os.kill(old, signal.SIGKILL)
            feed.until("recipe 2 takes over all the same", lambda: in_use(config) == 2)
            feed.parts(3)
            feed.drained()
            assert cell.stop() == 0, cell.text()
        until("nothing is in flight", lambda: status(config)["ledger"]["in_flight"] == 0)
        assert station.stop() == 0, station.text()
    assert balanced(station.result()["ledger"])
    assert (cell.result()["escapes"], cell.result()["unaccounted"]) == (0, 0)
    assert set(unmixed(config)) == {1, 2}
    assert "Traceback" not in station.text()
