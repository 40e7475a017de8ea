"""GET /api/status and /api/health: the station as it is now, whole and in one word. Must not know what makes it so."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from station.access.roles import Role
from station.api.endpoint import Call, Endpoint, json_of
from station.api.forms import Document
from station.api.typed_dicts import model_of
from station.page.snapshot import Snapshot, StateName, StatusSource


class StateShown(Document):
    """The headline: one word, what it means, and what to do (empty where nothing is to be done)."""

    name: StateName
    sentence: str
    action: str


class HealthShown(Document):
    """`ready`: a part may be triggered now."""

    state: StateShown
    ready: bool


def health_endpoints(source: StatusSource, ready: Callable[[], bool]) -> list[Endpoint]:
    """Both endpoints."""

    async def status(call: Call) -> web.Response:
        del call
        return web.json_response(source.snapshot())

    async def health(call: Call) -> web.Response:
        del call
        state = StateShown(**source.snapshot()["state"])
        return json_of(HealthShown(state=state, ready=ready()), 503 if state.name == "FAULT" else 200)

    return [
        Endpoint("GET", "/api/status", Role.VIEWER, status, "Everything that the line's page shows",
                 answer=model_of(Snapshot)),
        Endpoint("GET", "/api/health", Role.VIEWER, health, "Whether it works; 503 while it does not",
                 answer=HealthShown, also={503: HealthShown}),
    ]  # fmt: skip
