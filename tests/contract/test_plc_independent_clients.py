"""PLC programs of other people take whole parts through the handshake with our server, each in its own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

from drivers.plc.bank import RegisterBank
from drivers.plc.link import PlcServerLink
from drivers.plc.registers import RESULT_OFFSET, State, VerdictCode
from drivers.plc.settings import PlcSettings
from drivers.plc.symbols import LAYOUT_VERSION
from tests.peers.programs import LIBRARIES, require, run_plc
from tests.peers.register_map import ENCODER_BASE
from tests.plc_station import _beats, _parts, station_process

SOUND, DEFECTIVE = 7, 8
SEQ, VERDICT, COMPLEMENT, CHECK = (RESULT_OFFSET + offset for offset in (0, 1, 2, 11))


@pytest.mark.parametrize("library", LIBRARIES)
async def test_an_independent_plc_takes_a_sound_and_a_defective_part_through_the_handshake(
    library: str, tmp_path: Path
):
    require(library)
    async with station_process("parts") as port:
        sound, defective = await run_plc(library, tmp_path, port, [SOUND, DEFECTIVE])
    for said, seq, verdict in ((sound, SOUND, VerdictCode.PASS), (defective, DEFECTIVE, VerdictCode.DEFECT)):
        assert said["faults"] == []
        assert (said["part_seq"], said["acq_seq"], said["result_seq"]) == (seq, seq, seq)
        assert said["trigger_encoder"] == ENCODER_BASE + seq
        assert (said["verdict"], said["passed"]) == (verdict, verdict is VerdictCode.PASS)
    assert 0 < int(str(sound["heartbeats"])) < int(str(defective["heartbeats"]))


def number(words: list[int]) -> None:
    words[SEQ] ^= 2


def complement(words: list[int]) -> None:
    words[COMPLEMENT] ^= 1


def check_word(words: list[int]) -> None:
    words[CHECK] ^= 0x8000


def reject_turned_into_a_pass(words: list[int]) -> None:
    words[VERDICT], words[COMPLEMENT] = VerdictCode.PASS, VerdictCode.PASS ^ 0xFFFF


@asynccontextmanager
async def spoilt_station(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[list[int]], None]) -> AsyncIterator[int]:
    """A station in this process whose result registers are spoilt on their way to the server; yields its port."""
    show = RegisterBank.show

    def show_spoilt(bank: RegisterBank, right: list[int]) -> None:
        words = list(right)
        if words[SEQ] != 0:
            spoil(words)
        show(bank, words)

    monkeypatch.setattr(RegisterBank, "show", show_spoilt)
    link = PlcServerLink(PlcSettings(host="127.0.0.1").model_copy(update={"port": 0}))
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY)
    tasks = [asyncio.create_task(_parts(link)), asyncio.create_task(_beats(link))]
    try:
        yield link.port
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await link.stop()


@pytest.mark.parametrize("library", LIBRARIES)
async def test_an_independent_plc_lets_nothing_pass_on_a_spoilt_result(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    require(library)
    for spoil, seq, faults in (
        (number, SOUND, {"number", "check word"}),
        (complement, SOUND, {"complement", "check word"}),
        (check_word, SOUND, {"check word"}),
        (reject_turned_into_a_pass, DEFECTIVE, {"check word"}),
    ):
        with monkeypatch.context() as patch:
            async with spoilt_station(patch, spoil) as port:
                (said,) = await run_plc(library, tmp_path, port, [seq])
        assert set(said["faults"]) == faults, spoil  # type: ignore[call-overload]
        assert said["passed"] is False


async def test_pymodbus_reads_and_writes_as_an_independent_client():
    async with station_process("parts") as port:
        client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=2, retries=0)
        assert await client.connect()
        try:
            assert not (await client.write_registers(0, [1, 9, 0, 1], device_id=1)).isError()
            assert (await client.read_holding_registers(0, count=4, device_id=1)).registers == [1, 9, 0, 1]
            assert (await client.read_input_registers(36, count=1, device_id=1)).registers == [LAYOUT_VERSION]
            assert not (await client.write_register(1, 10, device_id=1)).isError()
            masked = await client.mask_write_register(address=1, and_mask=0xFFF0, or_mask=1, device_id=1)
            assert not masked.isError()
            both = await client.readwrite_registers(
                read_address=0, read_count=2, write_address=3, values=[2], device_id=1
            )
            assert both.registers == [1, 1]
            assert (await client.read_coils(0, count=1, device_id=1)).exception_code == 2
            assert (await client.read_holding_registers(0, count=1, device_id=9)).exception_code == 0x0B
        finally:
            client.close()
