"""The cell with a gate over real sockets, in both roles of the station, and as a program that shows what it is told."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest

from drivers.cell import causes
from drivers.cell.main import CellError, run_cell
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.gate.settings import GateSettings
from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcRefusedError
from drivers.plc.messages import PartTriggered
from drivers.plc.registers import (
    CONTROL_WORDS,
    STATUS_BASE,
    STATUS_WORDS,
    ControlBlock,
    LineBits,
    ResultBlock,
    VerdictCode,
)
from drivers.plc.signals import LineSignals
from tests.cell_responder import Responder, free_port, passes, running

WIDTH_PX, HEIGHT_PX = 96, 64
LIMIT_S = 40
GATE = GateSettings(
    offset_counts=1200, lead_counts=20, pulse_counts=60, part_sensor_offset_counts=1000, confirm_offset_counts=1300,
    sensor_tolerance_counts=50,
)  # fmt: skip
Role = Literal["server", "client"]


def every_third_has_pits(part: PartTriggered) -> ResultBlock | None:
    if part.part_seq % 3:
        return passes(part)
    return ResultBlock.sealed(part_seq=part.part_seq, verdict=VerdictCode.DEFECT, defect_class=2)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label in ("defect-free", "pits"):
        (tmp_path / "parts" / label).mkdir(parents=True)
        assert cv2.imwrite(str(tmp_path / "parts" / label / "0.png"), np.full((40, 30), 90, np.uint8))
    return tmp_path / "parts"


def cell(folder: Path, **changes: object) -> CellSettings:
    # A turn of 100 ms: a slow test machine must not make a result late.
    values: dict[str, object] = {
        "images": str(folder),
        "rate_parts_per_s": 8.0,
        "counts_per_turn": HEIGHT_PX * 4,
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


@pytest.mark.parametrize("role", ["server", "client"])
async def test_parts_over_real_sockets_ride_to_the_gate_and_end_in_the_bin_that_the_station_named(
    tmp_path: Path, folder: Path, port: int, role: Role
) -> None:
    async with asyncio.timeout(LIMIT_S), running(Responder(port, every_third_has_pits, role=role)) as station:
        score: dict[str, Any] = await run_cell(
            cell(folder, parts=24), [sensor(tmp_path)], "127.0.0.1", port, gate=GATE, role=role
        )
        signals = station.link.signals()
    assert [part.part_seq for part in station.parts] == list(range(1, 25))
    assert (score["triggered"], score["binned"], score["unaccounted"], score["gate_wrong"]) == (24, 24, 0, 0)
    assert score["bins"] == {"next-station": 16, "blowholes": 0, "pits": 8, "reject": 0}
    assert score["gate_error_counts"] == {"p50": 0, "max": 0}
    assert (score["plc"]["triggered"], score["plc"]["passed"], score["plc"]["rejected"]) == (24, 16, 8)
    assert [row["n"] for row in score["parts"]] == sorted(row["n"] for row in score["parts"])
    assert isinstance(signals, LineSignals)
    assert (signals.parts_seen, signals.rejects_seen) == (24, 8)
    json.dumps(score)


@pytest.mark.parametrize("role", ["server", "client"])
async def test_a_link_that_is_cut_costs_the_undecided_parts_and_the_line_goes_on_by_itself(
    tmp_path: Path, folder: Path, port: int, role: Role
) -> None:
    async with asyncio.timeout(LIMIT_S), running(Responder(port, role=role)) as station:
        settings = cell(folder, parts=12, line_fault_every=10, line_fault_kinds=["link-cut"])
        score: dict[str, Any] = await run_cell(settings, [sensor(tmp_path)], "127.0.0.1", port, gate=GATE, role=role)
    assert (score["triggered"], score["binned"], score["unaccounted"], score["gate_wrong"]) == (12, 12, 0, 0)
    lost = [row["n"] for row in score["parts"] if row["cause"] == causes.LINK_LOST]
    assert 5 in lost
    assert all(row["bin"] == "reject" for row in score["parts"] if row["n"] in lost)
    assert score["bins"]["next-station"] == 12 - len(lost)
    assert score["plc"]["links_lost"] == 1
    assert station.parts[-1].part_seq == 12


async def test_stopping_a_line_with_parts_before_the_gate_lets_the_belt_run_out(
    tmp_path: Path, folder: Path, port: int
) -> None:
    stop = asyncio.Event()

    def stop_at_five(part: PartTriggered) -> ResultBlock | None:
        if part.part_seq == 5:
            stop.set()
        return passes(part)

    async with asyncio.timeout(LIMIT_S), running(Responder(port, stop_at_five)):
        settings = cell(folder, parts=1000)
        score: dict[str, Any] = await run_cell(settings, [sensor(tmp_path)], "127.0.0.1", port, stop=stop, gate=GATE)
    assert score["triggered"] in (5, 6)
    assert score["binned"] == score["triggered"] == score["bins"]["next-station"]
    assert score["unaccounted"] == 0


async def test_the_plc_as_server_shows_its_control_block_and_takes_the_status_from_one_writer_alone(
    tmp_path: Path, folder: Path, port: int
) -> None:
    stop = asyncio.Event()
    status = (0,) * STATUS_WORDS
    async with asyncio.timeout(LIMIT_S):
        running_cell = asyncio.create_task(
            run_cell(cell(folder), [sensor(tmp_path)], "127.0.0.1", port, stop=stop, gate=GATE, role="client"),
            name="test: cell",
        )
        async with CarefulClient("127.0.0.1", port, timeout_ms=1000) as first:
            await first.wait_connected(10)
            async with CarefulClient("127.0.0.1", port, timeout_ms=1000) as second:
                await second.wait_connected(10)
                await first.write(STATUS_BASE, status)
                block = ControlBlock.decode(await second.read(0, CONTROL_WORDS))
                while not block.line_bits & LineBits.ENCODER_VALID:  # until the PLC's first scan
                    block = ControlBlock.decode(await second.read(0, CONTROL_WORDS))
                with pytest.raises(PlcRefusedError, match="exception 6"):
                    await second.write(STATUS_BASE, status)
                for address, words in ((0, (1,)), (STATUS_BASE + STATUS_WORDS - 1, (1, 2)), (STATUS_BASE - 1, (1,))):
                    with pytest.raises(PlcRefusedError, match="exception 2"):
                        await first.write(address, words)
                with pytest.raises(PlcRefusedError, match="exception 2"):
                    await first.read(CONTROL_WORDS - 1, 2)
        stop.set()
        score = await running_cell
    assert score["triggered"] == 0


async def test_a_plc_whose_port_is_taken_says_so_in_one_sentence(tmp_path: Path, folder: Path, port: int) -> None:
    async with running(Responder(port)):
        with pytest.raises(CellError, match="the address is in use"):
            await run_cell(cell(folder), [sensor(tmp_path)], "127.0.0.1", port, gate=GATE, role="client")


@pytest.mark.parametrize(
    ("gate", "sentence"),
    [
        ({"offset_counts": 280, "lead_counts": 20, "pulse_counts": 60}, "leaves the jig after 272: move the gate"),
        ({"offset_counts": 1200, "pulse_counts": 300}, "pulse of 300 counts is longer than the 256 counts"),
    ],
)
async def test_a_gate_that_does_not_fit_the_jig_is_refused_in_one_sentence(
    tmp_path: Path, folder: Path, port: int, gate: dict[str, int], sentence: str
) -> None:
    with pytest.raises(CellError, match=sentence):
        await run_cell(cell(folder), [sensor(tmp_path)], "127.0.0.1", port, gate=GateSettings.model_validate(gate))


@asynccontextmanager
async def simulating(config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`station simulate CONFIG --infeed` as a program of its own."""
    pipe = asyncio.subprocess.PIPE
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "station", "simulate", str(config), "--infeed", stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        yield program
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


