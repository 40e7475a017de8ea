"""GET /healthz: 200 while the station works, 503 while a fault holds; for scripts, without a role."""

from __future__ import annotations

from aiohttp import web

from station.page.snapshot import StatusSource


def add_status_routes(application: web.Application, source: StatusSource) -> None:
    """The one route."""

    async def health(request: web.Request) -> web.Response:
        del request
        state = source.snapshot()["state"]
        return web.json_response({"state": state}, status=503 if state["name"] == "FAULT" else 200)

    application.router.add_get("/healthz", health)
