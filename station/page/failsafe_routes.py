"""The fail-safe test over HTTP: GET /api/failsafe, POST /api/failsafe/{start,ready,answer,skip,abort}.

A POST must be JSON and bear `X-Requested-With: station`: a foreign web page cannot send that without being asked
first, and is answered no. Must not know how a test runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, cast

from aiohttp import web

from station.access.roles import Role, needs
from station.failsafe.course import RefusedError
from station.failsafe.state import FailsafeState
from station.failsafe.step import Where

PATH = "/api/failsafe"
HEADER = ("X-Requested-With", "station")


class FailsafeControl(Protocol):
    """The test as the page drives it. RefusedError: it cannot be done now, one sentence."""

    def state(self) -> FailsafeState:
        """How the test stands."""
        ...

    def start(self, operator: str, *, witness: bool = False) -> None:
        """Begin."""
        ...

    def ready(self) -> None:
        """The part is about to be laid on."""
        ...

    def answer(self, where: Where) -> None:
        """Where the part went."""
        ...

    def skip(self, reason: str) -> None:
        """Leave the step out."""
        ...

    def abort(self) -> None:
        """End here."""
        ...


Body = dict[str, Any]
Action = Callable[[FailsafeControl, Body], None]


def _start(control: FailsafeControl, body: Body) -> None:
    control.start(_text(body, "operator"), witness=body.get("witness") is True)


def _answer(control: FailsafeControl, body: Body) -> None:
    where = _text(body, "where")
    if where not in tuple(Where):
        raise ValueError(f'"where" is {" or ".join(Where)}, found {where!r}.')
    control.answer(Where(where))


_ACTIONS: dict[str, Action] = {
    "start": _start,
    "ready": lambda control, body: control.ready(),
    "answer": _answer,
    "skip": lambda control, body: control.skip(_text(body, "reason")),
    "abort": lambda control, body: control.abort(),
}


def add_failsafe_routes(application: web.Application, control: FailsafeControl | None) -> None:
    """The routes of one station; None: it has no such test, which is an empty answer and no error."""

    async def show(request: web.Request) -> web.Response:
        del request
        return web.Response(status=204) if control is None else web.json_response(control.state())

    application.router.add_get(PATH, needs(Role.VIEWER, show))
    if control is None:
        return
    for name, action in _ACTIONS.items():
        application.router.add_post(f"{PATH}/{name}", needs(Role.TECHNICIAN, _post(control, action)))


def _post(control: FailsafeControl, action: Action) -> Callable[[web.Request], Any]:
    async def post(request: web.Request) -> web.Response:
        if request.headers.get(HEADER[0]) != HEADER[1] or request.content_type != "application/json":
            sentence = f"Send JSON (Content-Type: application/json) with the header {HEADER[0]}: {HEADER[1]}."
            return web.json_response({"error": sentence}, status=403)
        try:
            action(control, _body(await request.read()))
        except RefusedError as refused:
            return web.json_response({"error": str(refused)}, status=409)
        except (ValueError, RecursionError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(control.state())

    return post


def _body(data: bytes) -> Body:
    body: Any = json.loads(data or b"{}")
    if not isinstance(body, dict):
        raise ValueError(f"expected a JSON object, found {type(body).__name__}.")  # noqa: TRY004 - a 400's sentence
    return cast("Body", body)


def _text(body: Body, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise ValueError(f'"{key}" is missing or no text.')  # noqa: TRY004 - a 400's sentence
    return value
