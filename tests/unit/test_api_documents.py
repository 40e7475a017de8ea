"""What the API's document says, and how a TypedDict, a picture and a map become what people get."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import cv2
import numpy as np
import pytest
from aiohttp import web
from pydantic import BaseModel, ValidationError

from models.crop import Box
from models.explained import Explanation
from models.inspect import Inspection
from models.vote import Vote
from station.access.roles import Role, needed_by
from station.api.endpoint import Call, Endpoint, add_endpoints
from station.api.forms import Body, PartPath, Query
from station.api.known_models import known_models
from station.api.looked_at import MAP_EDGE_PX, map_png, patches_of, verdict_of
from station.api.openapi import openapi_of, statuses_of
from station.api.picture_bytes import PictureError, grey_of
from station.api.recipe_book import StationRecipes
from station.api.typed_dicts import model_of
from station.changeover.changeover import ChangeoverState, RecipeRefusedError
from station.changeover.course import Phase
from station.changeover.recipe_run import recipe_runs
from station.config.load import load_config
from tests.pipeline.rig import write_config
from tests.unit.models_bundle import TINY_IDENTITY


class Inner(TypedDict):
    """Inside."""

    word: Literal["a", "b"]


class Outer(TypedDict):
    """Outside."""

    numbers: list[float | None]
    inner: dict[str, Inner]
    maybe: NotRequired[int]


def test_a_typed_dict_becomes_a_model_with_the_same_keys_types_and_words() -> None:
    model = model_of(Outer)
    assert model.model_validate({"numbers": [1.0, None], "inner": {"x": {"word": "a"}}})
    for wrong in ({"numbers": []}, {"numbers": ["x"], "inner": {}}, {"numbers": [], "inner": {"x": {"word": "c"}}}):
        with pytest.raises(ValidationError):
            model.model_validate(wrong)
    schema = model.model_json_schema()
    assert (schema["description"], schema["required"]) == ("Outside.", ["numbers", "inner"])


class AQuery(Query):
    limit: int | None = None


class ABody(Body):
    word: str


class AnAnswer(BaseModel):
    done: bool


async def nothing(call: Call) -> BaseModel:
    del call
    return AnAnswer(done=True)


def test_the_document_names_what_goes_in_what_comes_out_and_every_status() -> None:
    endpoint = Endpoint(
        "POST", "/api/parts/{part_uid}/mark", Role.TECHNICIAN, nothing, "Mark it",
        params=PartPath, query=AQuery, body=ABody, answer=AnAnswer, status=202, refuses=(404,),
    )  # fmt: skip
    document = openapi_of([endpoint], "Station", "7", "session")
    operation = document["paths"]["/api/parts/{part_uid}/mark"]["post"]
    part_uid, limit = operation["parameters"]
    assert (part_uid["in"], part_uid["required"], part_uid["schema"]["minimum"]) == ("path", True, 1)
    assert (limit["in"], limit["required"], limit["schema"]) == ("query", False, {"type": "integer"})
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/ABody"
    assert {int(status) for status in operation["responses"]} == {202} | statuses_of(endpoint)
    assert {401, 403, 404, 413, 415, 422, 429} <= statuses_of(endpoint)
    assert all("csrf" in way for way in operation["security"])


def test_the_role_is_where_the_gatekeeper_looks_for_it() -> None:
    application = web.Application()
    add_endpoints(application, [Endpoint("GET", "/api/x", Role.ENGINEER, nothing, "X", answer=AnAnswer)])
    (route,) = application.router.routes()
    assert needed_by(route.handler) is Role.ENGINEER


def an_inspection(**changes: Any) -> Inspection:
    values: dict[str, Any] = {
        "box": Box(x_px=400, y_px=200, width_px=1000, height_px=2000), "problem": None,
        "scores": np.array([[0.9, 0.1], [0.2, 0.8]], np.float32), "vote": Vote(True, 1, 0.8, 1),
        "saturated_fraction": 0.0, "dark_fraction": 0.0, "mean": 100.0, "stage_us": {},
        "patch_origins": ((0, 0), (0, 64)),
    }  # fmt: skip
    return Inspection(**{**values, **changes})


def test_patches_are_told_in_the_pictures_own_pixels() -> None:
    explanation = Explanation(an_inspection(), 1, scale=(10.0, 5.0), patch_px=64)
    first, second = patches_of(explanation, ("defect-free", "spot"))
    assert (first.y_px, first.x_px, first.height_px, first.width_px) == (200, 400, 640, 320)
    assert (second.y_px, second.x_px, second.scores) == (200, 720, {"defect-free": 0.2, "spot": 0.8})


def test_the_map_lies_over_the_part_and_nowhere_else() -> None:
    part_map = np.full((200, 100), -1.0, np.float32)
    part_map[:100] = 3.0
    explanation = Explanation(an_inspection(), 1, np.zeros((200, 100), np.uint8), part_map)
    png = map_png(explanation, (4096, 2048))
    assert png is not None
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (MAP_EDGE_PX, MAP_EDGE_PX // 2, 4)
    alpha = picture[:, :, 3]
    assert alpha[60:290, 110:340].min() == 153  # y 200..1200 and x 400..1400 of the picture, a quarter of it
    assert alpha[:48].max() == alpha[310:].max() == alpha[:, :98].max() == alpha[:, 352:].max() == 0
    assert map_png(Explanation(an_inspection()), (4096, 2048)) is None


def test_what_could_not_be_inspected_is_forced_whatever_the_scores_say() -> None:
    assert verdict_of(an_inspection()) == "reject"
    assert verdict_of(an_inspection(vote=Vote(False, 0, 0.9, 0))) == "pass"
    assert verdict_of(an_inspection(problem="blurred", vote=Vote(False, 0, 0.9, 0))) == "forced"
    assert verdict_of(an_inspection(vote=None)) == "forced"


def test_a_picture_is_decoded_whole_or_not_at_all() -> None:
    image = np.random.default_rng(1).integers(0, 255, (64, 48), dtype=np.uint8)
    jpeg, bmp = (bytes(cv2.imencode(suffix, image)[1]) for suffix in (".jpg", ".bmp"))
    assert grey_of(jpeg, "image/jpeg").shape == (64, 48)
    assert np.array_equal(grey_of(bmp, "image/bmp"), image)
    for content, kind in ((jpeg[: len(jpeg) // 2], "image/jpeg"), (bmp[:-10], "image/bmp"), (b"BM", "image/bmp")):
        with pytest.raises(PictureError, match="breaks off"):
            grey_of(content, kind)


class Changing:
    """A changeover that a test moves by hand."""

    def __init__(self) -> None:
        self.now = ChangeoverState(Phase.REST, 1, None, "")
        self.refusal: RecipeRefusedError | None = None
        self.asked: list[tuple[int, str]] = []

    def ask(self, recipe_id: int, who: str) -> ChangeoverState:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append((recipe_id, who))
        return self.now

    def state(self) -> ChangeoverState:
        return self.now


def test_recipes_tell_their_models_and_how_the_changeover_goes(tmp_path: Path) -> None:
    loaded, changing = load_config(write_config(tmp_path, tmp_path)), Changing()
    book = StationRecipes(recipe_runs(loaded, "run"), changing)
    (recipe,) = book.recipes()
    assert (recipe.id, recipe.name, recipe.changeover, len(recipe.digest)) == (1, "tiny", None, 64)
    assert [(view.view, view.bundle, view.bundle_digest) for view in recipe.views] == [
        ("mantle", "tiny_bundle", loaded.model_digest)
    ]
    changing.now = ChangeoverState(Phase.WAITING, 1, 1, "It takes over between two parts.")
    (recipe,) = book.recipes()
    assert recipe.changeover is not None
    assert (recipe.changeover.state, recipe.changeover.sentence) == ("waiting", "It takes over between two parts.")
    assert (book.activate(1, "tom"), changing.asked) == (None, [(1, "tom")])
    changing.refusal = RecipeRefusedError("Not now.", unknown=False, busy=True)
    assert book.activate(1, "tom") == "Not now."


def test_the_models_of_views_and_candidates_are_known_and_a_broken_one_says_why(tmp_path: Path) -> None:
    path = write_config(tmp_path, tmp_path, models__candidates=[str(TINY_IDENTITY), "nowhere"])
    known = known_models(load_config(path))
    assert [(model.name, model.use, model.signed_by is None) for model in known.models] == [
        ("tiny_bundle", "active", False), ("tiny_identity", "candidate", False), ("nowhere", "candidate", True),
    ]  # fmt: skip
    assert known.of_view["mantle"].name == "tiny_bundle"
    assert "nowhere" in (known.models[-1].problem or "")
    assert known.named("other") is None
