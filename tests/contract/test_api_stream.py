"""Pictures one after the other for focus work, and what is not on the disk yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from station.api import stream
from tests.api_station import FIRST_UID, Api, an_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api(tmp_path) as api:
        yield api


async def watched(api: Api) -> None:
    """Until somebody watches the camera."""
    async with asyncio.timeout(20):
        while not api.previews.due("line", 10**18):  # noqa: ASYNC110 - nobody tells who begins to watch
            await asyncio.sleep(0)


async def test_a_watcher_sees_each_new_picture_whole(api: Api) -> None:
    async with api.session.get("/api/stream/line") as answer:
        assert answer.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=picture"
        await watched(api)
        for picture in (b"\xff\xd8 one", b"\xff\xd8 two"):
            api.previews.camera_made("line", picture)
            head = (await answer.content.readuntil(b"\r\n\r\n")).decode()
            assert f"Content-Length: {len(picture)}" in head
            assert await answer.content.readuntil(b"--picture\r\n") == picture + b"\r\n--picture\r\n"


async def test_who_leaves_while_the_line_stands_leaves_the_place_to_others(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LOOKS_EVERY_S", 0.01)
    monkeypatch.setattr(stream, "WATCHERS_MAX", 1)
    async with api.session.get("/api/stream/line") as answer:
        assert answer.status == 200
        status, refused = await api.ask("GET", "/api/stream/line")
        assert (status, "watch the cameras already" in refused["error"]) == (503, True)
        answer.close()
    async with asyncio.timeout(20):
        while (again := await api.session.get("/api/stream/line")).status != 200:
            again.close()
            await asyncio.sleep(0)
        again.close()


async def test_a_camera_that_is_not_there_is_named(api: Api) -> None:
    status, answer = await api.ask("GET", "/api/stream/head")
    assert (status, answer["error"]) == (404, "There is no camera 'head', only line.")


async def test_the_newest_parts_preview_is_there_before_its_picture_is(api: Api) -> None:
    path = f"/api/parts/{FIRST_UID + 99}/pictures/mantle"
    api.previews.part_made(FIRST_UID + 99, "mantle", b"\xff\xd8 small")
    async with api.session.get(f"{path}?preview=1") as answer:
        assert (answer.content_type, await answer.read()) == ("image/jpeg", b"\xff\xd8 small")
    async with api.session.get(path) as answer:  # it is shown small rather than not at all
        assert (answer.status, await answer.read()) == (200, b"\xff\xd8 small")
    assert (await api.ask("GET", path.replace(str(FIRST_UID + 99), str(FIRST_UID + 98))))[0] == 404
