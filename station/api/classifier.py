"""The station's side of the classifying process: started when somebody asks, ended when nobody does.

One picture at a time, a few callers may wait, one more is told to come again. A process that dies or takes too long
costs its caller an answer and nothing else: the line's workers are others. Must not know models or pictures.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Generator
from typing import Final

from station.api.classify_wire import ANSWER_BYTES_MAX, ANSWER_HEAD, Order
from station.api.picture_bytes import DECODER_ENVIRONMENT
from station.api.refusal import busy

_log = logging.getLogger("station.api")

WAITING_MAX: Final = 4
IDLE_S: Final = 300.0
PICTURE_LIMIT_S: Final = 30.0
"""Starting the process, opening a bundle and looking at a large picture, below everything else on a busy machine."""
_STOP_LIMIT_S: Final = 2.0


class PictureClassifier:
    """All calls in the event loop. `stop` ends the process; safe to repeat."""

    def __init__(
        self, *, waiting_max: int = WAITING_MAX, idle_s: float = IDLE_S, limit_s: float = PICTURE_LIMIT_S
    ) -> None:
        self._waiting_max, self._idle_s, self._limit_s = waiting_max, idle_s, limit_s
        self._turn = asyncio.Lock()
        self._callers = 0
        self._process: asyncio.subprocess.Process | None = None
        self._gone: list[asyncio.subprocess.Process] = []
        self._idle: asyncio.TimerHandle | None = None
        self._stopped = False
        self.refused = 0

    @property
    def running(self) -> bool:
        """Whether there is a process now."""
        return self._process is not None and self._process.returncode is None

    @contextlib.contextmanager
    def place(self) -> Generator[None]:
        """A place in the queue, to be had before the picture is read; Refusal 503 where there is none."""
        if self._stopped or self._callers > self._waiting_max:
            self.refused += 1
            raise busy(f"{self._callers} pictures wait to be looked at already; come again in a moment.")
        self._callers += 1
        try:
            yield
        finally:
            self._callers -= 1

    async def look(self, order: Order, picture: bytes) -> tuple[int, bytes]:
        """Status and JSON; Refusal 503 where the process gave none. Inside `place`."""
        async with self._turn:
            self._stay()
            try:
                async with asyncio.timeout(self._limit_s):
                    return await self._ask(order, picture)
            except TimeoutError:
                self._kill()
                raise busy(f"The picture took longer than {self._limit_s:g} s; send a smaller one.") from None
            except (OSError, asyncio.IncompleteReadError):
                self._kill()
                _log.warning("the classifying process of the API ended over a picture")
                raise busy("The process that looks at pictures ended over this one; see the log.") from None
            except asyncio.CancelledError:
                self._kill()  # its answer must not be taken for the next picture's
                raise
            finally:
                self._leave_later()

    async def stop(self) -> None:
        """End the process."""
        self._stopped = True
        self._stay()
        self._hang_up()
        for process in self._gone:
            try:
                async with asyncio.timeout(_STOP_LIMIT_S):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        self._gone.clear()

    async def _ask(self, order: Order, picture: bytes) -> tuple[int, bytes]:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "station.api.classify_process",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                env={**os.environ, **DECODER_ENVIRONMENT}, limit=ANSWER_BYTES_MAX,
            )  # fmt: skip
        assert process.stdin is not None, "asked for"
        assert process.stdout is not None, "asked for"
        process.stdin.write(order.pack(picture))
        process.stdin.write(picture)
        await process.stdin.drain()
        status, length = ANSWER_HEAD.unpack(await process.stdout.readexactly(ANSWER_HEAD.size))
        return status, await process.stdout.readexactly(length)

    def _stay(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _leave_later(self) -> None:
        if not self._stopped and self._process is not None:
            self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._hang_up)

    def _hang_up(self) -> None:
        """The process ends by itself when its pipe closes."""
        process, self._process = self._process, None
        if process is None:
            return
        self._gone = [gone for gone in self._gone if gone.returncode is None]
        self._gone.append(process)
        if process.stdin is not None:
            process.stdin.close()

    def _kill(self) -> None:
        process = self._process
        self._hang_up()
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
