"""The cell as a line without a PLC: a coupler at real sockets, the station's own link on the other side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivers.cell import causes
from drivers.cell.main import CellError, run_cell
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.encoder.settings import EncoderSettings
from drivers.gate.settings import GateSettings
from drivers.plc.messages import PartTriggered
from drivers.plc.registers import ResultBlock, State, VerdictCode
from drivers.remote_io.link import RemoteIoLink, open_remote_io
from drivers.remote_io.settings import RemoteIoSettings
from tests.cell_responder import free_port

LIMIT_S = 60
LINES = 2048
# A turn of 8192 counts in 200 ms: 41 counts a millisecond; the window is some 40 ms wide, for a slow test machine.
GATE = GateSettings(
    offset_counts=20_000, lead_counts=1600, pulse_counts=3200, part_sensor_offset_counts=18_000,
    confirm_offset_counts=21_000, sensor_tolerance_counts=500,
)  # fmt: skip


def coupler_at(port: int) -> RemoteIoSettings:
    return RemoteIoSettings.model_validate(
        {
            "host": "127.0.0.1", "port": port, "peer": "simulated", "timeout_ms": 1000,
            "part_sensor": {"input": 3}, "air_ok": {"input": 4}, "bin_full": {"input": 5, "inverted": True},
            "latch": {"address": 12}, "encoder": {"address": 10, "word_order": "low_first"},
            "reject_sensor": {"counter": 20, "table": "holding"}, "gate_sensor": {"counter": 15},
            "gates": [{"name": "good", "coil": 7, "opens_for": "pass"}],
            "watchdog": {"address": 40, "value": 1500},
        }
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label in ("defect-free", "pits"):
        (tmp_path / "parts" / label).mkdir(parents=True)
        assert cv2.imwrite(str(tmp_path / "parts" / label / "0.png"), np.full((40, 30), 90, np.uint8))
    return tmp_path / "parts"


def cell(folder: Path, **changes: object) -> CellSettings:
    values: dict[str, object] = {
        "images": str(folder), "rate_parts_per_s": 4.0, "counts_per_turn": LINES * 4, "robot_move_ms": 2,
    }  # fmt: skip
    return CellSettings.model_validate({**values, **changes})


def sensor(folder: Path) -> Sensor:
    return Sensor("main", folder / "scene", 96, LINES)


class Sorter:
    """Passes every part but each third, as soon as it comes; `silent`: it says nothing at all."""

    def __init__(self, link: RemoteIoLink) -> None:
        self.link = link
        self.parts: list[PartTriggered] = []

    async def run(self) -> None:
        self.link.beat()
        self.link.set_state(ready=True, online=True, state=State.READY)
        beating = asyncio.create_task(self._beat(), name="test: beat")
        try:
            while True:
                event = await self.link.next_event()
                if isinstance(event, PartTriggered):
                    self.parts.append(event)
                    verdict = VerdictCode.PASS if event.part_seq % 3 else VerdictCode.DEFECT
                    result = ResultBlock.sealed(part_seq=event.part_seq, verdict=verdict)
                    self.link.publish(result, event.at_ns)
        finally:
            beating.cancel()
            await asyncio.wait([beating])

    async def _beat(self) -> None:
        while True:
            self.link.beat()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def sorting(settings: RemoteIoSettings) -> AsyncIterator[Sorter]:
    encoder = EncoderSettings(max_counts_per_s=1e6, jump_tolerance_counts=4000, silence_ms=2000)
    sorter = Sorter(open_remote_io(settings, GATE, encoder))
    await sorter.link.start()
    task = asyncio.create_task(sorter.run(), name="test: station")
    try:
        yield sorter
    finally:
        task.cancel()
        await asyncio.wait([task])
        await sorter.link.stop()


async def test_parts_without_a_plc_go_where_the_coil_of_the_gate_sends_them(tmp_path: Path, folder: Path) -> None:
    settings = coupler_at(free_port())
    async with asyncio.timeout(LIMIT_S), sorting(settings) as sorter:
        score: dict[str, Any] = await run_cell(
            cell(folder, parts=12), [sensor(tmp_path)], "unused", 1, gate=GATE, coupler=settings
        )
        signals = sorter.link.signals()
    assert (score["triggered"], score["binned"], score["unaccounted"]) == (12, 12, 0)
    assert [part.part_seq for part in sorter.parts] == list(range(1, 13))
    gates = {row["part_seq"]: (row["gate"], row["bin"], row["cause"]) for row in score["parts"]}
    opened, shut = ("open", "next-station", causes.BY_STATION), ("closed", "reject", causes.NOT_OPENED)
    assert gates == {seq: opened if seq % 3 else shut for seq in range(1, 13)}
    assert score["gate_error_counts"]["max"] <= GATE.lead_counts
    assert signals is not None
    assert (signals.parts_seen, signals.rejects_seen, signals.air_low, signals.bin_full) == (12, 4, False, False)


async def test_a_part_whose_count_the_coupler_latched_is_where_the_world_triggered_it(
    tmp_path: Path, folder: Path
) -> None:
    settings = coupler_at(free_port())
    async with asyncio.timeout(LIMIT_S), sorting(settings) as sorter:
        await run_cell(
            cell(folder, parts=3, encoder_start_counts=2**32 - 9000), [sensor(tmp_path)], "unused", 1,
            gate=GATE, coupler=settings,
        )  # fmt: skip
    counts = [part.encoder_count or 0 for part in sorter.parts]
    assert len(counts) == 3
    assert counts[0] >= 2**32 - 1000 > counts[1]  # one turn empty, then over the wrap
    assert all(count % 4 == 0 for count in counts)  # a pulse is at a whole line; a polled count is anywhere
    assert all(8192 <= (later - earlier) % 2**32 <= 9000 for earlier, later in pairwise(counts))


async def test_a_station_that_dies_has_its_parts_rejected_and_the_line_stands_until_another_comes(
    tmp_path: Path, folder: Path
) -> None:
    settings = coupler_at(free_port())
    async with asyncio.timeout(LIMIT_S):
        running_cell = asyncio.create_task(
            run_cell(cell(folder, parts=8), [sensor(tmp_path)], "unused", 1, gate=GATE, coupler=settings),
            name="test: cell",
        )
        async with sorting(settings) as first:
            while len(first.parts) < 3:  # noqa: ASYNC110  (the test's own limit ends it)
                await asyncio.sleep(0.01)
        async with sorting(settings) as second:
            score: dict[str, Any] = await running_cell
    assert (score["triggered"], score["binned"], score["unaccounted"]) == (8, 8, 0)
    rows = {row["n"]: row["gate"] for row in score["parts"]}
    assert rows[3] == "closed"  # it was decided by a station that was gone at its gate, or never
    assert list(rows.values()).count("open") >= len([p for p in second.parts if p.part_seq % 3]) - 1


async def test_remote_io_without_a_gate_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(CellError, match="needs a gate"):
        await run_cell(cell(folder), [sensor(tmp_path)], "unused", 1, coupler=coupler_at(free_port()))
