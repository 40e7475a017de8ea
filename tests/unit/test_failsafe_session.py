"""The fail-safe test in the running station: one at a time, nothing stays broken, always a report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from station.core.reasons import Reason
from station.core.values import (
    Decision,
)
from station.failsafe.course import RefusedError
from station.failsafe.plan import LineFacts, plan_for
from station.failsafe.session import FailsafeSession
from station.failsafe.state import FailsafeState
from station.failsafe.step import Where
from station.failsafe.verify import verify
from station.failsafe.watch import Patience
from station.sabotage import NO_SABOTAGE, Sabotage
from tests.failsafe_line import IDENTITY, FakeLine, decision, left, triggered

LIMIT_S = 20.0
PLAN = plan_for(LineFacts(("defect-free", "spot"), 400, 1000, confirms=True))
PATIENCE = Patience(person_ms=60_000, machine_ms=60_000)


class Rig:
    def __init__(self, folder: Path) -> None:
        self.line, self.running = FakeLine(), list[bool]()
        self.session = FailsafeSession(PLAN, self.line, IDENTITY, folder, PATIENCE, self.running.append)

    async def until(self, phase: str) -> FailsafeState:
        async with asyncio.timeout(LIMIT_S):
            while (state := self.session.state())["phase"] != phase:  # noqa: ASYNC110  # its clock is the real one
                await asyncio.sleep(0.005)
        return state


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path / "failsafe")
    yield rig
    await rig.session.stop()


def report(state: FailsafeState) -> dict[str, Any]:
    assert state["report"] is not None
    return json.loads(Path(state["report"]).read_bytes())["report"]


async def test_a_step_is_followed_marked_in_the_records_and_shown(rig: Rig) -> None:
    rig.session.start("  Anna   Lind ")
    assert (rig.session.running, rig.running, rig.session.state()["operator"]) == (True, [True], "Anna Lind")
    rig.session.ready()
    assert rig.session.state()["phase"] == "part"
    rig.line.passes(7, fell=False)
    state = await rig.until("instruct")
    assert state["step"] == 1
    assert state["steps"][0]["verdict"] == "passed"
    assert (state["steps"][0]["part_seq"], state["steps"][0]["said"], state["steps"][0]["where"]) == (7, "PASS", "good")
    assert rig.line.marks == [(None, "begins, by Anna Lind"), (7, "step good")]


async def test_an_abort_mends_what_is_broken_and_writes_a_report(rig: Rig) -> None:
    rig.session.start("Anna")
    rig.session.skip("none at hand")
    rig.session.skip("none at hand")
    rig.session.ready()
    assert rig.line.broken == Sabotage(hide_frames=True)
    rig.session.abort()
    state = await rig.until("over")
    assert rig.line.broken == NO_SABOTAGE
    assert not rig.line.heard_by_somebody
    assert (state["running"], state["result"], rig.running) == (False, "incomplete", [True, False])
    assert report(state)["ended_early"] == "aborted by the operator"
    assert rig.line.failed == []
    assert verify([Path(str(state["report"]))])[1] == []


async def test_a_failed_step_stops_the_line_and_the_next_test_is_refused_until_it_is_cleared(rig: Rig) -> None:
    rig.session.start("Anna")
    rig.session.ready()
    at_ns = rig.session._clock_ns()  # pyright: ignore[reportPrivateUsage]
    rig.line.tell(triggered(7, at_ns), decision(7, at_ns, Reason.MODEL), left(7, fell=True))
    state = await rig.until("over")
    assert (state["result"], report(state)["result"]) == ("failed", "failed")
    assert rig.line.failed[0][0] == "Good part"
    rig.session.start("Anna")
    with pytest.raises(RefusedError, match="the line stands"):
        rig.session.ready()


async def test_only_one_test_runs_at_a_time_and_somebody_must_do_it(rig: Rig) -> None:
    for nobody in ("", "   ", "x" * 81):
        with pytest.raises(RefusedError, match="Say who"):
            rig.session.start(nobody)
    for call in (rig.session.ready, rig.session.abort, lambda: rig.session.answer(Where.GOOD)):
        with pytest.raises(RefusedError, match="No fail-safe test is running"):
            call()
    rig.session.start("Anna")
    with pytest.raises(RefusedError, match="by Anna is running already"):
        rig.session.start("Bert")


async def test_a_test_that_breaks_by_itself_does_not_break_the_station(rig: Rig) -> None:
    def broken(decided: Decision) -> str | None:
        raise RuntimeError("broken")

    rig.line.label_of = broken
    rig.session.start("Anna")
    rig.session.ready()
    rig.line.passes(7)
    state = await rig.until("over")
    assert state["result"] == "incomplete"
    assert "the test itself failed" in state["sentence"]
    assert rig.line.broken == NO_SABOTAGE


async def test_a_station_that_stops_ends_the_test_with_a_report(rig: Rig) -> None:
    rig.session.start("Anna")
    await rig.session.stop()
    assert report(rig.session.state())["ended_early"] == "the station was stopped"


async def test_a_report_that_cannot_be_written_is_said_and_never_passes(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "failsafe").write_text("in the way", encoding="utf-8")
    rig.session.start("Anna")
    rig.session.abort()
    state = await rig.until("over")
    assert (state["report"], state["result"]) == (None, "incomplete")
    assert state["sentence"].startswith("NO REPORT")
    assert rig.line.marks[-1] == (None, "ends without a report: incomplete")
