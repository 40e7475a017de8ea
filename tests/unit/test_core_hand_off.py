"""The order and the sums of the hand-off: ledger file, then PLC, then everybody else; a stop rejects all in flight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.plc.link import PlcServerLink
from drivers.plc.messages import PartTriggered
from drivers.plc.registers import ControlBits, ControlBlock, ResultBlock
from drivers.plc.settings import PlcSettings
from station.core.alarms import AlarmLimits
from station.core.line import Line
from station.core.reasons import Outcome, Reason
from station.core.standing import Standing
from station.core.values import (
    Decision,
    Trigger,
    Withdraw,
)
from station.hand_off import HandOff
from station.ledger import LedgerFile
from station.result_block import result_block
from tests.core_values import FASTENER, MS


class Listener:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.decisions: list[tuple[Decision, bool]] = []
        self.notices: list[str] = []
        self.alarms = 0

    def decided(self, decision: Decision, handed_off_ns: int, *, delivered: bool) -> None:
        del handed_off_ns
        self.decisions.append((decision, delivered))

    def notice(self, notice: object) -> None:
        self.notices.append(getattr(notice, "kind", ""))

    def alarm(self, alarm: object, *, stands: bool) -> None:
        del alarm, stands
        self.alarms += 1

    def late(self, late: object) -> None: ...
    def left(self, part: object) -> None: ...
    def line_condition(self, code: object, *, begins: bool) -> None: ...
    def stands(self, code: object, reason: str) -> None: ...
    def device(self, event: object) -> None: ...
    def camera(self, name: str, event: object) -> None: ...
    def ticked(self, now_ns: int, late_ns: int) -> None: ...


class Desk:
    """Line, ledger file, PLC link and hand-off, as the station has them, without a wire."""

    def __init__(self, folder: Path, alarms: AlarmLimits | None = None) -> None:
        self.now_ns = 1_000 * MS
        self.journal = LedgerFile(folder / "ledger.bin")
        self.line = Line(FASTENER)
        self.plc = PlcServerLink(
            PlcSettings(peer="simulated"),
            clock_ns=lambda: self.now_ns,
            on_trigger=lambda part: self.journal.triggered(part.part_seq),
        )
        self.plc.set_state(ready=True, online=True)
        self.standing = Standing(alarms or AlarmLimits(), stop_on_alarm=True)
        self.reporter = Listener()
        self.hand_off = HandOff(
            self.line,
            self.plc,
            self.reporter,
            self.journal,
            self.standing,
            self.block_of,  # type: ignore[arg-type]
        )
        self.heartbeat = 0

    def block_of(self, decision: Decision) -> ResultBlock:
        assert self.journal.counts.triggers > 0
        known = self.journal.counts
        assert known.passed + known.rejected + known.forced >= 1, "it must be in the file before the PLC has it"
        return result_block(decision, [[0, 1]] * len(FASTENER.views), 4000)

    def trigger(self, seq: int) -> None:
        for bits in (ControlBits.ENABLE, ControlBits.ENABLE | ControlBits.TRIGGER, ControlBits.ENABLE):
            self.heartbeat += 1
            self.plc._follow(ControlBlock(bits, seq, 1, self.heartbeat, seq * 10_000))
        self.plc.exposure_complete(seq)
        parts = [event for event in self.plc._handshake.drain() if isinstance(event, PartTriggered)]
        assert parts == []  # they went to the station's queue
        self.line.trigger(Trigger(seq, seq * 10_000, self.now_ns), self.now_ns)

    def carry_out(self, actions: list[object]) -> None:
        for action in actions:
            if isinstance(action, Decision):
                self.hand_off.decided(action)
            elif isinstance(action, Withdraw):
                self.hand_off.withdraw(action)
        self.hand_off.check_sums()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.journal.close()


def test_several_parts_rejected_at_once_do_not_stop_the_line_over_sums_that_are_under_way(desk: Desk) -> None:
    for seq in (1, 2, 3):
        desk.trigger(seq)
    desk.carry_out(list(desk.line.reject_all(Reason.PLC_SILENT, desk.now_ns)))
    assert desk.standing.halted is None
    assert desk.journal.counts.forced == desk.line.counts.forced == 3
    assert [delivered for _, delivered in desk.reporter.decisions] == [True] * 3


def test_a_verdict_that_the_file_does_not_know_stops_the_line(desk: Desk) -> None:
    desk.trigger(1)
    desk.journal.decided(1, Outcome.FORCED)
    desk.carry_out(list(desk.line.reject_all(Reason.PLC_SILENT, desk.now_ns)))
    assert desk.standing.halted == "the part ledger does not balance"


def test_rejects_of_all_that_was_in_flight_begin_no_alarm(tmp_path: Path) -> None:
    desk = Desk(tmp_path, AlarmLimits(consecutive=2))
    try:
        for seq in (1, 2, 3):
            desk.trigger(seq)
        desk.carry_out(list(desk.line.reject_all(Reason.PLC_SILENT, desk.now_ns)))
        assert desk.reporter.alarms == 0
        for seq in (4, 5, 6):
            desk.trigger(seq)
        desk.carry_out(list(desk.line.reject_all(Reason.DARK, desk.now_ns)))
        assert (desk.reporter.alarms, desk.standing.halted) == (1, "2 of 2 parts were rejected")
    finally:
        desk.journal.close()
