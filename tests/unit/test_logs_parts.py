"""Every log line that speaks of a part carries its number, so that one search shows a part's whole life."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.plc.link import PlcServerLink
from drivers.plc.registers import ResultBlock, VerdictCode
from drivers.plc.settings import PlcSettings
from models.crop import Problem
from station.core.alarms import AlarmLimits
from station.core.reasons import Reason
from station.core.standing import Standing
from station.core.values import Action, Decision, Notice
from station.fault_codes import FaultCode
from station.hand_off import HandOff
from station.ledger import LedgerFile
from station.logs import start_logging
from tests.told_faults import ToldLine

PART = re.compile(r"\b[Pp]art (\d+)\b")


class LoggedLine(ToldLine):
    """A told line whose verdicts go the whole way: ledger file, PLC's link, reporter."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.journal = LedgerFile(folder / "parts.ledger")
        plc = PlcServerLink(PlcSettings(peer="simulated"))
        standing = Standing(AlarmLimits(), stop_on_alarm=False)
        self.hand_off = HandOff(self.line, plc, self.reporter, self.journal, standing, sealed)

    def trigger(self, part_seq: int, **more: Any) -> None:
        self.journal.triggered(part_seq)
        super().trigger(part_seq, **more)

    def tell(self, actions: list[Action], *, delivered: bool = True) -> None:
        for action in actions:
            if isinstance(action, Decision):
                self.hand_off.decided(action)
            else:
                super().tell([action], delivered=delivered)


def sealed(decision: Decision) -> ResultBlock:
    return ResultBlock.sealed(part_seq=decision.part.trigger.part_seq, verdict=VerdictCode.DEADLINE, trigger_encoder=0)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[LoggedLine]:
    made = LoggedLine(tmp_path)
    yield made
    made.journal.close()


def test_no_line_of_a_part_lacks_its_number(line: LoggedLine, tmp_path: Path) -> None:
    running = start_logging("INFO", tmp_path / "station.log", io.StringIO())
    try:
        a_bad_hour(line)
    finally:
        running.stop()
    rows = [json.loads(text) for text in (tmp_path / "station.log").read_text(encoding="utf-8").splitlines()]
    of_parts = [(int(found[1]), row) for row in rows if (found := PART.search(row["message"])) is not None]
    assert len({row["fault"] for _, row in of_parts if "fault" in row}) >= 7
    assert [number for number, _ in of_parts] == [row.get("part_seq") for _, row in of_parts]
    for number, row in of_parts:
        if row.get("fault") != FaultCode.VERDICT_WITHDRAWN:  # what happens to a part that was handed off has its number
            assert row.get("part_uid") == 999 + number, row["message"]


def a_bad_hour(line: LoggedLine) -> None:
    """One part of each kind: sound, dark, incomplete, late, missed; results without a place, a ledger that differs."""
    kinds: list[dict[str, Any]] = [{}, {"problem": Problem.ALL_DARK}, {"lines": 50}, {}, {"sharpness": 1.0}]
    for part_seq, kind in enumerate(kinds, start=1):
        line.trigger(part_seq)
        line.frame(part_seq, **{name: value for name, value in kind.items() if name == "lines"})
        if part_seq == 4:
            line.wait_ms(900)
        elif "lines" not in kind:
            line.seen(999 + part_seq, **kind)
    line.trigger(6, missed=True)
    for part_seq in range(7, 20):  # nobody fetches results: from the ninth on they find no place
        line.trigger(part_seq)
        line.tell(line.line.reject_all(Reason.NO_PART, line.now_ns))
    line.trigger(20)
    line.journal.decided(20, Reason.DARK.outcome)  # the file knows it already: the ledger contradicts the line
    line.tell(line.line.reject_all(Reason.STOPPING, line.now_ns))
    line.reporter.notice(Notice("verdict withdrawn", "the gate did not open", part_seqs=(20,)))
