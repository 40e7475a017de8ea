"""GET /api/records and POST /api/review/export: what a person takes away, streamed from a process of its own.

Two at a time; one more is told to come again. A browser that does not read holds up its own process and nobody else.
Must not know how records become text.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import Field

from station.access.roles import Role
from station.api.download_process import DownloadOrder
from station.api.endpoint import Call, Endpoint
from station.api.forms import Body, Moment, Query
from station.api.refusal import busy
from station.records.instant import instant
from station.records.queue_entry import Queue

AT_ONCE: Final = 2
STALLED_S: Final = 60.0
"""A piece that a browser takes longer for ends the download."""
_PIECE_BYTES: Final = 1 << 16
_KINDS: Final = {"ndjson": "application/x-ndjson", "csv": "text/csv", "zip": "application/zip"}


class RecordsQuery(Query):
    """Which records, and how they are written."""

    since: Moment | None = Field(default=None, description="Triggered at this time or later.")
    until: Moment | None = Field(default=None, description="Triggered before this time.")
    format: Annotated[
        Literal["ndjson", "csv"],
        Field(description="ndjson: a record a line, whole; csv: a table without pictures and stages."),
    ] = "ndjson"


class ExportBody(Body):
    """Which judged parts; null: all."""

    queue: Annotated[list[Queue], Field(max_length=8)] | None = Field(default=None, description="Only these queues.")
    since: Moment | None = Field(default=None, description="Triggered at this time or later.")
    until: Moment | None = Field(default=None, description="Triggered before this time.")


class Downloads:
    """The endpoints. `sets` tells the data set of each view's pictures by name: its bundle's product."""

    def __init__(
        self, database: Path, pictures: Path, sets: Callable[[], Mapping[str, str]], *, at_once: int = AT_ONCE
    ) -> None:
        self._database, self._pictures, self._sets, self._at_once = database, pictures, sets, at_once
        self._running = 0

    def endpoints(self) -> list[Endpoint]:
        """Both."""
        return [
            Endpoint("GET", "/api/records", Role.VIEWER, self._records, "The records of a time, to take away",
                     query=RecordsQuery, gives=(_KINDS["ndjson"], _KINDS["csv"]), refuses=(503,)),
            Endpoint("POST", "/api/review/export", Role.ENGINEER, self._export,
                     "Judged parts as a labelled data set: manifest.csv and pictures, for `station model data audit`",
                     body=ExportBody, gives=(_KINDS["zip"],), refuses=(503,)),
        ]  # fmt: skip

    async def _records(self, call: Call) -> web.StreamResponse:
        query = call.query(RecordsQuery)
        order = DownloadOrder(query.format, str(self._database), _text(query.since), _text(query.until))
        return await self._stream(call.request, order, f"records-{_stamp()}.{query.format}")

    async def _export(self, call: Call) -> web.StreamResponse:
        body = call.body(ExportBody)
        queues = None if body.queue is None else tuple(body.queue)
        order = DownloadOrder(
            "zip", str(self._database), _text(body.since), _text(body.until),
            queues, str(self._pictures), dict(self._sets()),
        )  # fmt: skip
        return await self._stream(call.request, order, f"review-{_stamp()}.zip")

    async def _stream(self, request: web.Request, order: DownloadOrder, name: str) -> web.StreamResponse:
        if self._running >= self._at_once:
            raise busy(f"{self._running} downloads run already; come again in a moment.")
        self._running += 1
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "station.api.download_process", order.to_json(),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                limit=_PIECE_BYTES,
            )  # fmt: skip
            try:
                return await _passed_on(request, process, _KINDS[order.what], name)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.communicate()
        finally:
            self._running -= 1


async def _passed_on(
    request: web.Request, process: asyncio.subprocess.Process, kind: str, name: str
) -> web.StreamResponse:
    """Refusal 503 where nothing comes; a download that breaks off later ends without its end, and is seen to be cut."""
    assert process.stdout is not None, "asked for"
    assert process.stderr is not None, "asked for"
    piece = await process.stdout.read(_PIECE_BYTES)
    if not piece and await process.wait() != 0:
        words = (await process.stderr.read(_PIECE_BYTES)).decode(errors="replace").strip().splitlines()
        raise busy(words[-1] if words else "The download could not be made; see the log.")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    response = web.StreamResponse(headers=headers)
    response.content_type = kind
    await response.prepare(request)
    try:
        while piece:
            async with asyncio.timeout(STALLED_S):
                await response.write(piece)
            piece = await process.stdout.read(_PIECE_BYTES)
    except (TimeoutError, ConnectionError):
        _cut(request)
        return response
    if await process.wait() != 0:
        _cut(request)
        return response
    await response.write_eof()
    return response


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
