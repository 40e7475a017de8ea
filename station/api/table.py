"""The whole API of a station: one list of endpoints from what the station is made of, its document among them.

The one place that knows every room of the API. Must not know how a station is built.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from aiohttp import web

from station.access.roles import Role
from station.api.audit import audit_endpoints
from station.api.classifier import PictureClassifier
from station.api.classify import ModelShelf, classify_endpoints
from station.api.devices import DeviceSource, device_endpoints
from station.api.downloads import Downloads
from station.api.elsewhere import ELSEWHERE
from station.api.endpoint import JSON, Call, Endpoint
from station.api.faults import Board, fault_endpoints
from station.api.health import health_endpoints
from station.api.kept_pictures import KeptForCandidates
from station.api.kept_views import NewestViews, SeenViews
from station.api.openapi import openapi_of
from station.api.parts import parts_endpoints
from station.api.pictures import NewestPictures, PictureShelf, picture_endpoints
from station.api.plc_io import PlcRole, Wire, io_endpoints
from station.api.recipes import RecipeBook, recipe_endpoints
from station.api.review import review_endpoints
from station.api.stream import CameraPreviews, stream_endpoints
from station.api.threads import ReadingThreads
from station.page.snapshot import StatusSource
from station.records.judgement import Judgement

TITLE: Final = "Inspection station"


class Previews(NewestPictures, NewestViews, CameraPreviews, Protocol):
    """Small pictures that are not on the disk yet."""


class JudgementSink(Protocol):
    """The records' writer."""

    def judge(self, judgement: Judgement) -> Future[bool]:
        """True once it is on the disk."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What the API reads and commands. `labels`: the defects of the recipe in use; `sets`: see `Downloads`."""

    version: str
    cookie: str
    """Name of the session's cookie."""
    database: Path
    pictures: Path
    """Folder of the kept pictures."""
    reads: ReadingThreads
    status: StatusSource
    ready: Callable[[], bool]
    shelf: PictureShelf
    previews: Previews
    cameras: Callable[[], Collection[str]]
    records: JudgementSink
    board: Board
    role: PlcRole
    wire: Wire
    devices: DeviceSource
    recipes: RecipeBook
    models: ModelShelf
    classifier: PictureClassifier
    labels: Callable[[], Sequence[str]]
    sets: Callable[[], Mapping[str, str]]
    on_judged: Callable[[str, str], object] = lambda verdict, judgement: None
    """Hears of each judgement: the verdict that it is on, and what was said."""


def api_endpoints(sources: Sources, others: Sequence[Endpoint] = ()) -> list[Endpoint]:
    """All of them; `others` are those of other rooms (sessions)."""
    reads = sources.reads
    kept = KeptForCandidates(reads, sources.shelf)
    endpoints = [
        *health_endpoints(sources.status, sources.ready),
        *parts_endpoints(reads, SeenViews(sources.shelf, sources.previews), sources.labels),
        *picture_endpoints(reads, sources.shelf, sources.previews),
        *stream_endpoints(sources.previews, sources.cameras),
        *Downloads(sources.database, sources.pictures, sources.sets).endpoints(),
        *review_endpoints(reads, sources.shelf, sources.records, sources.labels, sources.on_judged),
        *fault_endpoints(sources.board, reads),
        *io_endpoints(sources.role, sources.wire),
        *device_endpoints(sources.devices, reads, sources.database.parent),
        *recipe_endpoints(sources.recipes, sources.models),
        *classify_endpoints(sources.classifier, sources.models, kept),
        *audit_endpoints(reads),
        *others,
        *ELSEWHERE,
    ]
    return [*endpoints, document_endpoint(endpoints, sources.version, sources.cookie)]


def document_endpoint(endpoints: Sequence[Endpoint], version: str, cookie: str) -> Endpoint:
    """GET /api/openapi.json, which describes itself, too. Made now: later it would hold up the event loop."""

    async def show(call: Call) -> web.Response:
        del call
        return web.Response(body=content, content_type=JSON)

    endpoint = Endpoint("GET", "/api/openapi.json", Role.VIEWER, show, "This document", gives=(JSON,))
    content = json.dumps(openapi_of([*endpoints, endpoint], TITLE, version, cookie)).encode()
    return endpoint
