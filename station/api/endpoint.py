"""What an endpoint of the API is, and how a table of them is put into an aiohttp application.

An endpoint says everything that a caller must know (method, path, role, what it takes and gives), so that routing,
checking and the OpenAPI document come from one line. Must not know what any of them does, nor how roles are checked:
the role is left on the handler, where the gatekeeper finds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler
from pydantic import BaseModel

from station.access.roles import Role, needs
from station.api.refusal import Refusal
from station.api.validation import checked, checked_json

Method = Literal["GET", "POST", "DELETE"]
JSON = "application/json"
BODY_BYTES_MAX = 16 * 1024
BODY_LIMIT_S = 30.0

Values = TypeVar("Values", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose path, query and JSON body have been checked against the endpoint's models."""

    request: web.Request
    _params: BaseModel | None
    _query: BaseModel | None
    _body: BaseModel | None
    _bytes_max: int

    def params(self, model: type[Values]) -> Values:
        """What stood in the path."""
        assert isinstance(self._params, model), "the endpoint names this model"
        return self._params

    def query(self, model: type[Values]) -> Values:
        """What stood behind the question mark."""
        assert isinstance(self._query, model), "the endpoint names this model"
        return self._query

    def body(self, model: type[Values]) -> Values:
        """The JSON body."""
        assert isinstance(self._body, model), "the endpoint names this model"
        return self._body

    async def data(self) -> bytes:
        """The body of an endpoint that `accepts` something else than JSON; Refusal where it is too large or slow."""
        return await read_body(self.request, self._bytes_max)


Reply = BaseModel | web.StreamResponse
Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the API's table.

    `params`, `query`, `body`: what path, query and JSON body must be; `answer`: what comes back as JSON with `status`.
    `accepts`: media types of a body that is no JSON; `gives`: those of an answer that is none. `refuses`: statuses
    beyond those that every endpoint of this form can give; `also`: other statuses with a document of their own.
    `handler` None: described here, served elsewhere.
    """

    method: Method
    path: str
    role: Role
    handler: Handler | None
    summary: str
    params: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    accepts: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    status: int = 200
    refuses: tuple[int, ...] = ()
    also: Mapping[int, type[BaseModel]] = field(default_factory=dict[int, type[BaseModel]])
    bytes_max: int = BODY_BYTES_MAX

    @property
    def takes(self) -> tuple[str, ...]:
        """Media types of the body; empty: it has none."""
        return (JSON,) if self.body is not None else self.accepts


def add_endpoints(application: web.Application, endpoints: Sequence[Endpoint]) -> None:
    """Serve the endpoints that have a handler."""
    for endpoint in endpoints:
        if endpoint.handler is not None:
            application.router.add_route(endpoint.method, endpoint.path, _served(endpoint, endpoint.handler))


def json_of(answer: BaseModel, status: int = 200) -> web.Response:
    """A document as it goes out; what is no number becomes null."""
    return web.Response(status=status, body=answer.model_dump_json(by_alias=True).encode(), content_type=JSON)


def _served(endpoint: Endpoint, handler: Handler) -> WebHandler:
    async def serve(request: web.Request) -> web.StreamResponse:
        query = _single(request.query.items()) if endpoint.query is not None else {}
        call = Call(
            request,
            None if endpoint.params is None else checked(endpoint.params, dict(request.match_info), "path"),
            None if endpoint.query is None else checked(endpoint.query, query, "query"),
            None if endpoint.body is None else checked_json(endpoint.body, await _json_text(request, endpoint)),
            endpoint.bytes_max,
        )
        if endpoint.accepts:
            _expect_kind(request, endpoint.accepts)
        reply = await handler(call)
        return json_of(reply, endpoint.status) if isinstance(reply, BaseModel) else reply

    return needs(endpoint.role, serve)


def _single(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The query, each key once."""
    found: dict[str, str] = {}
    for key, value in items:
        if key in found:
            raise Refusal(400, f"query {key!r}: expected once, found twice.")
        found[key] = value
    return found


async def _json_text(request: web.Request, endpoint: Endpoint) -> bytes:
    _expect_kind(request, (JSON,))
    return await read_body(request, endpoint.bytes_max)


def _expect_kind(request: web.Request, kinds: Sequence[str]) -> None:
    found = request.content_type if "Content-Type" in request.headers else "none"
    if found not in kinds:
        raise Refusal(415, f"Content-Type: expected {' or '.join(kinds)}, found {found[:100]!r}.")


async def read_body(request: web.Request, bytes_max: int) -> bytes:
    """The whole body; 413 beyond `bytes_max`, 408 where it takes too long, 400 where it breaks off."""
    too_large = Refusal(413, f"body: expected at most {bytes_max} bytes, found more; send less.")
    if request.content_length is not None and request.content_length > bytes_max:
        raise too_large
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            async for chunk in request.content.iter_any():
                data += chunk
                if len(data) > bytes_max:
                    raise too_large
    except TimeoutError:
        raise Refusal(408, f"body: expected all of it within {BODY_LIMIT_S:g} s, found {len(data)} bytes.") from None
    except (web.RequestPayloadError, ValueError) as error:
        raise Refusal(400, f"body: expected as announced, found {type(error).__name__}; send it again.") from None
    return bytes(data)
