"""The cell against a small station over real Modbus TCP sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.cell import causes
from drivers.cell.main import CellError, run_cell
from drivers.cell.settings import CellSettings
from drivers.plc.client import CarefulClient
from drivers.plc.link import PlcServerLink
from drivers.plc.messages import PartTriggered
from drivers.plc.registers import CONTROL_BASE, ControlBlock, ResultBlock, State, VerdictCode
from drivers.plc.settings import PlcSettings

SENSOR = (96, 64)
LIMIT_S = 30
CLASSES = ("defect-free", "pits")

Answer = Callable[[PartTriggered], ResultBlock | None]


def passes(part: PartTriggered) -> ResultBlock | None:
    return ResultBlock.sealed(part_seq=part.part_seq, verdict=VerdictCode.PASS)


def every_third_has_pits(part: PartTriggered) -> ResultBlock | None:
    if part.part_seq % 3:
        return passes(part)
    return ResultBlock.sealed(part_seq=part.part_seq, verdict=VerdictCode.DEFECT, defect_class=2)


class Responder:
    """Answers each trigger `result_ms` later; beats as long as it runs."""

    def __init__(self, port: int, answer: Answer = passes, *, exposure_ms: float = 20, result_ms: float = 30) -> None:
        self.port = port
        self.link = PlcServerLink(PlcSettings(host="127.0.0.1", port=port, peer="simulated"))
        self.answer = answer
        self.exposure_s, self.result_s = exposure_ms / 1000, result_ms / 1000
        self.parts: list[PartTriggered] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self.link.set_state(ready=True, online=True, state=State.READY, simulated=True)
        beating = loop.create_task(self._beat(), name="test: beat")
        try:
            while True:
                event = await self.link.next_event()
                if isinstance(event, PartTriggered):
                    self.parts.append(event)
                    loop.call_later(self.exposure_s, self.link.exposure_complete, event.part_seq)
                    result = self.answer(event)
                    if result is not None:
                        loop.call_later(self.result_s, self.link.publish, result, event.at_ns)
        finally:
            beating.cancel()
            await asyncio.wait([beating])

    async def _beat(self) -> None:
        while True:
            self.link.beat()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(responder: Responder) -> AsyncIterator[Responder]:
    await responder.link.start()
    task = asyncio.create_task(responder.run(), name="test: station")
    try:
        yield responder
    finally:
        task.cancel()
        await asyncio.wait([task])
        await responder.link.stop()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label in CLASSES:
        (tmp_path / "parts" / label).mkdir(parents=True)
        for number in range(3):
            picture = np.full((40, 30), 60 + number, np.uint8)
            assert cv2.imwrite(str(tmp_path / "parts" / label / f"{number}.png"), picture)
    (tmp_path / "parts" / "pits" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "parts"


def cell(folder: Path, **changes: object) -> CellSettings:
    values: dict[str, object] = {
        "images": str(folder),
        "rate_parts_per_s": 25.0,
        "counts_per_turn": SENSOR[1] * 4,
        "turn_fraction": 0.5,
        "defect_bins": ["blowholes", "pits"],
        "robot_move_ms": 2,
        "reply_timeout_ms": 1000,
        "station_heartbeat_ms": 1000,
        "result_timeout_ms": 8000,
        "trigger_ack_timeout_ms": 5000,
        "exposure_timeout_ms": 5000,
    }
    return CellSettings.model_validate({**values, **changes})


def left_over(folder: Path) -> list[Path]:
    return list(folder.glob("scene*"))


def said(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records)


async def until(true: Callable[[], bool]) -> None:
    """Wait until something holds; the test's own time limit ends it."""
    while not true():  # noqa: ASYNC110  (what is waited for is a log line)
        await asyncio.sleep(0.01)


def table(score: dict[str, object], key: str) -> dict[str, object]:
    value = score[key]
    assert isinstance(value, dict)
    return value


def rows_of(score: dict[str, object]) -> list[dict[str, object]]:
    rows = score["parts"]
    assert isinstance(rows, list)
    return rows