def write_config(folder: Path, port: int) -> Path:
    repository = Path(__file__).resolve().parents[2]
    document = {
        "cameras": {
            "line": {
                "producer": "simulated", "scene": str(folder / "scene"), "serial": "LINE01",
                "width_px": WIDTH_PX, "lines_per_frame": HEIGHT_PX,
                "line_trigger": {"source": "Encoder0", "encoder_divider": 4}, "frame_trigger": "Line1",
            }
        },
        "plc": {"role": "server", "host": "127.0.0.1", "port": port, "peer": "simulated"},
        "encoder": {"max_counts_per_s": 400_000},
        "recipe": {
            "name": "test",
            "views": [
                {"name": "mantle", "camera": "line", "bundle": str(repository / "models" / "bundles" / "mantle")}
            ],
            "deadline_ms": 400,
            "gate": GATE.model_dump(mode="json"),
        },
        "records": {"folder": str(folder / "records")},
        "cell": cell(folder / "parts", fault_every=1, line_fault_every=1).model_dump(mode="json"),
    }  # fmt: skip
    path = folder / "test.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


async def test_the_program_shows_what_it_is_told_and_tells_each_part_when_it_is_in_its_bin(
    tmp_path: Path, folder: Path, port: int
) -> None:
    asked = [
        {"part": "good"},
        {"part": "pits"},
        {"part": "rust"},
        {"part": "good", "line_fault": "gate-stuck-closed"},
        {"run_out": True},
        {"part": "any", "line_fault": "falls-off"},
    ]
    async with (
        asyncio.timeout(LIMIT_S),
        running(Responder(port, every_third_has_pits)),
        simulating(write_config(tmp_path, port)) as program,
    ):
        assert program.stdin is not None
        assert program.stdout is not None
        for request in asked[:5]:
            program.stdin.write(json.dumps(request).encode() + b"\n")
        rows = [json.loads(await program.stdout.readline()) for _ in range(3)]
        program.stdin.write(json.dumps(asked[5]).encode() + b"\n")
        program.stdin.close()
        rows.append(json.loads(await program.stdout.readline()))
        out, err = await program.communicate()
    assert (program.returncode, out) == (0, b"")
    assert err.decode().count('there is no part "rust" among the drawn ones; there are: any, good, pits') == 1
    assert [(row["part_seq"], row["label"], row["bin"], row["gate"], row["confirmed"]) for row in rows[:3]] == [
        (1, "defect-free", "next-station", "open", None),
        (2, "pits", "next-station", "open", None),
        (3, "defect-free", "pits", "closed", True),
    ]
    assert [row["line_fault"] for row in rows] == [None, None, "gate-stuck-closed", "falls-off"]
    assert (rows[3]["bin"], rows[3]["cause"]) == ("floor", causes.FELL_OFF)
    assert all(row["fault"] is None for row in rows)
