"""Starts the peers' programs and reads what they say; skips loudly where one cannot be had on this machine."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.peers.register_map import as_header, as_json
from tests.plc_peers import until

HERE = Path(__file__).resolve().parent
LIMIT_S = 30.0
"""For what takes well under a second on an idle machine."""
LIBRARIES = ("libmodbus", "modbus-serial", "jsmodbus", "pyModbusTCP")
_SET_UP = "`make peers` installs it where it may"


def _lacking(library: str) -> str | None:
    if library in ("mbpoll", "tshark"):
        return None if shutil.which(library) else f"{library} is not installed (apt-get install {library})"
    if library == "pyModbusTCP":
        found = importlib.util.find_spec("pyModbusTCP") is not None
        return None if found else "the Python package pyModbusTCP is not installed (pip install pyModbusTCP)"
    if library == "libmodbus":
        tools = shutil.which("gcc") and shutil.which("pkg-config")
        there = tools and subprocess.run(["pkg-config", "--exists", "libmodbus"], check=False).returncode == 0
        return None if there else "libmodbus is not installed (apt-get install gcc pkg-config libmodbus-dev)"
    if shutil.which("node") is None:
        return "node is not installed (apt-get install nodejs npm)"
    there = (HERE / "node_modules" / library / "package.json").is_file()
    return None if there else f"the npm package {library} is not installed (npm install in tests/peers)"


def require(*needed: str) -> None:
    """Skip the test, loudly, where one of these peers is not to be had."""
    lacking = [what for library in needed if (what := _lacking(library)) is not None]
    if lacking:
        pytest.skip(f"LOUD SKIP: {'; '.join(lacking)}; {_SET_UP}: this peer is NOT tested here")


def free_port() -> int:
    """A port that nobody has, below those that the system gives to clients: it can be taken again after a restart.

    (A client that tries again and again to reach a port of that range may at last be connected to itself.)
    """
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _command(library: str, role: str, folder: Path) -> list[str]:
    """The program of `library` in `role` (plc, server), built in `folder` where it must be."""
    if library == "libmodbus":
        (folder / "register_map.h").write_text(as_header())
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "libmodbus"], check=True, capture_output=True, text=True
        ).stdout.split()
        program, source = folder / f"libmodbus_{role}", HERE / f"libmodbus_{role}.c"
        build = ["gcc", "-O1", "-Wall", "-Werror", f"-I{folder}", f"-I{HERE}", "-o", str(program), str(source)]
        built = subprocess.run([*build, *flags], check=False, capture_output=True, text=True)
        assert built.returncode == 0, built.stderr
        return [str(program)]
    registers = folder / "register_map.json"
    registers.write_text(as_json())
    if library == "pyModbusTCP":
        return [sys.executable, str(HERE / f"pymodbustcp_{role}.py"), str(registers)]
    return ["node", str(HERE / f"{library.replace('-', '_')}_{role}.js"), str(registers)]


def _stands(thread: Path) -> bool:
    return (thread / "stat").read_text().rpartition(")")[2].split()[0] == "T"


class Program:
    """A running peer; `lines` holds what it said so far, each a JSON object."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self.process, self.name = process, name
        self.lines: list[dict[str, object]] = []
        self.complaints = ""
        self._more = asyncio.Event()
        self._readers = [asyncio.create_task(self._read_lines()), asyncio.create_task(self._read_complaints())]

    async def until(self, condition: Callable[[list[dict[str, object]]], bool]) -> None:
        """Wait until what was said fulfils `condition`; AssertionError with all of it after the limit or at its end."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while not condition(self.lines):
                    self._more.clear()
                    assert not self._readers[0].done(), f"{self.name} ended: {self.lines} {self.complaints}"
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{self.name} said only {self.lines} {self.complaints}") from None

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        async with asyncio.timeout(LIMIT_S):
            await asyncio.wait(self._readers)
            return await self.process.wait()

    def said(self, word: str) -> list[dict[str, object]]:
        return [line for line in self.lines if word in line]

    def writes(self) -> list[tuple[int, ...]]:
        """What the peer, as a server, saw written: address and words of each write request, in order."""
        return [tuple(line["write"]) for line in self.said("write")]  # type: ignore[arg-type]

    async def freeze(self) -> None:
        """Stop it in the middle of whatever it does; its sockets stay open. Returns when all its threads stand."""
        self.process.send_signal(signal.SIGSTOP)
        await until(lambda: all(_stands(thread) for thread in Path(f"/proc/{self.process.pid}/task").iterdir()))

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        await self.process.wait()

    async def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        done, _ = await asyncio.wait(self._readers, timeout=5, return_when=asyncio.ALL_COMPLETED)
        if len(done) < len(self._readers):
            self.process.kill()
            await asyncio.wait(self._readers)
        await self.process.wait()

    async def _read_lines(self) -> None:
        assert self.process.stdout is not None
        try:
            while line := await self.process.stdout.readline():
                self.lines.append(json.loads(line))
                self._more.set()
        finally:
            self._more.set()

    async def _read_complaints(self) -> None:
        assert self.process.stderr is not None
        while text := await self.process.stderr.read(4096):
            self.complaints += text.decode(errors="replace")


@asynccontextmanager
async def _running(name: str, command: Sequence[str]) -> AsyncIterator[Program]:
    pipe = asyncio.subprocess.PIPE
    program = Program(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe), name)
    try:
        yield program
    finally:
        await program.close()


async def run_plc(library: str, folder: Path, port: int, parts: Sequence[int]) -> list[dict[str, object]]:
    """Run a PLC program against the server at `port` to its end; returns what it said of each part."""
    command = _command(library, "plc", folder)
    arguments = [str(port), str(int(LIMIT_S) - 5), *map(str, parts)]
    async with _running(f"{library} PLC", [*command, *arguments]) as program:
        code = await program.ended()
        assert (code, program.complaints) == (0, ""), f"{program.lines} {program.complaints}"
        return program.lines


@asynccontextmanager
async def peer_server(
    library: str, folder: Path, port: int, *, registers: int = 200, parts: Sequence[int] = ()
) -> AsyncIterator[Program]:
    """A server of `library` that listens; with `parts`, the PLC program for them works on its registers."""
    command = [*_command(library, "server", folder), str(port), str(registers), *map(str, parts)]
    async with _running(f"{library} server", command) as program:
        await program.until(bool)
        yield program