async def test_fifty_parts_over_real_sockets_all_end_in_the_bin_that_the_station_named(
    tmp_path: Path, folder: Path, port: int
) -> None:
    seen: list[dict[str, object]] = []
    scene = tmp_path / "scene"
    async with asyncio.timeout(LIMIT_S), running(Responder(port, every_third_has_pits)) as station:
        score = await run_cell(cell(folder, parts=50), SENSOR, scene, "127.0.0.1", port, 1, seen.append)
    assert (score["triggered"], score["binned"], score["unaccounted"]) == (50, 50, 0)
    assert table(score, "bins") == {"next-station": 34, "blowholes": 0, "pits": 16, "reject": 0}
    assert score["forced"] == {}
    assert [row["n"] for row in seen] == list(range(1, 51))
    assert seen == rows_of(score)
    assert all(
        (row["bin"] == "pits") == (part.part_seq % 3 == 0) for row, part in zip(seen, station.parts, strict=True)
    )
    sound = [row["label"] == "defect-free" for row in seen]
    assert all(row["defective"] != good for row, good in zip(seen, sound, strict=True))
    passed = [row["bin"] == "next-station" for row in seen]
    assert score["escapes"] == sum(p and not s for p, s in zip(passed, sound, strict=True))
    assert score["overkill"] == sum(s and not p for p, s in zip(passed, sound, strict=True))
    assert not scene.exists()
    json.dumps(score)


async def test_the_count_that_the_plc_latches_is_where_the_pulse_fires(tmp_path: Path, folder: Path, port: int) -> None:
    shown: list[int] = []

    def keep(part: PartTriggered) -> ResultBlock | None:
        header = np.fromfile(tmp_path / "scene", np.uint8, 65_536)
        head = int(header[152:160].view("<u8")[0])
        shown.append(int(header[168 + 16 * (head - 1) :][:8].view("<i8")[0]))
        return passes(part)

    async with asyncio.timeout(LIMIT_S), running(Responder(port, keep)) as station:
        await run_cell(cell(folder, parts=10), SENSOR, tmp_path / "scene", "127.0.0.1", port)
    assert [part.encoder_count for part in station.parts] == shown
    assert all(later - earlier >= SENSOR[1] * 4 for earlier, later in pairwise(shown))


async def test_a_folder_is_shown_once_in_its_order_and_a_broken_picture_is_a_part_that_must_not_pass(
    tmp_path: Path, folder: Path, port: int
) -> None:
    async with asyncio.timeout(LIMIT_S), running(Responder(port)):
        score = await run_cell(cell(folder), SENSOR, tmp_path / "scene", "127.0.0.1", port)
    rows = rows_of(score)
    assert [row["picture"] for row in rows] == list(range(7))
    broken = [row for row in rows if row["problem"] is not None]
    assert [row["name"] for row in broken] == ["pits/broken.png"]
    assert score["escapes"] == 4


