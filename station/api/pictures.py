"""GET /api/parts/{part_uid}/pictures/{view} and its activation map: the kept pictures as they lie on the disk.

Must not know which pictures are kept, nor why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, Literal, Protocol

from aiohttp import web
from pydantic import Field

from station.access.roles import Role
from station.api.endpoint import Call, Endpoint
from station.api.forms import PicturePath, Query
from station.api.threads import ReadingThreads, missing

_KEPT_HEADERS = {"Cache-Control": "private, max-age=3600, immutable"}
"""A part's picture never changes; it may go, and then an hour's memory of it does no harm."""


class PictureShelf(Protocol):
    """Kept pictures. All calls wait for the disk; None: not kept. PictureError: damaged, one sentence."""

    def views(self, part_uid: int) -> Collection[str]:
        """Names of the views whose picture was kept."""
        ...

    def picture(self, part_uid: int, view: str) -> tuple[bytes, str] | None:
        """The file's bytes and media type."""
        ...

    def preview(self, part_uid: int, view: str) -> tuple[bytes, str] | None:
        """The same, small."""
        ...

    def activation_map(self, part_uid: int, view: str) -> bytes | None:
        """PNG with transparency, as large as the preview."""
        ...


class NewestPictures(Protocol):
    """Previews of the newest parts, which may not be on the disk yet. Called in the event loop."""

    def of_part(self, part_uid: int, view: str) -> bytes | None:
        """JPEG; None: none was made."""
        ...

    def map_of(self, part_uid: int, view: str) -> Callable[[], bytes | None] | None:
        """What draws its activation map, to be called outside the loop; None: there is no such picture."""
        ...


class PictureQuery(Query):
    """Which size."""

    preview: Annotated[Literal["0", "1"], Field(description="1: small, for tiles.")] = "0"


def picture_endpoints(reads: ReadingThreads, shelf: PictureShelf, newest: NewestPictures) -> list[Endpoint]:
    """Both endpoints."""

    async def picture(call: Call) -> web.Response:
        place, small = call.params(PicturePath), call.query(PictureQuery).preview == "1"
        made = newest.of_part(place.part_uid, place.view)
        if made is not None and small:
            return web.Response(body=made, content_type="image/jpeg", headers=_KEPT_HEADERS)
        find = shelf.preview if small else shelf.picture
        found = await reads.disk(lambda: find(place.part_uid, place.view))
        if found is None and made is not None:  # of one of the newest parts there is a small one, kept or not
            return web.Response(body=made, content_type="image/jpeg")
        if found is None:
            raise missing(_what("picture", place))
        return web.Response(body=found[0], content_type=found[1], headers=_KEPT_HEADERS)

    async def activation_map(call: Call) -> web.Response:
        place = call.params(PicturePath)
        draw = newest.map_of(place.part_uid, place.view)
        found = await reads.disk(draw or (lambda: shelf.activation_map(place.part_uid, place.view)))
        if found is None:
            raise missing(_what("activation map", place))
        return web.Response(body=found, content_type="image/png", headers=_KEPT_HEADERS)

    path = "/api/parts/{part_uid}/pictures/{view}"
    return [
        Endpoint("GET", path, Role.VIEWER, picture, "A kept picture", params=PicturePath, query=PictureQuery,
                 gives=("image/jpeg", "image/png"), refuses=(404, 503)),
        Endpoint("GET", f"{path}/map", Role.VIEWER, activation_map, "Where in it the model saw the verdict's class",
                 params=PicturePath, gives=("image/png",), refuses=(404, 503)),
    ]  # fmt: skip


def _what(thing: str, place: PicturePath) -> str:
    return f"{thing} of part {place.part_uid}, view {place.view!r}: not kept, or not kept any more"
