"""Captures the traffic of one port on loopback and has tshark judge it: a decoder that nobody here wrote."""

from __future__ import annotations

import asyncio
import itertools
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.programs import LIMIT_S
from tests.plc_peers import until

_WARNING = 0x0060_0000
"""Severities of tshark's expert: chat 2, note 4, warning 6, error 8, each times 0x100000."""
_FIELDS = (
    "frame.number",
    "tcp.stream",
    "tcp.dstport",
    "tcp.len",
    "tcp.flags.reset",
    "mbtcp.trans_id",
    "modbus.func_code",
    "modbus.request_frame",
    "_ws.expert.severity",
    "_ws.expert.message",
    "_ws.col.Info",
)


@dataclass(frozen=True)
class Judgement:
    """What tshark said of a capture: Modbus messages, and one sentence for each that is not as it should be."""

    requests: int
    responses: int
    functions: frozenset[int]
    complaints: tuple[str, ...]


async def _end(process: asyncio.subprocess.Process) -> str:
    if process.returncode is None:
        process.terminate()
    _, said = await process.communicate()
    return said.decode(errors="replace")


async def _holds(file: Path, mark: bytes) -> None:
    """Wait until the capture holds a datagram with `mark`; all that was sent before it is there too then."""
    await until(lambda: mark in file.read_bytes())


def _send_mark(port: int, mark: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(mark, ("127.0.0.1", port))


@asynccontextmanager
async def captured(port: int, file: Path) -> AsyncIterator[None]:
    """Capture all of `port` while the context lasts; skips loudly where capturing is not allowed."""
    process = await asyncio.create_subprocess_exec(
        "dumpcap", "-q", "-i", "lo", "-f", f"port {port}", "-w", str(file),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            while (line := await process.stderr.readline()) and b"File:" not in line:
                said = line.decode(errors="replace").strip()
        if not line:
            pytest.skip(
                f"LOUD SKIP: dumpcap may not capture on lo ({said}); run as root or `setcap cap_net_raw+ep` it: "
                "what tshark says of the wire is NOT tested here"
            )
        yield
        _send_mark(port, b"the end of the capture")
        await _holds(file, b"the end of the capture")
    finally:
        await _end(process)


def _messages(file: Path, port: int) -> list[dict[str, str]]:
    """A row for each TCP packet of `port` with payload or remarks; several messages in a packet are split by commas."""
    command = ["tshark", "-r", str(file), "-o", f"mbtcp.tcp.port:{port}", "-Y", f"tcp.port == {port}", "-T", "fields"]
    fields = itertools.chain.from_iterable(("-e", field) for field in _FIELDS)
    decoded = subprocess.run(
        [*command, "-E", "separator=/t", *fields], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    lines = decoded.stdout.decode(errors="replace").splitlines()
    return [dict(zip(_FIELDS, line.split("\t"), strict=True)) for line in lines]


def _numbers(row: dict[str, str], field: str) -> list[int]:
    return [int(number, 0) for number in row[field].split(",") if number]


def judge(file: Path, port: int, *, client_resets: bool = False) -> Judgement:
    """Decode the TCP packets of a capture as Modbus TCP, with a server on `port`.

    `client_resets`: the client may end its link by a reset once every answer is there.
    """
    complaints: list[str] = []
    waiting: dict[tuple[str, int], int] = {}
    requests = responses = 0
    functions: set[int] = set()
    for row in _messages(file, port):
        where = f"frame {row['frame.number']} ({row['_ws.col.Info']})"
        ends = row["tcp.flags.reset"] in ("1", "True") and row["tcp.dstport"] == str(port)
        if client_resets and ends and not any(stream == row["tcp.stream"] for stream, _ in waiting):
            continue
        if any(severity >= _WARNING for severity in _numbers(row, "_ws.expert.severity")):
            complaints.append(f"{where}: {row['_ws.expert.message']}")
        transactions = [(row["tcp.stream"], number) for number in _numbers(row, "mbtcp.trans_id")]
        codes = _numbers(row, "modbus.func_code")
        if row["tcp.len"] != "0" and (not codes or len(codes) != len(transactions)):
            complaints.append(f"{where}: not decoded as Modbus TCP")
        elif row["tcp.dstport"] == str(port):
            requests += len(transactions)
            functions.update(codes)
            waiting.update(zip(transactions, codes, strict=True))
        else:
            responses += len(transactions)
            if len(_numbers(row, "modbus.request_frame")) != len(transactions):
                complaints.append(f"{where}: tshark knows no request to it")
            for transaction, code in zip(transactions, codes, strict=True):
                if waiting.pop(transaction, None) != code:
                    complaints.append(f"{where}: no request with this transaction and function waits for it")
    complaints += [f"stream {stream}: transaction {number} got no answer" for stream, number in waiting]
    return Judgement(requests, responses, frozenset(functions), tuple(complaints))