async def test_an_absent_station_is_reported_once_and_the_line_starts_when_it_comes(
    tmp_path: Path, folder: Path, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with asyncio.timeout(LIMIT_S):
        running_cell = asyncio.create_task(
            run_cell(cell(folder, parts=3), SENSOR, tmp_path / "scene", "127.0.0.1", port), name="test: cell"
        )
        await until(lambda: said(caplog, "does not answer") == 1)
        # Two more tries of the client, so that a second sentence would be there.
        loop = asyncio.get_running_loop()
        tried = loop.create_future()
        loop.call_later(0.6, tried.set_result, None)
        await tried
        async with running(Responder(port)):
            score = await running_cell
    assert score["binned"] == 3
    assert said(caplog, "does not answer") == said(caplog, f"Modbus server 127.0.0.1:{port}") - 1 == 1


async def test_a_lost_connection_rejects_the_parts_in_hand_and_the_line_goes_on_by_itself(
    tmp_path: Path, folder: Path, port: int
) -> None:
    enough = asyncio.Event()

    def no_answer_after_three(part: PartTriggered) -> ResultBlock | None:
        if part.part_seq >= 6:
            enough.set()
        return passes(part) if part.part_seq <= 3 else None

    async with asyncio.timeout(LIMIT_S):
        settings = cell(folder, parts=12)
        first = Responder(port, no_answer_after_three)
        async with running(first):
            running_cell = asyncio.create_task(
                run_cell(settings, SENSOR, tmp_path / "scene", "127.0.0.1", port), name="test: cell"
            )
            await enough.wait()
        async with running(Responder(port)) as second:
            score = await running_cell
    assert (score["triggered"], score["binned"], score["unaccounted"]) == (12, 12, 0)
    lost = [row["n"] for row in rows_of(score) if row["cause"] == causes.LINK_LOST]
    assert lost == list(range(4, 4 + len(lost)))
    assert {4, 5, 6} <= set(lost)
    assert all(row["bin"] == "reject" for row in rows_of(score) if row["cause"] == causes.LINK_LOST)
    assert table(score, "bins")["next-station"] == 12 - len(lost) == 3 + len(second.parts)
    assert table(score, "plc")["links_lost"] == 1


async def test_stop_lets_the_parts_in_hand_end_and_leaves_nothing_behind(
    tmp_path: Path, folder: Path, port: int
) -> None:
    stop = asyncio.Event()

    def stop_at_five(part: PartTriggered) -> ResultBlock | None:
        if part.part_seq == 5:
            stop.set()
        return passes(part)

    async with asyncio.timeout(LIMIT_S), running(Responder(port, stop_at_five, result_ms=200)) as station:
        settings = cell(folder, parts=1000)
        score = await run_cell(settings, SENSOR, tmp_path / "scene", "127.0.0.1", port, stop=stop)
        assert len(station.parts) == score["triggered"] == score["binned"]
    assert score["forced"] == {}
    assert score["unaccounted"] == 0
    assert left_over(tmp_path) == []


async def test_stop_while_no_station_is_there_ends_with_an_empty_score(tmp_path: Path, folder: Path, port: int) -> None:
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(LIMIT_S):
        score = await run_cell(cell(folder), SENSOR, tmp_path / "scene", "127.0.0.1", port, stop=stop)
    assert (score["triggered"], score["unaccounted"]) == (0, 0)
    assert not (tmp_path / "scene").exists()


async def test_a_second_plc_that_holds_the_control_block_is_reported_once_and_the_line_waits(
    tmp_path: Path, folder: Path, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with asyncio.timeout(LIMIT_S), running(Responder(port)) as station:
        async with CarefulClient("127.0.0.1", port, timeout_ms=1000) as other:
            await other.wait_connected(5)
            await other.write(CONTROL_BASE, ControlBlock(heartbeat=1).encode())
            running_cell = asyncio.create_task(
                run_cell(cell(folder, parts=2), SENSOR, tmp_path / "scene", "127.0.0.1", port), name="test: cell"
            )
            heartbeat = 1
            while station.link.second_writer < 5:
                heartbeat += 1
                await other.write(CONTROL_BASE, ControlBlock(heartbeat=heartbeat).encode())
                await asyncio.sleep(0.01)
            assert station.parts == []
        score = await running_cell
    assert score["binned"] == 2
    assert said(caplog, "was refused") == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"images": "/no/such/folder"}, "expected a folder"),
        ({"counts_per_turn": 400}, "one turn of the jig is 400 counts, but 64 lines of 4 counts are 256"),
        ({"images": None}, "sensor picture"),
    ],
)
async def test_a_cell_that_cannot_run_says_so_in_one_sentence(
    tmp_path: Path, folder: Path, port: int, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(CellError, match=sentence) as caught:
        await run_cell(cell(folder, **changes), SENSOR, tmp_path / "scene", "127.0.0.1", port)
    assert "\n" not in str(caught.value)
    assert left_over(tmp_path) == []


async def test_a_scene_file_that_cannot_be_made_is_one_sentence(tmp_path: Path, folder: Path, port: int) -> None:
    with pytest.raises(CellError, match="cannot be made"):
        await run_cell(cell(folder), SENSOR, tmp_path / "no" / "scene", "127.0.0.1", port)
