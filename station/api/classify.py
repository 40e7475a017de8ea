"""POST /api/classify and "what would the candidate say": pictures looked at for people, beside the line.

Must not know how a picture is inspected: the classifying process does that.
"""

from __future__ import annotations

from typing import Annotated, Final, Protocol

from aiohttp import web
from pydantic import Field

from station.access.roles import Role
from station.api.classifier import PictureClassifier
from station.api.classify_wire import Order
from station.api.endpoint import JSON, Call, Endpoint
from station.api.forms import PicturePath, Query
from station.api.known_models import KnownModel, KnownModels
from station.api.looked_at import Candidate, Classified
from station.api.picture_bytes import KINDS
from station.api.refusal import Refusal

PICTURE_BYTES_MAX: Final = 32 * 1024 * 1024


class ModelShelf(Protocol):
    """Which models there are now."""

    async def now(self) -> KnownModels:
        """Those of the configuration in use."""
        ...


class KeptPictures(Protocol):
    """Pictures that were kept, with the verdict that the line gave."""

    async def picture(self, part_uid: int, view: str) -> tuple[bytes, str]:
        """The file's bytes and media type; Refusal 404 where none is kept."""
        ...

    async def verdict(self, part_uid: int, view: str) -> str:
        """pass, reject or forced: what this picture alone would have been; Refusal 404 where there is no such part."""
        ...


class ClassifyQuery(Query):
    """Which view's model looks at it, or which candidate."""

    view: Annotated[str, Field(min_length=1, max_length=31, description="Name of the view.")]
    bundle: Annotated[
        str | None, Field(min_length=1, max_length=100, description="A candidate's name; empty: the view's own model.")
    ] = None


class CandidateQuery(Query):
    """Which bundle is asked."""

    bundle: Annotated[str, Field(min_length=1, max_length=100, description="Name of the bundle's folder.")]


def classify_endpoints(classifier: PictureClassifier, shelf: ModelShelf, kept: KeptPictures) -> list[Endpoint]:
    """Both endpoints."""

    async def classify(call: Call) -> web.Response:
        query = call.query(ClassifyQuery)
        known = await shelf.now()
        model = _of_view(known, query.view) if query.bundle is None else _named(known, query.bundle)
        with classifier.place():
            picture = await call.data()
            order = Order(
                "classified",
                str(model.path),
                model.digest,
                kind=call.request.content_type,
                sharpness_min=known.sharpness_min.get(query.view, 0.0),
            )
            return _sent(*await classifier.look(order, picture))

    async def candidate(call: Call) -> web.Response:
        place = call.params(PicturePath)
        known = await shelf.now()
        model = _named(known, call.query(CandidateQuery).bundle)
        with classifier.place():
            picture, kind = await kept.picture(place.part_uid, place.view)
            order = Order(
                "candidate",
                str(model.path),
                model.digest,
                kind=kind,
                sharpness_min=known.sharpness_min.get(place.view, 0.0),
                verdict=await kept.verdict(place.part_uid, place.view),
            )
            return _sent(*await classifier.look(order, picture))

    return [
        Endpoint(
            "POST", "/api/classify", Role.VIEWER, classify,
            "What the station would make of a picture: verdict, every patch with its scores, activation map",
            query=ClassifyQuery, answer=Classified, accepts=KINDS, refuses=(404, 409, 422, 503),
            bytes_max=PICTURE_BYTES_MAX,
        ),
        Endpoint(
            "GET", "/api/parts/{part_uid}/pictures/{view}/candidate", Role.VIEWER, candidate,
            "What another model would have said of a kept picture; it decides nothing",
            params=PicturePath, query=CandidateQuery, answer=Candidate, refuses=(404, 409, 503),
        ),
    ]  # fmt: skip


def _of_view(known: KnownModels, view: str) -> KnownModel:
    model = known.of_view.get(view)
    if model is None:
        views = ", ".join(known.of_view) or "none"
        raise Refusal(404, f"query 'view': expected a view with a model that finds defects ({views}), found {view!r}.")
    return _usable(model)


def _named(known: KnownModels, name: str) -> KnownModel:
    model = known.named(name)
    if model is None:
        names = ", ".join(dict.fromkeys(model.name for model in known.models)) or "none"
        raise Refusal(404, f"query 'bundle': expected one of the known bundles ({names}), found {name!r}.")
    return _usable(model)


def _usable(model: KnownModel) -> KnownModel:
    if model.problem is not None:
        raise Refusal(409, model.problem)
    if model.kind != "patches":
        raise Refusal(409, f"bundle {model.name}: tells which part it is, expected one that finds defects.")
    return model


def _sent(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type=JSON)
