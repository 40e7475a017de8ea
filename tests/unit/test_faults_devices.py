"""What PLC, gate, workers and line do wrong is told as its own fault, through the parts that see it happen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from drivers.plc.link import PlcServerLink
from drivers.plc.messages import (
    CountersDiffer,
    ErrorCleared,
    HandshakeFault,
    PlcBack,
    PlcConnected,
    PlcFault,
    PlcSilent,
)
from drivers.plc.registers import ResultBlock, VerdictCode
from drivers.plc.settings import PlcSettings
from drivers.remote_io.faults import RemoteIoFault
from station.core.alarms import AlarmKind, RejectAlarm
from station.core.values import Action, Notice, StopLine, Withdraw
from station.fault_codes import FaultCode
from station.hand_off import HandOff
from station.ledger import LedgerFile
from station.metrics.feed import PERIOD_NS, MetricsFeed
from station.restart import tell_restart
from station.workers.events import WorkerDown, WorkerStuck, WorkerUp
from station.workers.messages import JobFailed
from station.workers.pool import WorkerPool
from tests.core_track import DrivenLine
from tests.core_values import LIMITS, MS
from tests.plc_peers import raw_link, until, write_request
from tests.told_faults import ToldLine
from tests.unit.test_core_hand_off import Desk


@pytest.fixture
def told() -> ToldLine:
    return ToldLine()


def test_a_worker_that_comes_back_ends_its_fault_and_one_that_does_not_is_e303(told: ToldLine) -> None:
    told.reporter.device(WorkerDown(0, "worker 0 ended with status -9", final=False))
    assert told.codes == {FaultCode.WORKER_DIED}
    told.reporter.device(WorkerUp(0))
    assert told.codes == set()
    told.reporter.device(WorkerDown(0, "worker 0 died more than 5 times within a minute and stays down", final=True))
    assert told.codes == {FaultCode.WORKER_STAYED_DOWN}
    assert "?" not in told.fault(FaultCode.WORKER_STAYED_DOWN).cause


def test_a_stuck_worker_is_e304_until_another_one_is_up(told: ToldLine) -> None:
    told.reporter.device(WorkerStuck(1, for_ms=1_700, limit_ms=1_600))
    assert told.fault(FaultCode.WORKER_STUCK).sentence == (
        "Classification worker 1 has not answered for 1700 ms (limit 1600 ms)."
    )
    told.reporter.device(WorkerUp(1))
    assert told.codes == set()


async def test_a_job_that_no_worker_takes_is_e305(told: ToldLine) -> None:
    pool = a_pool(jobs_max=0)
    told.trigger(1)
    told.frame(1)
    pool.submit(SimpleNamespace(part_uid=1_000, view=0))  # type: ignore[arg-type]
    failed = await pool.next_event()
    assert isinstance(failed, JobFailed)
    told.reporter.notice(Notice("classifier failed", failed.sentence))
    told.tell(told.line.classifier_failed(failed.part_uid, failed.view, told.now_ns))
    assert told.codes == {FaultCode.CLASSIFIER_FAILED}
    assert "could not be classified: 0 jobs wait already. It is rejected." in told.board.active()[0].sentence


def test_a_plc_that_breaks_the_handshake_is_e203_and_a_coupler_that_does_not_move_the_gate_e440(told: ToldLine) -> None:
    told.reporter.device(HandshakeFault(PlcFault.TRIGGER_STUCK.code, "The PLC has held Trigger."))
    assert told.codes == {FaultCode.HANDSHAKE_TIMEOUT}
    told.reporter.device(HandshakeFault(RemoteIoFault.GATE_PULSE_LATE.code, "The gate did not open for part 3: late."))
    assert told.codes == {FaultCode.HANDSHAKE_TIMEOUT, FaultCode.GATE}


def test_a_plc_that_stays_away_is_e201_until_it_comes_and_a_silent_one_e202_until_it_beats(told: ToldLine) -> None:
    told.reporter.ticked(told.reporter.devices.pulse.plc_absent_ns + 1_100 * MS, 0)  # type: ignore[operator]
    assert told.codes == {FaultCode.PLC_NOT_CONNECTED}
    told.reporter.device(PlcConnected("127.0.0.1"))
    assert told.codes == set()
    told.reporter.device(PlcSilent(for_ms=1_200))
    assert told.codes == {FaultCode.PLC_SILENT}
    told.reporter.device(PlcBack())
    assert told.codes == set()


def test_what_stops_the_line_lasts_until_the_error_is_cleared(told: ToldLine) -> None:
    told.reporter.device(CountersDiffer("The PLC counts 3 triggered parts where the station saw 2 triggers."))
    told.reporter.device(WorkerDown(0, "worker 0 ended with status -9", final=False))
    assert told.codes == {FaultCode.COUNTERS_DIFFER, FaultCode.WORKER_DIED}
    assert told.fault(FaultCode.COUNTERS_DIFFER).sentence.endswith("saw 2 triggers. The line is stopped.")
    told.reporter.device(ErrorCleared())
    assert told.codes == {FaultCode.WORKER_DIED}


@pytest.mark.parametrize(("allowed", "code"), [(["192.0.2.1"], FaultCode.PEER_REFUSED), ([], FaultCode.SECOND_WRITER)])
async def test_a_peer_that_may_not_connect_is_e209_and_a_second_writer_e208(
    told: ToldLine, allowed: list[str], code: FaultCode
) -> None:
    link = PlcServerLink(PlcSettings(peer="simulated", allowed_peers=allowed).model_copy(update={"port": 0}))
    await link.start()
    feed = MetricsFeed(told.metrics, told.board, told.line, link, a_pool(), told.records)
    try:
        async with raw_link(link.port) as first, raw_link(link.port) as second:
            if code is FaultCode.SECOND_WRITER:
                await first.ask(write_request(3, 5))
                await second.ask(write_request(3, 6))
            await until(lambda: link.wire_counters.refused_peers + link.wire_counters.second_writers > 0)
        feed.refresh(2 * PERIOD_NS)
    finally:
        await link.stop()
    assert told.codes == {code}


def a_pool(jobs_max: int = 4) -> WorkerPool:
    """Not started: nobody needs its processes here."""
    return WorkerPool([], [], [], processes=1, threads=1, nice=0, jobs_max=jobs_max, deadline_ns=10**9)


def test_parts_too_close_are_e431_and_a_lost_track_e430(told: ToldLine) -> None:
    line = DrivenLine(replace(LIMITS, deadline_ns=10_000 * MS, max_in_flight=8))
    line.trigger(1)
    line.go(300, 30)
    tell_notices(told, line.trigger(2))
    assert told.codes == {FaultCode.PARTS_TOO_CLOSE}
    line.count += 50_000
    line.now_ns += 10 * MS
    line.trigger(3)
    tell_notices(told, line.read())
    assert FaultCode.TRACKING_LOST in told.codes


def test_what_sensors_see_between_camera_and_gate_is_e432_to_e435(told: ToldLine) -> None:
    line = DrivenLine(replace(LIMITS, deadline_ns=10_000 * MS, max_in_flight=8))
    line.trigger(1)
    tell_notices(told, line.verdict(line.picture().part_uid, defective=True))
    tell_notices(told, line.go(6_000, 600))
    assert told.codes == {FaultCode.PART_MISSING, FaultCode.REJECT_NOT_CONFIRMED}
    line.parts_seen += 1
    tell_notices(told, line.go(100, 10))
    assert FaultCode.PART_UNEXPECTED in told.codes
    line.rejects_seen += 1
    tell_notices(told, line.go(100, 10))
    assert FaultCode.REJECT_UNEXPECTED in told.codes


def tell_notices(told: ToldLine, actions: list[Action]) -> None:
    """Only what was found: the parts are another line's."""
    told.tell([action for action in actions if isinstance(action, Notice)])


