"""What people command through the API: judgements, acknowledgements, changeover, pictures to be looked at."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from yarl import URL

from station.api.classifier import PictureClassifier
from station.api.classify_wire import Order
from station.api.refusal import Refusal
from tests.api_station import FIRST_UID, Api, an_api, png
from tests.unit.models_bundle import part_picture


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api(tmp_path) as api:
        yield api


async def classify(api: Api, data: bytes, kind: str = "image/png", path: str = "/api/classify?view=mantle") -> Any:
    return await api.ask("POST", path, data=data, headers={"Content-Type": kind})


async def test_a_part_is_judged_listed_as_done_and_the_last_word_taken_back(api: Api) -> None:
    _, page = await api.ask("GET", "/api/review?queue=rejects")
    assert [item["part_seq"] for item in page["items"]] == [44, 34, 24, 14]
    assert page["open"] == {"forced": 5, "rejects": 4, "borderline": 0, "unusual": 0}
    uid = page["items"][0]["part_uid"]
    status, judged = await api.ask("POST", f"/api/review/{uid}", json={"judgement": "hole"})
    assert (status, judged["judgement"]["user"], judged["judgement"]["judgement"]) == (200, "tom", "hole")
    _, done = await api.ask("GET", "/api/review?queue=rejects&state=done")
    assert [item["part_seq"] for item in done["items"]] == [44, 4]
    status, left = await api.ask("DELETE", f"/api/review/{uid}")
    assert (status, left) == (200, {"judgement": None})
    status, answer = await api.ask("DELETE", f"/api/review/{uid}")
    assert (status, "said nothing of it" in answer["error"]) == (409, True)


NO_JUDGEMENTS = [
    (b'{"judgement": "scratch"}', 409, "expected one of good, unsure, spot, hole, found 'scratch'"),
    (b'{"judgement": 7}', 422, "body 'judgement': expected a text, found 7."),
    (b"{}", 422, "body 'judgement': expected a value, found none."),
    (b'{"judgement": "good", "mood": 1}', 422, "body 'mood': not known; expected one of: judgement, comment."),
    (b"[]", 422, "body: expected a JSON object"),
    (b"{", 400, "body: expected JSON"),
    (b'{"judgement": "\\ud800"}', 400, "body: expected JSON"),
    (b"x" * 20_000, 413, "body: expected at most 16384 bytes"),
]


async def test_a_judgement_that_does_not_fit_gets_one_sentence(api: Api) -> None:
    path = f"/api/review/{FIRST_UID + 3}"
    for body, status, sentence in NO_JUDGEMENTS:
        found, answer = await api.ask("POST", path, data=body, headers={"Content-Type": "application/json"})
        assert (found, sentence in answer["error"]) == (status, True), answer
    found, answer = await api.ask("POST", path, data=b"{}", headers={"Content-Type": "text/plain"})
    assert (found, answer["error"]) == (415, "Content-Type: expected application/json, found 'text/plain'.")


async def test_a_part_that_is_not_there_cannot_be_judged(api: Api) -> None:
    status, answer = await api.ask("POST", "/api/review/12", json={"judgement": "good"})
    assert (status, answer["error"]) == (404, "There is no part 12 in the records.")


async def test_a_judgement_that_the_writer_refuses_is_not_said_to_be_kept(api: Api) -> None:
    api.writer.stop()
    status, answer = await api.ask("POST", f"/api/review/{FIRST_UID + 3}", json={"judgement": "good"})
    assert (status, "is lost" in answer["error"]) == (503, True)


async def test_judged_parts_are_exported_as_a_data_set_that_says_what_it_left_out(api: Api) -> None:
    status, content = await api.ask("POST", "/api/review/export", json={"queue": ["rejects"]})
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("manifest.csv").decode().startswith("set,path,class,label,split,sha256,group")
        left_out = archive.read("left-out.csv").decode().splitlines()
    assert left_out[1:] == [f"{FIRST_UID + 3},mantle,not kept"]


async def test_a_fault_is_acknowledged_by_name(api: Api) -> None:
    _, faults = await api.ask("GET", "/api/faults")
    fault_id = faults["active"][0]["id"]
    status, fault = await api.ask("POST", f"/api/faults/{fault_id}/acknowledge", json={})
    assert (status, fault["acknowledged_by"]) == (200, "tom")
    assert (await api.ask("POST", "/api/faults/4/acknowledge"))[0] == 404


async def test_a_recipe_is_asked_for_once_and_a_refusal_is_passed_on(api: Api) -> None:
    status, answer = await api.ask("POST", "/api/recipes/2/activate", json={})
    assert (status, answer, api.recipes.asked) == (202, {"state": "preparing"}, [2])
    _, shown = await api.ask("GET", "/api/recipes")
    assert shown["recipes"][1]["changeover"]["sentence"] == "It is being proved."
    api.recipes.why_not = "The changeover to recipe 2 is under way; ask again when it is over."
    assert await api.ask("POST", "/api/recipes/1/activate") == (409, {"error": api.recipes.why_not})
    assert (await api.ask("POST", "/api/recipes/3/activate"))[0] == 404


async def test_a_picture_is_looked_at_patch_by_patch_in_grey_colour_or_16_bits(api: Api) -> None:
    status, found = await classify(api, png(part_picture(spot=True)))
    assert (status, found["verdict"], found["label"], found["problem"]) == (200, "reject", "spot", None)
    assert {label for patch in found["patches"] for label in patch["scores"]} == {"defect-free", "spot", "hole"}
    winner = max(found["patches"], key=lambda patch: patch["scores"]["spot"])
    assert winner["y_px"] <= 40 + 106 <= winner["y_px"] + winner["height_px"]
    assert winner["x_px"] <= 48 + 46 <= winner["x_px"] + winner["width_px"]
    assert (await classify(api, png(part_picture())))[1]["verdict"] == "pass"
    nothing = np.zeros((64, 64), np.uint8)
    _, forced = await classify(api, png(nothing))
    assert (forced["verdict"], forced["problem"], forced["patches"], forced["map"]) == ("forced", "all dark", [], None)
    grey = part_picture(spot=True)
    colour = bytes(cv2.imencode(".bmp", np.dstack([grey] * 3))[1])
    assert (await classify(api, colour, "image/bmp"))[1]["label"] == "spot"
    assert (await classify(api, png(grey.astype(np.uint16) << 8)))[1]["label"] == "spot"


NO_PICTURES = [
    (b"", "image/png", 422, "expected image/png, found nothing"),
    (b"<svg/>", "image/png", 422, "expected image/png, found something else"),
    (png(part_picture()), "image/jpeg", 422, "expected image/jpeg, found image/png"),
    (png(part_picture())[:-60], "image/png", 422, "found one that breaks off"),
    (b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND", "image/png", 422, "cannot be decoded"),
    (png(np.zeros((8, 8), np.uint8)), "image/png", 422, "at least 16 x 16 pixels, found 8 x 8"),
    (b"x", "text/plain", 415, "expected image/png or image/jpeg or image/bmp, found 'text/plain'"),
]


async def test_what_is_no_picture_gets_one_sentence(api: Api) -> None:
    for data, kind, status, sentence in NO_PICTURES:
        found, answer = await classify(api, data, kind)
        assert (found, sentence in answer["error"]) == (status, True), answer


async def test_views_and_bundles_that_are_not_there_or_broken_are_named(api: Api) -> None:
    picture = png(part_picture())
    for query, status, sentence in (
        ("view=head", 404, "expected a view with a model that finds defects (mantle), found 'head'"),
        ("view=mantle&bundle=other", 404, "expected one of the known bundles (tiny_bundle, tiny_identity, broken)"),
        ("view=mantle&bundle=broken", 409, "There is nothing there."),
        ("view=mantle&bundle=tiny_identity", 409, "tells which part it is"),
    ):
        found, answer = await classify(api, picture, path=f"/api/classify?{query}")
        assert (found, sentence in answer["error"]) == (status, True), answer


async def test_a_candidate_says_what_it_would_have_said_of_a_kept_picture(api: Api) -> None:
    path = f"/api/parts/{FIRST_UID + 3}/pictures/mantle/candidate"
    status, said = await api.ask("GET", f"{path}?bundle=tiny_bundle")
    assert (status, said["bundle"], said["label"], said["defective"]) == (200, "tiny_bundle", "spot", True)
    assert said["verdict_differs"] is False
    api.shelf.kept[FIRST_UID + 3, "mantle"] = png(part_picture())
    _, said = await api.ask("GET", f"{path}?bundle=tiny_bundle")
    assert (said["defective"], said["verdict_differs"]) == (False, True)
    assert (await api.ask("GET", f"/api/parts/{FIRST_UID}/pictures/mantle/candidate?bundle=tiny_bundle"))[0] == 404


async def test_a_picture_that_costs_the_process_its_life_costs_nothing_else(api: Api) -> None:
    classifier, picture = api.sources.classifier, png(part_picture(spot=True))
    assert (await classify(api, picture))[0] == 200
    process = classifier._process
    assert process is not None
    process.kill()
    await process.wait()
    assert (await classify(api, picture))[1]["label"] == "spot"
    process = classifier._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.write(b"\0\0\0\4\0\0\0\0null")  # no order at all: it dies over it
    with pytest.raises(Refusal, match="ended over this one"):
        await classifier.look(Order("classified", "/x", "", "image/png"), b"")
    assert (await classify(api, picture))[1]["label"] == "spot"


async def test_the_process_goes_when_nobody_asks_and_comes_back_when_somebody_does(tmp_path: Path) -> None:
    classifier = PictureClassifier(idle_s=0.0)
    async with an_api(tmp_path, classifier=classifier) as api:
        picture = png(part_picture(spot=True))
        assert (await classify(api, picture))[0] == 200
        async with asyncio.timeout(30):
            while classifier._gone and classifier._gone[0].returncode is None:
                await classifier._gone[0].wait()
        assert not classifier.running
        assert (await classify(api, picture))[0] == 200


async def test_the_sixth_picture_at_once_is_told_to_come_again_before_it_is_read(api: Api) -> None:
    classifier = api.sources.classifier
    places = [classifier.place() for _ in range(5)]
    for place in places:
        place.__enter__()
    try:
        status, answer = await classify(api, png(part_picture()))
        assert (status, "5 pictures wait" in answer["error"], classifier.refused) == (503, True, 1)
    finally:
        for place in places:
            place.__exit__(None, None, None)


async def test_a_body_that_is_announced_too_large_is_refused_unread(api: Api) -> None:
    head = (
        "POST /api/classify?view=mantle HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
        "Content-Length: 99999999\r\n\r\n"
    )
    port = URL(api.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode())
        assert b" 413 " in await asyncio.wait_for(reader.readline(), 20)
        await asyncio.wait_for(reader.read(), 20)  # to the end of the connection
    finally:
        writer.close()
        await writer.wait_closed()
