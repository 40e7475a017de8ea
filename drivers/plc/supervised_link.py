"""One link to a Modbus TCP server that is connected again within a second whenever anything failed on it.

Wraps pymodbus: no retries, one short limit a request, every reply judged on its bytes, a link on which anything failed
is dropped and never used again. Plain, or inside TLS with the same framing. Must not know what is asked. pymodbus' own
log lines (one a try) are silenced: a fault is raised, or said once, here.
"""

import asyncio
import logging
import ssl
from types import TracebackType
from typing import Self

from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from drivers.plc.errors import PlcLinkDownError, PlcRefusedError, PlcReplyError, PlcTimeoutError
from drivers.plc.facts import ClientCounters
from drivers.plc.reply_check import ReplyGuard
from drivers.plc.socket_client import SocketClient

_log = logging.getLogger(__name__)
_CANCEL_AGAIN_S = 0.1


class SupervisedLink:
    """One supervised link to a Modbus TCP server; `async with` starts and stops it.

    timeout_ms (50..1000; 50..200 suits a line network) limits connecting and each request; retry_ms (10..1000)
    is the time from one try to connect to the next. Requests take turns. Not connected: PlcLinkDownError at
    once. A caller that cancels a request costs the link: nobody knows any more what a late reply belongs to.
    `ssl_context`: the link goes through TLS, with it as the client's side; None: plain TCP.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        unit_id: int = 1,
        timeout_ms: int = 200,
        retry_ms: int = 250,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if not 50 <= timeout_ms <= 1000:
            raise ValueError(f"CarefulClient: timeout_ms is 50..1000, not {timeout_ms}")
        if not 10 <= retry_ms <= 1000:
            raise ValueError(f"CarefulClient: retry_ms is 10..1000, not {retry_ms}")
        if not 0 <= unit_id <= 255:
            raise ValueError(f"CarefulClient: unit_id is 0..255, not {unit_id}")
        self._host, self._port, self._unit_id = host, port, unit_id
        self._timeout_ms, self._retry_s = timeout_ms, retry_ms / 1000
        self._ssl_context = ssl_context
        secured = ", or the certificates of both sides do not fit" if ssl_context is not None else ""
        self._lost_reason = f"the link was lost, refused or too slow{secured}"
        self._name = f"Modbus server {host}:{port} unit {unit_id}"
        self._link: SocketClient | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._up = asyncio.Event()
        self._broken = asyncio.Event()
        self._guard = ReplyGuard()
        self._answers: bool | None = None
        self.counters = ClientCounters()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def connected(self) -> bool:
        """The link stands as far as is known; only a reply proves it."""
        return self._up.is_set()

    async def start(self) -> None:
        """Begin to connect, and to connect again whenever the link is lost; returns at once."""
        if self._supervisor is None:
            logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
            self._supervisor = asyncio.create_task(self._supervise(), name=f"connect to {self._name}")

    async def stop(self) -> None:
        """Close the link and stop connecting; may be called twice."""
        if self._supervisor is not None:
            while not self._supervisor.done():
                # Python 3.11's wait_for, inside pymodbus, swallows a cancellation that meets a finished connect.
                self._supervisor.cancel()
                await asyncio.wait([self._supervisor], timeout=_CANCEL_AGAIN_S)
            self._supervisor = None

    async def wait_connected(self, timeout_s: float) -> None:
        """Wait for the link; raises PlcLinkDownError after `timeout_s` seconds."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError:
            raise PlcLinkDownError(
                f"{self._name}: no connection within {timeout_s:g} s; is it running, is the address right?"
            ) from None

    async def ask(self, request: ModbusPDU) -> ModbusPDU:
        """Send one request, at most once, and return its reply; PlcError says what came instead of one."""
        async with self._turn:
            link = self._link
            if link is None or not self._up.is_set():
                raise PlcLinkDownError(f"{self._name}: not connected, the request was not sent")
            self.counters.requests += 1
            try:
                reply = await link.ctx.execute(False, request)
            except ModbusException:
                raise self._failed(request) from None
            except asyncio.CancelledError:
                self._drop()
                raise
            finally:
                self._guard.asks_no_more()
            self._say(True)
        if reply.isError():
            self.counters.refusals += 1
            raise PlcRefusedError(
                f"{self._name}: function {request.function_code} was refused with Modbus exception "
                f"{reply.exception_code}; compare the register map of both sides",
                reply.exception_code,
            )
        return reply

    def _failed(self, request: ModbusPDU) -> Exception:
        wrong, lost = self._guard.wrong, self._broken.is_set()
        self._drop()
        what = f"{self._name}: function {request.function_code}"
        if wrong is not None:
            return PlcReplyError(f"{what}: {wrong}; the reply was not used and the link is opened anew")
        self.counters.timeouts += 1
        if lost:
            return PlcTimeoutError(f"{what}: the link was lost before the reply came")
        return PlcTimeoutError(
            f"{what}: no reply within {self._timeout_ms} ms; the link is opened anew, nothing is sent again"
        )

    def _drop(self) -> None:
        self._up.clear()
        self._broken.set()

    def _inspect(self, sending: bool, data: bytes) -> bytes:
        """The seam of pymodbus through which all bytes go; what is not the whole right reply stays behind."""
        guard = self._guard
        if sending:
            guard.asks(data)
            return data
        was_right = guard.wrong is None
        reply = guard.let_through(data)
        if was_right and guard.wrong is not None:
            self.counters.wrong_replies += 1
            self._drop()
        return reply

    def _on_link(self, connected: bool) -> None:
        if not connected:
            self._drop()

    async def _supervise(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while True:
                again_at = clock() + self._retry_s
                if await self._open():
                    self.counters.connects += 1
                    await self._broken.wait()
                async with self._turn:  # a request that waits for its limit still belongs to the old link
                    self._say(False)
                    self._close()
                await asyncio.sleep(again_at - clock())
        finally:
            self._close()

    def _say(self, answers: bool) -> None:
        """Logged once when it begins to answer and once when it ends, however often the link flaps."""
        if answers is self._answers:
            return
        self._answers = answers
        if answers:
            _log.info("%s: answers", self._name)
        else:
            reason = self._guard.wrong or self._lost_reason
            _log.warning("%s: does not answer (%s); trying each %g s", self._name, reason, self._retry_s)

    async def _open(self) -> bool:
        self._guard = ReplyGuard()
        self._broken.clear()
        self._link = SocketClient(
            self._host,
            self._port,
            name=self._name,
            timeout_s=self._timeout_ms / 1000,
            ssl_context=self._ssl_context,
            on_bytes=self._inspect,
            on_link=self._on_link,
        )
        if not await self._link.connect() or self._broken.is_set():
            return False
        self._link.never_late(True)
        self._up.set()
        return True

    def _close(self) -> None:
        self._up.clear()
        if self._link is not None:
            if not self._broken.is_set():
                self._link.never_late(False)
            self._link.close()
            self._link = None
