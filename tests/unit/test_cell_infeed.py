"""Parts on demand: each request is met in its order, a wrong one gets one sentence and stops nothing."""

from __future__ import annotations

import pytest

from drivers.cell.infeed import DemandSupply
from drivers.cell.wanted import Wanted, WantedError, WantedPart, WantedRunOut, WantedTrouble, read_wanted
from tests.cell_bench import PIECES, SETTINGS, GateBench
from tests.cell_station import MS


def supply_of(*lines: str) -> DemandSupply:
    supply = DemandSupply(1)
    supply.fill(PIECES)
    for line in lines:
        supply.ask(line)
    return supply


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('{"part": "good"}', WantedPart("good")),
        ('{"part": "pits", "fault": null, "line_fault": null}', WantedPart("pits")),
        ('{"part": "any", "fault": "drop", "line_fault": "falls-off"}', WantedPart("any", "drop", "falls-off")),
        ('{"run_out": true}', WantedRunOut()),
        ('{"plc": "silent", "for_ms": 700}', WantedTrouble("silent", 700)),
        ('{"plc": "cut"}', WantedTrouble("cut", 1500)),
    ],
)
def test_a_request_is_read(line: str, wanted: Wanted) -> None:
    assert read_wanted(line) == wanted


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("good", "'good' is not JSON"),
        ("[1]", "is no request"),
        ("{}", "asks for nothing; expected one of part, run_out, plc"),
        ('{"part": 3}', "or a defect's label, found 3"),
        ('{"part": "good", "fault": "rain"}', "fault 'rain' is unknown; expected one of incomplete, drop"),
        ('{"part": "good", "line_fault": "rain"}', "line_fault 'rain' is unknown; expected one of gate-stuck-closed"),
        ('{"part": "good", "falt": "drop"}', "falt is unknown; beside part there can be fault, line_fault"),
        ('{"run_out": 1}', "run_out is true or not there, found 1"),
        ('{"plc": "tired"}', "plc 'tired' is unknown; expected one of silent, stands, cut"),
        ('{"plc": null}', "needs its trouble"),
        ('{"plc": "silent", "for_ms": 0}', "for_ms of 1 to 60000"),
        ('{"plc": "silent", "for_ms": true}', "for_ms of 1 to 60000"),
        ('{"part": "rust"}', 'there is no part "rust" among the drawn ones; there are: any, good, pits, scratches'),
    ],
)
def test_a_wrong_request_is_one_sentence_and_the_others_are_met(line: str, sentence: str) -> None:
    supply = supply_of('{"part": "good"}')
    with pytest.raises(WantedError, match=sentence) as caught:
        supply.ask(line)
    assert "\n" not in str(caught.value)
    supply.ask('{"part": "pits"}')
    assert [PIECES[supply.take().picture].label for _ in range(2)] == ["sound", "pits"]
    assert not supply.waiting


def test_the_parts_that_are_asked_for_are_shown_and_the_faults_of_the_plan_are_not() -> None:
    supply = supply_of(*[f'{{"part": "{part}"}}' for part in ("scratches", "good", "any", "pits", "good", "good")])
    shown = [supply.take() for _ in range(6)]
    labels = [PIECES[part.picture].label for part in shown]
    assert labels[:2] + labels[3:] == ["scratches", "sound", "pits", "sound", "sound"]
    assert len({shown[place].picture for place in (1, 4, 5)}) == 3  # every good one once before any comes again
    assert not any(part.by_plan for part in shown)


def test_without_requests_the_cell_waits_and_ends_only_when_none_will_come() -> None:
    supply = supply_of()
    assert (supply.waiting, supply.run_out, supply.ended) == (False, False, False)
    supply.ask('{"part": "good"}')
    supply.end_of_requests()
    assert (supply.waiting, supply.ended) == (True, False)
    supply.take()
    assert (supply.waiting, supply.run_out, supply.ended) == (False, True, True)


def test_between_requests_the_belt_stands_with_its_parts_and_runs_out_when_told_to() -> None:
    supply = supply_of('{"part": "good"}', '{"part": "pits"}')
    bench = GateBench(SETTINGS.model_copy(update={"line_fault_every": 1}), supply=supply)
    bench.until(lambda: bench.world.score()["triggered"] == 2)
    bench.until(lambda: bench.program.in_hand == 0)
    stands = bench.control.encoder_now
    for _ in range(500):
        bench.scan()
    assert bench.control.encoder_now - stands < 20_000
    assert bench.rows == []
    supply.ask('{"run_out": true}')
    supply.ask('{"part": "any", "line_fault": "falls-off"}')
    bench.until(lambda: bench.world.score()["triggered"] == 3)
    assert len(bench.rows) == 2  # not before the belt is empty
    supply.end_of_requests()
    bench.run()
    assert [(row["label"], row["line_fault"]) for row in bench.rows[:2]] == [("sound", None), ("pits", None)]
    assert (bench.rows[2]["line_fault"], bench.rows[2]["bin"]) == ("falls-off", "floor")


def test_trouble_of_the_plc_comes_in_its_turn_and_lasts_as_long_as_was_asked() -> None:
    supply = supply_of('{"part": "good"}', '{"plc": "silent", "for_ms": 700}', '{"part": "good"}')
    bench = GateBench(supply=supply)
    bench.until(lambda: bench.world.score()["triggered"] == 1)
    bench.until(lambda: bench.world.line.trouble.lasts("plc-silent", bench.now_ns))
    since_ns = bench.now_ns
    bench.until(lambda: not bench.world.line.trouble.lasts("plc-silent", bench.now_ns))
    assert bench.now_ns - since_ns == 700 * MS
    bench.until(lambda: bench.world.score()["triggered"] == 2)


def test_a_stopped_cell_shows_nothing_more_of_what_was_asked_for() -> None:
    supply = supply_of('{"part": "good"}', '{"part": "good"}')
    supply.close()
    assert (supply.waiting, supply.ended) == (False, True)