def test_a_pass_that_is_taken_back_is_e422_and_a_stop_of_the_line_reaches_the_plc_by_its_number(
    told: ToldLine, tmp_path: Path
) -> None:
    desk = Desk(tmp_path)
    hand_off = HandOff(desk.line, desk.plc, told.reporter, desk.journal, desk.standing, desk.block_of)  # type: ignore[arg-type]
    try:
        for part_seq in (1, 2):  # the PLC reads the first one's result, so the second one's waits
            desk.trigger(part_seq)
            passed = ResultBlock.sealed(part_seq=part_seq, verdict=VerdictCode.PASS, trigger_encoder=10_000)
            assert desk.plc.publish(passed, desk.now_ns)
        hand_off.withdraw(Withdraw(2))
        assert told.codes == {FaultCode.VERDICT_WITHDRAWN}
        assert told.fault(FaultCode.VERDICT_WITHDRAWN).details["part_seq"] == 2
        hand_off.stop(StopLine("the encoder jumped", "tracking lost"))
        assert desk.plc._handshake.status().error_code == FaultCode.TRACKING_LOST.number
    finally:
        desk.journal.close()


def test_low_air_and_a_full_bin_last_as_long_as_the_switch_says_so(told: ToldLine) -> None:
    for code in (FaultCode.AIR_LOW, FaultCode.BIN_FULL):
        told.reporter.line_condition(code, begins=True)
        assert told.codes == {code}
        told.reporter.line_condition(code, begins=False)
        assert told.codes == set()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (AlarmKind.CONSECUTIVE, FaultCode.CONSECUTIVE_REJECTS),
        (AlarmKind.RATE, FaultCode.REJECT_RATE),
        (AlarmKind.WRONG_PARTS, FaultCode.WRONG_PARTS),
    ],
)
def test_an_alarm_says_whether_the_line_stands(told: ToldLine, kind: AlarmKind, code: FaultCode) -> None:
    told.reporter.alarm(RejectAlarm(kind, 4, 6), stands=True)
    assert told.codes == {code}
    assert told.fault(code).sentence.endswith("; the line is stopped.")


def test_a_damaged_ledger_file_is_e424_and_parts_that_were_in_flight_e423(told: ToldLine, tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    for damage in (False, True):
        ledger = LedgerFile(path)
        if not damage:
            ledger.triggered(7)
        else:
            tell_restart(ledger.recovered, told.board, told.records, told.reporter.record_of_restarted)
        ledger.close()
    assert told.codes == {FaultCode.RESTARTED}
    assert "parts 7 in flight" in told.fault(FaultCode.RESTARTED).sentence
    path.write_text("something else")
    ledger = LedgerFile(path)
    tell_restart(ledger.recovered, told.board, told.records, told.reporter.record_of_restarted)
    ledger.close()
    assert FaultCode.LEDGER_FILE in told.codes
    assert "parts.ledger" in told.fault(FaultCode.LEDGER_FILE).sentence
