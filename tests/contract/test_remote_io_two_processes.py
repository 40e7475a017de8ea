"""Station and coupler as two processes: parts go where they should, and whoever dies, nothing passes uninspected."""

from __future__ import annotations

import signal

import pytest

from tests.remote_io_peers import GATE, PASS_COIL, SORT_COIL, Cable, Program, Said, coupler, small_station

ALLOWED_COUNTS = 25
"""100 ms at the speed of that test: for a machine that has other things to do. The pulse begins 30 counts before."""


def parts_gone(number: int):
    def so(said: list[Said]) -> bool:
        return sum("through" in one for one in said) >= number

    return so


def events(said: list[Said]) -> list[str]:
    return [str(one["event"]) for one in said]


async def open_and_slow(io: Program) -> None:
    """Until the gate opens for the first part; then so slow that only the watchdog can close it soon."""
    io.tell("speed 1000")
    await io.until(lambda _: bool(io.switched(PASS_COIL)))
    io.tell("speed 10")


@pytest.mark.parametrize("start_count", [0, 2**32 - 700], ids=["from zero", "over the wrap-around"])
async def test_odd_parts_pass_even_ones_are_sorted_out_each_at_its_count(start_count: int):
    async with coupler(parts=5, start_count=start_count) as io, small_station(io.port) as station:
        io.tell("speed 250")
        await io.until(parts_gone(5))
        assert io.went() == {part: [PASS_COIL] if part % 2 else [SORT_COIL] for part in range(1, 6)}
        await station.until(lambda said: events(said).count("ResultTaken") == 5)
        for coil, first in ((PASS_COIL, 1), (SORT_COIL, 2)):
            for number, (on, count, by) in enumerate(io.switched(coil)):
                part = first + 2 * (number // 2)
                trigger = start_count + 200 + 100 * (part - 1)
                wanted = trigger + GATE.offset_counts - GATE.lead_counts + (0 if on else GATE.pulse_counts)
                assert by == "write"
                assert abs(count - wanted) <= ALLOWED_COUNTS
    assert "HandshakeFault" not in events(station.said)


async def test_nothing_decided_for_the_pass_gate_means_that_it_never_moves():
    async with coupler(parts=4) as io, small_station(io.port, rule="none"):
        io.tell("speed 1000")
        await io.until(parts_gone(4))
    assert io.switched(PASS_COIL) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_station_that_dies_or_hangs_with_the_gate_open_lets_nothing_more_pass(how: signal.Signals):
    async with coupler(parts=40, watchdog_ms=1000) as io, small_station(io.port, rule="all") as station:
        await open_and_slow(io)
        station.signal(how)
        await io.until(lambda _: len(io.switched(PASS_COIL)) == 2)
        on, _, by = io.switched(PASS_COIL)[1]
        assert (on, by) == (False, "watchdog")
        io.tell("speed 1000")
        before = len(io.went())
        await io.until(parts_gone(before + 10))
        assert not any(through for part, through in io.went().items() if part > before)
        if how is signal.SIGSTOP:
            io.tell("speed 0")
            station.signal(signal.SIGCONT)
            await station.until(lambda said: "HandshakeFault" in events(said))
            assert len(io.switched(PASS_COIL)) == 2
            fault = next(one for one in station.said if one["event"] == "HandshakeFault")
            assert "All gates are closed" in str(fault["sentence"])


async def test_a_pulled_cable_drops_the_outputs_and_no_pulse_of_before_comes_with_it_when_it_is_back():
    cable = Cable()
    async with coupler(parts=60, watchdog_ms=1000) as io:
        await cable.lay(io.port)
        async with small_station(cable.port, rule="all") as station:
            await open_and_slow(io)
            cable.cut = True
            await io.until(lambda _: len(io.switched(PASS_COIL)) == 2)
            assert io.switched(PASS_COIL)[1][0::2] == (False, "watchdog")
            await station.until(lambda said: "PlcSilent" in events(said))
            known = [int(str(one["part_seq"])) for one in station.said if one["event"] == "PartTriggered"]
            cable.cut = False
            await station.until(lambda said: events(said)[-3:].count("PlcBack") == 1)
            io.tell("speed 1000")
            await io.until(lambda _: len(io.switched(PASS_COIL)) >= 4)
            went = io.went()
            assert not any(went.get(part) for part in known[1:])
            dropped = [str(one["sentence"]) for one in station.said if one["event"] == "HandshakeFault"]
            assert "the link to the coupler was lost" in dropped[0]
        await cable.take_away()


async def test_a_coupler_that_dies_is_silent_and_back_within_a_second_and_old_pulses_are_not_executed():
    async with coupler(parts=3) as io, small_station(io.port, rule="all") as station:
        port = io.port
        io.tell("speed 1000")
        await station.until(lambda said: "PartTriggered" in events(said))
        io.signal(signal.SIGKILL)
        await station.until(lambda said: "PlcSilent" in events(said))
        assert "PlcDisconnected" in events(station.said)
        seen = len(station.said)
        async with coupler(port=port, parts=0, speed=1000) as again:
            began = len(again.said)
            await station.until(lambda said: "PlcBack" in events(said[seen:]))
            await again.until(lambda _: began >= 1)
            assert again.switched(PASS_COIL) == []
        assert again.switched(PASS_COIL) == []


async def test_an_encoder_that_jumps_rejects_everything_under_way_and_new_parts_pass_again():
    async with coupler(parts=40) as io, small_station(io.port, rule="all") as station:
        io.tell("speed 500")
        await io.until(lambda _: [PASS_COIL] in io.went().values())
        io.tell("speed 0")
        seen = len(station.said)
        io.tell("jump 100000")
        await station.until(lambda said: "HandshakeFault" in events(said[seen:]))
        fault = next(one for one in station.said[seen:] if one["event"] == "HandshakeFault")
        before = station.said[: station.said.index(fault)]
        known = [int(str(one["part_seq"])) for one in before if one["event"] == "PartTriggered"]
        assert fault["code"] == "PLC-273"
        assert "the encoder count jumped" in str(fault["sentence"])
        await io.until(lambda _: not io.switched(PASS_COIL)[-1][0])
        io.tell("heard?")  # its answer comes after all that the coupler said of parts until now
        await io.until(lambda said: {"not understood": "heard?"} in said)
        under_way = [part for part in known if part not in io.went()]
        assert under_way
        io.tell("speed 500")
        await io.until(lambda _: any(through and part > under_way[-1] for part, through in io.went().items()))
        assert not any(io.went()[part] for part in under_way)
