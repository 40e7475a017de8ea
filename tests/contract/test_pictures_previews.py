"""Small pictures for people who watch: only then, at most five a second, the newest wins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from station.core.reasons import Reason
from station.pictures.encoding import decoded
from station.pictures.previews import RATE_A_S, Previews
from tests.contract.pictures_line import FIRST_UID, HEIGHT, LIMIT_S, WIDTH, a_line, until

S = 1_000_000_000


async def watching(previews: Previews, camera: str = "line") -> tuple[AsyncGenerator[bytes], asyncio.Task[bytes]]:
    """A watcher that waits for its first picture."""
    pictures = previews.watch_camera(camera)
    first = asyncio.create_task(anext(pictures))
    await asyncio.sleep(0)
    return pictures, first


async def test_nothing_is_made_while_nobody_watches_and_five_a_second_while_somebody_does() -> None:
    previews = Previews()
    assert not any(previews.due("line", n * S) for n in range(5))
    assert not previews.part_due(S)
    pictures, first = await watching(previews)
    made = sum(previews.due("line", n * S // 100) for n in range(200))
    assert made == 2 * RATE_A_S
    assert not previews.due("other", 10 * S)
    previews.camera_made("line", b"one")
    assert await first == b"one"
    await pictures.aclose()
    assert not previews.due("line", 100 * S)


async def test_a_slow_watcher_gets_the_newest_picture_and_each_one_once() -> None:
    previews = Previews()
    pictures, first = await watching(previews)
    other, others = await watching(previews)
    async with aclosing(pictures), aclosing(other):
        for number in (b"1", b"2", b"3"):
            previews.camera_made("line", number)
        assert await asyncio.gather(first, others) == [b"3", b"3"]
        again = asyncio.create_task(anext(pictures))
        await asyncio.sleep(0)
        assert not again.done()
        previews.camera_made("line", b"4")
        assert await again == b"4"


async def test_a_watcher_sees_the_camera_also_where_no_picture_is_kept_and_no_slot_is_lost(tmp_path: Path) -> None:
    async with a_line(tmp_path, passed_every=0) as line:
        pictures, first = await watching(line.keeper.previews)
        async with aclosing(pictures):
            line.part(FIRST_UID)
            found = decoded(await asyncio.wait_for(first, LIMIT_S))
            assert found is not None
            assert found.shape == (HEIGHT, WIDTH)
            await line.slots_are_back()
    assert line.files() == []


async def test_the_newest_part_is_there_before_its_file_is(tmp_path: Path) -> None:
    async with a_line(tmp_path) as line:
        line.part(FIRST_UID)
        await line.slots_are_back()
        assert line.keeper.previews.of_part(FIRST_UID, "mantle") is None, "nobody watches"
        with line.keeper.previews.watch_parts():
            line.part(FIRST_UID + 1, Reason.DEFECT, frames=2)
            await until(lambda: line.keeper.previews.of_part(FIRST_UID + 1, "head/90"), "the preview")
            assert line.keeper.previews.of_part(FIRST_UID + 1, "mantle") is not None
            await line.slots_are_back()
        assert line.keeper.previews.of_part(FIRST_UID + 1, "mantle") is None


def test_no_more_than_a_few_parts_are_remembered() -> None:
    previews = Previews()
    for uid in range(100):
        previews.part_made(uid, "mantle", b"picture")
    assert [uid for uid in range(100) if previews.of_part(uid, "mantle")] == list(range(92, 100))
