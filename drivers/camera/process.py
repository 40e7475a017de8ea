"""One run of the capture process: spawned, heard, given orders, killed when it falls silent, ended within a limit.

It must not know what the reports mean, nor when to start another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import Self

from drivers.camera.watchdog import Silence
from drivers.camera.wire import (
    MAX_PACKET_BYTES,
    Alive,
    Order,
    Plan,
    Report,
    decode_report,
    encode_order,
    encode_plan,
)
from drivers.child_logs import MAX_LINE_BYTES, child_environment, say_for_child

END_LIMIT_S = 3.0
FIRST_WORD_LIMIT_MS = 20_000
MAX_PACKETS_A_TURN = 32
_log = logging.getLogger(__name__)

# glibc copies blocks of this many bytes past the caches: the frame is not read again here, and 20 MB took 2.5 ms
# instead of 4.7 ms (x86-64; other machines ignore it).
_STREAMING_COPIES = "glibc.cpu.x86_non_temporal_threshold=0x200000"


def _environment() -> dict[str, str]:
    """Ours, with large copies streamed; a setting of the user's own wins."""
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    if "x86_non_temporal_threshold" in tunables:
        return child_environment()
    return {**child_environment(), "GLIBC_TUNABLES": f"{tunables}:{_STREAMING_COPIES}".lstrip(":")}


class CaptureProcess:
    """Made by spawn(); ended() resolves when it has gone, for whatever reason."""

    def __init__(
        self, process: asyncio.subprocess.Process, control: socket.socket, on_report: Callable[[Report], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self._process, self._control, self._on_report = process, control, on_report
        self._closed: asyncio.Future[None] = loop.create_future()
        self._last_words = ""
        self._killed_for = ""
        self._silence = Silence(loop.time(), FIRST_WORD_LIMIT_MS)
        self._words = asyncio.create_task(self._read_words(), name="capture-stderr")
        loop.add_reader(control.fileno(), self._readable)

    @classmethod
    async def spawn(cls, plan: Plan, on_report: Callable[[Report], None]) -> Self:
        """Start the process and give it its plan."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            ours.setblocking(False)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "drivers.camera.capture",
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(), plan.ring.fd),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=_environment(),
                limit=MAX_LINE_BYTES,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        with contextlib.suppress(OSError):  # it died at once: the reader sees the end of the socket
            ours.send(encode_plan(plan))
        return cls(process, ours, on_report)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def order(self, order: Order) -> None:
        """Send an order, or that a slot is free; one that has gone is told nothing.

        No more releases are on the way than there are slots, and the socket has room for hundreds of packets: when it
        is full, the process has not listened for long.
        """
        try:
            self._control.send(encode_order(order))
        except BlockingIOError:
            self._kill("the capture process did not listen to its orders and was ended")
        except OSError:
            _log.debug("%s for a capture process that has gone", type(order).__name__)

    def kill_silent(self) -> None:
        """Kill it when it has been silent for longer than it said that it would be."""
        if self._control.fileno() >= 0:
            self._readable()  # if we were late ourselves, what it said meanwhile counts
        overdue = self._silence.overdue(asyncio.get_running_loop().time())
        if overdue is not None and not self._killed_for:
            self._kill(f"{overdue} and it was ended")

    def _kill(self, why: str) -> None:
        _log.error("capture process %d: %s", self.pid, why)
        self._killed_for = why
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        # One that hangs in the kernel, in its driver, does not close its end: it counts as gone all the same.
        asyncio.get_running_loop().call_later(END_LIMIT_S, self._hang_up)

    def _readable(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for _ in range(MAX_PACKETS_A_TURN):
            try:
                packet = self._control.recv(MAX_PACKET_BYTES)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._hang_up()
                return
            report = decode_report(packet)
            self._silence.heard(now_s, report.limit_ms if isinstance(report, Alive) else None)
            self._on_report(report)

    def _hang_up(self) -> None:
        if self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
        if not self._closed.done():
            self._closed.set_result(None)

    async def _read_words(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # a line over the limit: skip it
                continue
            if not line:
                return
            self._last_words = say_for_child(line, "capture", self.pid) or self._last_words

    async def ended(self) -> str:
        """Wait until it has gone; one sentence of how."""
        await self._closed
        await self._reap()
        if self._killed_for:
            return self._killed_for
        code = self._process.returncode
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
        words = f" ({self._last_words})" if self._last_words else ""
        return f"the capture process {how}{words}"

    async def end(self) -> None:
        """Ask it to end by closing the socket; kill it when it does not within END_LIMIT_S."""
        self._hang_up()
        await self._reap()

    async def _reap(self) -> None:
        try:
            await asyncio.wait_for(self._process.wait(), END_LIMIT_S)
        except TimeoutError:
            _log.warning("capture process %d did not end within %.0f s: it is killed", self.pid, END_LIMIT_S)
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._reap_killed()
        await asyncio.wait({self._words}, timeout=END_LIMIT_S)
        self._words.cancel()

    async def _reap_killed(self) -> None:
        try:
            await asyncio.wait_for(self._process.wait(), END_LIMIT_S)
        except TimeoutError:  # it hangs in the kernel, in its driver: nothing here can end it
            _log.error("capture process %d does not even end when killed; it is left behind", self.pid)
