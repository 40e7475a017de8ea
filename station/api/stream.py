"""GET /api/stream/{camera}: the camera's newest pictures one after the other, small, for focus work in any browser.

Whoever does not read is cut off: pictures are made for people who look. Must not know how they are made.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection
from typing import Annotated, Final, Protocol

from aiohttp import web
from pydantic import Field

from station.access.roles import Role
from station.api.endpoint import Call, Endpoint
from station.api.forms import Query
from station.api.refusal import busy
from station.api.threads import missing

WATCHERS_MAX: Final = 4
STALLED_S: Final = 5.0
LOOKS_EVERY_S: Final = 1.0
_BOUNDARY: Final = "picture"
_KIND: Final = "multipart/x-mixed-replace"


class CameraPreviews(Protocol):
    """Small pictures of what the cameras see."""

    def watch_camera(self, camera: str) -> AsyncGenerator[bytes]:
        """The camera's pictures as JPEG, each once, until closed."""
        ...


class CameraPath(Query):
    """A camera."""

    camera: Annotated[str, Field(min_length=1, max_length=31, description="Name of the camera.")]


def stream_endpoints(previews: CameraPreviews, cameras: Callable[[], Collection[str]]) -> list[Endpoint]:
    """The one endpoint."""
    watchers = 0

    async def stream(call: Call) -> web.StreamResponse:
        nonlocal watchers
        camera = call.params(CameraPath).camera
        if camera not in cameras():
            raise missing(f"camera {camera!r}, only {', '.join(cameras())}")
        if watchers >= WATCHERS_MAX:
            raise busy(f"{watchers} people watch the cameras already; close one of them.")
        watchers += 1
        try:
            return await _streamed(call.request, previews.watch_camera(camera))
        finally:
            watchers -= 1

    summary = "A camera's newest pictures, at most five a second; without an end"
    return [Endpoint("GET", "/api/stream/{camera}", Role.VIEWER, stream, summary, params=CameraPath, gives=(_KIND,),
                     refuses=(404, 503))]  # fmt: skip


async def _streamed(request: web.Request, pictures: AsyncGenerator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": f"{_KIND}; boundary={_BOUNDARY}"})
    await response.prepare(request)
    async with contextlib.aclosing(pictures):
        try:
            await response.write(f"--{_BOUNDARY}\r\n".encode())
            while (picture := await _next(request, pictures)) is not None:
                head = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
                async with asyncio.timeout(STALLED_S):
                    # The next boundary at once: a browser shows a picture only when it knows that it has ended.
                    await response.write(head + picture + f"\r\n--{_BOUNDARY}\r\n".encode())
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
    return response


async def _next(request: web.Request, pictures: AsyncGenerator[bytes]) -> bytes | None:
    """The next picture; None where there is none any more, or nobody who waits: a line that stands gives none."""
    coming = asyncio.ensure_future(anext(pictures, None))
    try:
        while not (await asyncio.wait((coming,), timeout=LOOKS_EVERY_S))[0]:
            if request.transport is None or request.transport.is_closing():
                return None
        return coming.result()
    finally:
        if not coming.done():
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await coming
