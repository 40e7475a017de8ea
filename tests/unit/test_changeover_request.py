"""RecipeRequest on the wire: an edge with a number, an answer as long as it stands, and a limit for it to fall."""

from __future__ import annotations

from dataclasses import replace

from drivers.plc.facts import RecipeAnswer
from drivers.plc.messages import PartTriggered, RecipeRequested
from drivers.plc.registers import ControlBits, StatusBits
from tests.unit.test_plc_handshake import ENABLE, LIMITS, READY, TRIGGER, Bench

REQUEST = ENABLE | ControlBits.RECIPE_REQUEST
ANSWERS = StatusBits.RECIPE_ACK | StatusBits.RECIPE_ERROR


def asked(bench: Bench, recipe_id: int) -> RecipeRequested:
    bench.put(REQUEST, recipe_id=recipe_id)
    (event,) = bench.events(RecipeRequested)
    assert isinstance(event, RecipeRequested)
    return event


def test_a_request_is_an_edge_and_has_no_answer_before_the_station_gives_one() -> None:
    bench = Bench(replace(READY, recipe_id=3))
    event = asked(bench, 3)
    assert (event.recipe_id, event.request) == (3, 1)
    assert not bench.bits & ANSWERS, "not even for the recipe in use: a changeover away from it may be under way"
    bench.put(REQUEST, recipe_id=4)
    assert bench.events(RecipeRequested) == [], "a level, and another RecipeId, ask for nothing"


def test_the_answer_comes_with_the_new_recipe_in_one_snapshot_and_goes_with_the_request() -> None:
    bench = Bench(replace(READY, recipe_id=1))
    event = asked(bench, 2)
    bench.station.report(replace(READY, recipe_id=2, recipe_answer=RecipeAnswer(event.request, taken=True)))
    status = bench.station.status()
    assert (status.recipe_id, status.bits & ANSWERS) == (2, StatusBits.RECIPE_ACK)
    assert not bench.put(ENABLE).bits & ANSWERS
    again = asked(bench, 7)
    assert not bench.bits & ANSWERS, "the answer to an older request is none"
    bench.station.report(replace(READY, recipe_id=2, recipe_answer=RecipeAnswer(again.request, taken=False)))
    assert bench.bits & ANSWERS == StatusBits.RECIPE_ERROR


def test_a_request_that_stands_after_its_answer_is_a_fault_said_once() -> None:
    bench = Bench()
    event = asked(bench, 2)
    limit_ms = LIMITS.trigger_release_ns // 1_000_000
    bench.wait_ms(3 * limit_ms)
    assert "PLC-261" not in bench.fault_codes(), "the station has not answered yet"
    bench.station.report(replace(READY, recipe_answer=RecipeAnswer(event.request, taken=False)))
    bench.wait_ms(3 * limit_ms)
    assert bench.fault_codes().count("PLC-261") == 1
    bench.wait_ms(3 * limit_ms)
    assert "PLC-261" not in bench.fault_codes()


def test_while_the_station_pauses_trigger_ready_is_low_and_a_part_all_the_same_is_taken() -> None:
    bench = Bench(replace(READY, ready=False, pausing=True))
    assert StatusBits.TRIGGER_READY not in bench.bits
    bits = bench.put(ENABLE | TRIGGER, 5).bits
    assert StatusBits.TRIGGER_ACK in bits
    assert StatusBits.MISSED_TRIGGER not in bits
    (part,) = bench.events(PartTriggered)
    assert isinstance(part, PartTriggered)
    assert not part.missed
