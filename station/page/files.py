"""The page's own files: read once at the start, served by path with a digest, so that a browser asks and is not sent.

Everything under `assets` and nothing else; a new version of the station is seen at the next look. Must not know what
the files do.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

ASSETS: Final = Path(__file__).parent / "assets"
SHELL: Final = "index.html"
_KINDS: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".LICENSE": "text/plain",
}
_TEXT: Final = frozenset({".html", ".css", ".js", ".json", ".svg", ".LICENSE"})


def add_files(application: web.Application, folder: Path = ASSETS) -> None:
    """A route for each file; the shell is also at `/`."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix not in _KINDS:
            continue
        handler = _file(path)
        application.router.add_get(f"/{path.relative_to(folder).as_posix()}", handler)
        if path.name == SHELL and path.parent == folder:
            application.router.add_get("/", handler)


def _file(path: Path) -> Handler:
    body, kind = path.read_bytes(), _KINDS[path.suffix]
    charset = "utf-8" if path.suffix in _TEXT else None
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    async def answer(request: web.Request) -> web.Response:
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=kind, charset=charset, headers=headers)

    return answer
