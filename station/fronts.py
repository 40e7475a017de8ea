"""What others reach the station by: the PLC's side, the page with its API, and the metrics.

Builds them of what the station is made of, and opens them; a port that is in use is one sentence. Must not know the
inspection loop's inside.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from drivers.plc.errors import PlcError
from station.access.accounts import Accounts
from station.access.first_user import make_first_user
from station.access.gatekeeper import Door, Gatekeeper
from station.access.roles import Role, needs
from station.access.session_routes import SessionRoutes
from station.access.sessions import Sessions
from station.access.tls import TlsError, server_context
from station.access.users import UsersError
from station.access.users_file import FILE, UsersFile
from station.api.classifier import PictureClassifier
from station.api.endpoint import add_endpoints
from station.api.known_models import KnownModelsShelf
from station.api.recipe_book import StationRecipes
from station.api.refusal import api_errors
from station.api.station_devices import StationDevices
from station.api.table import Sources, api_endpoints
from station.api.threads import ReadingThreads
from station.changeover.recipe_run import ActiveRecipe
from station.failsafe.session import FailsafeSession
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.fault_followers import tell_faults, users_on_board
from station.inspection import Inspection
from station.listening import ListenError
from station.metrics import Metrics
from station.metrics.server import MetricsServer
from station.page.failsafe_routes import add_failsafe_routes
from station.page.live import PATH as LIVE
from station.page.live import LiveFeed
from station.page.server import PageServer
from station.page.snapshot import fault_row
from station.page.status_routes import add_status_routes
from station.pictures.previews import Previews
from station.pictures.store import PictureStore
from station.plc_side import PlcSide, wire_counters
from station.records.audit_line import AuditLine
from station.records.writer import RecordWriter
from station.reporter import StationReporter
from station.starting import StartError
from station.status import StationStatus
from station.workers.active_pool import ActivePool

_log = logging.getLogger("station.fronts")

SECONDS_AN_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Running:
    """A station that is built and not yet open: what its fronts show and command. `pictures`: folder of kept ones."""

    version: str
    active: ActiveRecipe
    database: Path
    pictures: Path
    previews: Previews
    metrics: Metrics
    faults: FaultBoard
    records: RecordWriter
    reporter: StationReporter
    inspection: Inspection
    plc: PlcSide
    pool: ActivePool
    status: StationStatus
    failsafe: FailsafeSession
    recipes: StationRecipes


async def open_fronts(station: Running, resources: contextlib.AsyncExitStack) -> None:
    """PLC first, then page, then metrics. StartError with one sentence where one of them cannot be opened."""
    config = station.active.loaded.config
    live = LiveFeed(
        station.status,
        on_clients=station.metrics.page_clients.set,
        on_dropped=station.metrics.page_clients_dropped.inc,
    )
    station.reporter.on_part = live.part
    page = await _page(station, live, resources)
    tell_faults(station.faults, lambda fault, begins: live.fault(fault_row(fault, fault.last_ns), begins=begins))
    exporter = MetricsServer(station.metrics.registry, config.metrics.port, config.metrics.host)
    try:
        await station.plc.start()
        resources.push_async_callback(station.plc.stop)
        await page.start()
        resources.push_async_callback(page.stop)
    except (PlcError, ListenError) as error:
        raise StartError(str(error)) from None
    try:
        exporter.start()
        resources.callback(exporter.stop)
    except ListenError as error:  # nobody sees figures, but the line can run
        station.faults.raise_(FaultCode.PORT_IN_USE, about="metrics", reason=str(error))


async def _page(station: Running, live: LiveFeed, resources: contextlib.AsyncExitStack) -> PageServer:
    loaded = station.active.loaded
    settings, access = loaded.config.page, loaded.config.access
    tls = None
    if settings.tls_certificate is not None and settings.tls_key is not None:
        try:
            tls = server_context(loaded.path_of(settings.tls_certificate), loaded.path_of(settings.tls_key))
        except TlsError as error:
            raise StartError(str(error)) from None

    def audit(at: str, user: str, role: str, peer: str, what: str, outcome: str) -> None:
        station.records.audit(AuditLine(at, user, role, peer, what, outcome))

    gatekeeper = Gatekeeper(
        await _accounts(station, resources),
        Sessions(access.session_h * SECONDS_AN_HOUR),
        Door(settings.host, settings.port, tls is not None),
        audit,
        anonymous=Role(access.anonymous),
    )
    sources = _sources(station, gatekeeper.door.cookie, resources)
    endpoints = api_endpoints(sources, others=SessionRoutes(gatekeeper, session_h=access.session_h).endpoints())

    async def watch(request: web.Request) -> web.StreamResponse:
        with station.previews.watch_parts():
            return await live.watch(request)

    return PageServer(
        live,
        settings.port,
        settings.host,
        routes=(
            lambda application: add_endpoints(application, endpoints),
            lambda application: add_failsafe_routes(application, station.failsafe),
            lambda application: application.router.add_get(LIVE, needs(Role.VIEWER, watch)),
            lambda application: add_status_routes(application, station.status),
        ),
        middlewares=(api_errors, gatekeeper.middleware()),
        tls=tls,
    )


async def _accounts(station: Running, resources: contextlib.AsyncExitStack) -> Accounts:
    file = UsersFile(station.database.with_name(FILE))
    told = users_on_board(station.faults, file.path)
    try:
        said = await asyncio.to_thread(make_first_user, file, sys.stdout)
        if said is not None:
            _log.warning("%s", said)
    except UsersError as error:
        told(str(error))
    accounts = Accounts(file, on_broken=told)
    resources.push_async_callback(accounts.close)
    return accounts


def _sources(station: Running, cookie: str, resources: contextlib.AsyncExitStack) -> Sources:
    active, plc, reporter = station.active, station.plc, station.reporter
    config = active.loaded.config
    reads, classifier = ReadingThreads(station.database), PictureClassifier()
    resources.callback(reads.close)
    resources.push_async_callback(classifier.stop)
    devices = StationDevices(
        config,
        reporter.cameras.pulses,
        station.inspection.readiness.camera_up,
        reporter.devices.pulse,
        plc.signals,
        lambda: wire_counters(plc),
        station.pool,
        station.records.counts,
        station.faults.active,
    )
    return Sources(
        version=station.version,
        cookie=cookie,
        database=station.database,
        pictures=station.pictures,
        reads=reads,
        status=station.status,
        ready=lambda: station.inspection.readiness.ready,
        shelf=PictureStore(station.pictures),
        previews=station.previews,
        cameras=lambda: config.cameras,
        records=station.records,
        board=station.faults,
        role=config.plc.role,
        wire=plc,
        devices=devices,
        recipes=station.recipes,
        models=KnownModelsShelf(lambda: active.loaded, reads),
        classifier=classifier,
        labels=lambda: active.loaded.labels[1:],
        on_judged=station.metrics.count_judgement,
        sets=lambda: {
            view.name: bundle.spec.product
            for view, bundle in zip(active.loaded.config.recipe.views, active.loaded.bundles, strict=True)
        },
    )
