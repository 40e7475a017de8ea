"""The cell against a small station over real Modbus TCP sockets."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivers.camera.producer.scene_header import FIELDS, HEADER_BYTES, MAX_VIEWS, VIEW_TYPE, VIEWS_OFFSET
from drivers.cell import causes
from drivers.cell.main import CellError, run_cell
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.plc.client import CarefulClient
from drivers.plc.messages import PartTriggered
from drivers.plc.registers import CONTROL_BASE, ControlBlock, ResultBlock, VerdictCode
from tests.cell_responder import Responder, free_port, passes, running

WIDTH_PX, HEIGHT_PX = 96, 64
LIMIT_S = 30
CLASSES = ("defect-free", "pits")


def every_third_has_pits(part: PartTriggered) -> ResultBlock | None:
    if part.part_seq % 3:
        return passes(part)
    return ResultBlock.sealed(part_seq=part.part_seq, verdict=VerdictCode.DEFECT, defect_class=2)


@pytest.fixture
def port() -> int:
    return free_port()


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
        "counts_per_turn": HEIGHT_PX * 4,
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


def sensor(folder: Path) -> Sensor:
    return Sensor("main", folder / "scene", WIDTH_PX, HEIGHT_PX)


def latest_views(scene: Path, how_many: int) -> list[tuple[int, int]]:
    """(start_count, number) of the newest views of a scene, the oldest of them first; each has a pulse."""
    header = np.fromfile(scene, np.uint8, HEADER_BYTES)
    head = int(header[FIELDS["view_head"][0] :][:8].view("<u8")[0])
    views = header[VIEWS_OFFSET:][: MAX_VIEWS * VIEW_TYPE.itemsize].view(VIEW_TYPE)
    newest = [views[place % MAX_VIEWS] for place in range(head - how_many, head)]
    assert all(view["pulse"] for view in newest)
    return [(int(view["start_count"]), int(view["number"])) for view in newest]


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
    async with asyncio.timeout(LIMIT_S), running(Responder(port, every_third_has_pits)) as station:
        score = await run_cell(cell(folder, parts=50), [sensor(tmp_path)], "127.0.0.1", port, 1, seen.append)
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
    assert left_over(tmp_path) == []
    json.dumps(score)


async def test_the_count_that_the_plc_latches_is_where_the_pulse_fires(tmp_path: Path, folder: Path, port: int) -> None:
    shown: list[tuple[int, int]] = []

    def keep(part: PartTriggered) -> ResultBlock | None:
        shown.extend(latest_views(tmp_path / "scene", 1))
        return passes(part)

    async with asyncio.timeout(LIMIT_S), running(Responder(port, keep)) as station:
        await run_cell(cell(folder, parts=10), [sensor(tmp_path)], "127.0.0.1", port)
    assert [(part.encoder_count, n) for n, part in enumerate(station.parts, 1)] == shown
    assert all(later[0] - earlier[0] >= HEIGHT_PX * 4 for earlier, later in pairwise(shown))


async def test_a_fastener_is_shown_to_both_cameras_in_step_and_its_row_names_the_fault_that_was_meant_for_it(
    tmp_path: Path, folder: Path, port: int
) -> None:
    pulses = (0, 2048, 4096, 6144)
    cameras = [
        Sensor("shank", tmp_path / "scene-shank", 2048, 2048),
        Sensor("head", tmp_path / "scene-head", 2464, 2056, area=True, pulses=pulses),
    ]
    seen: list[tuple[int, int]] = []

    def keep(part: PartTriggered) -> ResultBlock | None:
        (shank,) = latest_views(cameras[0].scene_path, 1)
        start_count, number = shank
        assert latest_views(cameras[1].scene_path, 4) == [(start_count + counts, number) for counts in pulses]
        seen.append((start_count, number))
        return passes(part)

    async with asyncio.timeout(LIMIT_S), running(Responder(port, keep)) as station:
        settings = cell(
            folder, product="fastener", images=None, distinct_parts=1, parts=5, counts_per_turn=8192,
            rate_parts_per_s=10.0, fault_every=2, fault_kinds=["white", "drop"],
        )  # fmt: skip
        score = await run_cell(settings, cameras, "127.0.0.1", port)
    assert seen == [(part.encoder_count, n) for n, part in enumerate(station.parts, 1)]
    assert len(seen) == 5
    assert [(row["fault"], row["fault_sensor"]) for row in rows_of(score)] == [
        (None, None),
        ("white", "shank"),
        (None, None),
        ("drop", "head"),
        (None, None),
    ]
    # No camera is there in this test, so no frame takes the faults.
    assert (score["faulted"], score["faults_not_taken"]) == ({"drop": 1, "white": 1}, 2)
    assert list(table(score, "cameras")) == ["shank", "head"]
    assert left_over(tmp_path) == []


async def test_a_folder_is_shown_once_in_its_order_and_a_broken_picture_is_a_part_that_must_not_pass(
    tmp_path: Path, folder: Path, port: int
) -> None:
    async with asyncio.timeout(LIMIT_S), running(Responder(port)):
        score = await run_cell(cell(folder), [sensor(tmp_path)], "127.0.0.1", port)
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
            run_cell(cell(folder, parts=3), [sensor(tmp_path)], "127.0.0.1", port), name="test: cell"
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
                run_cell(settings, [sensor(tmp_path)], "127.0.0.1", port), name="test: cell"
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
        score = await run_cell(settings, [sensor(tmp_path)], "127.0.0.1", port, stop=stop)
        assert len(station.parts) == score["triggered"] == score["binned"]
    assert score["forced"] == {}
    assert score["unaccounted"] == 0
    assert left_over(tmp_path) == []


async def test_stop_while_no_station_is_there_ends_with_an_empty_score(tmp_path: Path, folder: Path, port: int) -> None:
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(LIMIT_S):
        score = await run_cell(cell(folder), [sensor(tmp_path)], "127.0.0.1", port, stop=stop)
    assert (score["triggered"], score["unaccounted"]) == (0, 0)
    assert left_over(tmp_path) == []


async def test_a_second_plc_that_holds_the_control_block_is_reported_once_and_the_line_waits(
    tmp_path: Path, folder: Path, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with asyncio.timeout(LIMIT_S), running(Responder(port)) as station:
        async with CarefulClient("127.0.0.1", port, timeout_ms=1000) as other:
            await other.wait_connected(5)
            await other.write(CONTROL_BASE, ControlBlock(heartbeat=1).encode())
            running_cell = asyncio.create_task(
                run_cell(cell(folder, parts=2), [sensor(tmp_path)], "127.0.0.1", port), name="test: cell"
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
        ({"images": None, "product": "fastener"}, "1 line-scan and 1 area cameras, found 1 and 0"),
    ],
)
async def test_a_cell_that_cannot_run_says_so_in_one_sentence(
    tmp_path: Path, folder: Path, port: int, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(CellError, match=sentence) as caught:
        await run_cell(cell(folder, **changes), [sensor(tmp_path)], "127.0.0.1", port)
    assert "\n" not in str(caught.value)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "main"}, "needs a name of its own, found main, main"),
        ({"scene_path": Path("scene")}, "needs a scene file of its own, found scene, scene"),
        ({"pulses": (0, HEIGHT_PX * 4)}, "head is pulsed 256 counts after the trigger, but one turn of the jig is 256"),
        ({"scene_path": Path("/no/such/folder/scene")}, "cannot be made"),
    ],
)
async def test_cameras_that_cannot_stand_at_one_jig_are_refused_in_one_sentence_and_leave_nothing_behind(
    tmp_path: Path, folder: Path, port: int, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    first = Sensor("main", Path("scene"), WIDTH_PX, HEIGHT_PX)
    second = replace(Sensor("head", Path("scene-head"), WIDTH_PX, HEIGHT_PX, area=True), **changes)
    with pytest.raises(CellError, match=sentence):
        await run_cell(cell(folder), [first, second], "127.0.0.1", port)
    assert left_over(tmp_path) == []


async def test_a_scene_file_that_cannot_be_made_is_one_sentence(tmp_path: Path, folder: Path, port: int) -> None:
    with pytest.raises(CellError, match="cannot be made"):
        await run_cell(cell(folder), [sensor(tmp_path / "no")], "127.0.0.1", port)
