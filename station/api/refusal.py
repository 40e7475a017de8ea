"""How the API says no: a status and one sentence, as JSON, whoever raised it.

Must not know the endpoints. What goes wrong inside is logged with its traceback and answered without it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, Field

_log = logging.getLogger("station.api")

RETRY_AFTER_S = 2


class ErrorAnswer(BaseModel):
    """Why it was not done."""

    error: str = Field(description="One sentence: what, where, what was expected and what was found.")


class Refusal(Exception):  # noqa: N818 - it is the caller who erred, or who comes at a bad time
    """Answered with `status` and {"error": sentence}."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.headers = status, dict(headers or {})


def busy(sentence: str) -> Refusal:
    """503: come again in a moment."""
    return Refusal(503, sentence, {"Retry-After": str(RETRY_AFTER_S)})


def refused(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """The answer itself."""
    text = json.dumps({"error": sentence})
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)


@web.middleware
async def api_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: under /api everything that goes wrong is JSON, unknown paths and methods included."""
    if not request.path.startswith("/api/"):
        return await handler(request)
    try:
        return await handler(request)
    except Refusal as refusal:
        return refused(refusal.status, str(refusal), refusal.headers)
    except web.HTTPMethodNotAllowed as error:
        allowed = sorted(error.allowed_methods)
        sentence = f"{request.method} {request.path[:100]}: expected {' or '.join(allowed)}, found {request.method}."
        return refused(405, sentence, {"Allow": ", ".join(allowed)})
    except web.HTTPNotFound:
        return refused(404, f"{request.path[:100]}: there is nothing here; see /api/openapi.json for what there is.")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return refused(error.status, f"{error.reason}.")
    except ConnectionError:
        raise
    except Exception:  # noqa: BLE001 - one request must not hide behind an HTML page, nor stop others
        _log.exception("%s %s failed", request.method, request.path)
        return refused(500, "The station could not answer; its log says why.")
