"""The station when it cannot be armed: the page is up with the faults on it, and the outputs are safe.

No camera, no worker, no ledger: nothing of the line is touched. Where the PLC comes to the station it is answered with
Online 0, so that it rejects. It stays so until it is stopped: what is wrong needs a person, and a restart every few
seconds would only hide it. Must not know what is wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence

from aiohttp import web

from drivers.plc.errors import PlcError
from drivers.plc.safe_server import SafeServer
from station.access.roles import Role
from station.api.endpoint import add_endpoints
from station.api.faults import active_fault
from station.api.health import health_endpoints
from station.api.refusal import api_errors
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.fault_list import catalogue_rows
from station.fault_start import raise_start_faults
from station.notify import Notifier
from station.page.live import PATH as LIVE
from station.page.live import LiveFeed
from station.page.recent import RecentParts
from station.page.server import AddRoutes, PageServer
from station.page.slack import RecentSlack
from station.page.snapshot import Health, Ledger, Snapshot, State, Station, fault_rows
from station.page.status_routes import add_status_routes
from station.safe_config import SafeConfig

_log = logging.getLogger("station.safe_mode")

_ALIVE_S = 1.0
_ACTION = "Mend what the faults below name, then start the station anew."


class SafeStatus:
    """Implements `station.page.snapshot.StatusSource`: there are faults, and nothing else."""

    def __init__(self, name: str, version: str, faults: FaultBoard, *, plc: str) -> None:
        self._name, self._version, self._faults, self._plc = name, version, faults, plc
        self._started_ns = time.monotonic_ns()

    def snapshot(self) -> Snapshot:
        """See StatusSource."""
        now_ns = time.monotonic_ns()
        sentence = "The station is not armed: it cannot be started as it is configured. Every part is rejected."
        return Snapshot(
            station=Station(
                name=self._name,
                version=self._version,
                recipe="none",
                model="none",
                run_id="",
                uptime_s=round((now_ns - self._started_ns) / 1e9, 1),
            ),
            state=State(name="FAULT", sentence=sentence, action=_ACTION),
            simulated=[],
            ledger=Ledger(triggers=0, passed=0, rejected=0, forced=0, in_flight=0),
            parts_per_s=None,
            latency=RecentParts(1.0).latency(),
            slack=RecentSlack("ms", 1.0).snapshot(),
            parts=[],
            health=[Health(name="PLC", status="unavailable", text=self._plc, age_s=None)],
            faults=fault_rows(self._faults.active(), now_ns),
        )


async def stay_up(
    config: SafeConfig,
    error: Exception,
    stop: asyncio.Event,
    *,
    version: str,
    on_up: Callable[[str], None],
    routes: Sequence[AddRoutes] = (),
) -> None:
    """Show why the station is not armed until `stop` is set; `on_up` hears where. ListenError: not even that.

    `error` is what kept it from starting. `routes`: what else the page needs to look at it.
    """
    faults = FaultBoard()
    raise_start_faults(faults, error)
    async with contextlib.AsyncExitStack() as resources:
        plc = await _plc_side(config, faults, resources)
        status = SafeStatus(config.name, version, faults, plc=plc)
        live = LiveFeed(status)
        page = PageServer(
            live, config.port, config.host, tls=config.tls, middlewares=(api_errors,),
            routes=(
                lambda application: add_status_routes(application, status),
                lambda application: add_endpoints(application, health_endpoints(status, lambda: False)),
                lambda application: application.router.add_get(LIVE, live.watch),
                lambda application: _add_looking_routes(application, faults),
                *routes,
            ),
        )  # fmt: skip
        await page.start()
        resources.push_async_callback(page.stop)
        notifier = Notifier()
        resources.callback(notifier.close)
        notifier.tell(f"READY=1\nSTATUS=not armed; the page with the faults is at {page.url}")
        on_up(page.url)
        while not stop.is_set():
            notifier.tell("WATCHDOG=1")  # nothing is inspected here: this loop is all that there is to be alive
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ALIVE_S):
                    await stop.wait()
        notifier.tell("STOPPING=1")


async def _plc_side(config: SafeConfig, faults: FaultBoard, resources: contextlib.AsyncExitStack) -> str:
    """Answer the PLC, if it comes to us and its section is right; in words, what it gets."""
    if config.plc is None:
        return "nothing is said to the PLC: it hears no heartbeat, and rejects"
    server = SafeServer(config.plc, config.folder)
    try:
        await server.start()
    except PlcError as error:
        _log.warning("the PLC is not answered: %s", error)
        faults.raise_(FaultCode.PLC_PORT_IN_USE, about="safe mode", reason=str(error), address=_address(config))
        return "the PLC is not answered: it hears no heartbeat, and rejects"
    resources.push_async_callback(server.stop)
    return f"answered at {_address(config)} with Online = 0: it rejects"


def _address(config: SafeConfig) -> str:
    return "" if config.plc is None else f"{config.plc.host}:{config.plc.port}"


def _add_looking_routes(application: web.Application, faults: FaultBoard) -> None:
    """What the page asks for before it shows anything: who looks (nobody may do more), and the faults."""

    async def session(request: web.Request) -> web.Response:
        del request
        return web.json_response({"user": None, "role": Role.VIEWER.value, "csrf": "", "language": "en"})

    async def shown(request: web.Request) -> web.Response:
        del request
        now_ns = time.monotonic_ns()
        active = [active_fault(fault, now_ns).model_dump() for fault in faults.active()]
        return web.json_response({"active": active, "ended": [], "catalogue": list(catalogue_rows())})

    application.router.add_get("/api/session", session)
    application.router.add_get("/api/faults", shown)
