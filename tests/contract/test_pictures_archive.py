"""The whole archive as the station builds it: started, asked by metrics, stopped in order, and stopped unstarted."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.camera.interface import Frame
from drivers.camera.ring import FrameRing, RingMap
from station.config.model_people import Pictures
from station.core.reasons import Reason
from station.core.values import Classify, Decision, OpenPart, Release, Trigger
from station.fault_board import FaultBoard
from station.pictures.archive import PictureArchive
from station.pictures.rules import Room
from tests.contract.pictures_line import FIRST_UID, HEIGHT, WIDTH, until


def an_archive(folder: Path, ring: FrameRing) -> PictureArchive:
    def back(camera: str, frame: Frame) -> None:
        ring.release(frame.slot, frame.ready_ns)

    return PictureArchive(
        folder, Pictures(), FaultBoard(), {"line": ring.layout}, back,
        views=lambda: ["mantle"], held_max={"line": 2}, review=lambda _: False, context=lambda: {"recipe": "mantle"},
    )  # fmt: skip


async def test_what_is_kept_is_told_to_the_metrics_and_read_by_others(tmp_path: Path) -> None:
    ring = FrameRing(4, HEIGHT, WIDTH)
    pixels, archive = RingMap(ring.layout, writable=True), an_archive(tmp_path / "pictures", ring)
    archive.start()
    try:
        pixels.slot(0)[:] = 90
        ring.take(0, 7)
        part = OpenPart(FIRST_UID, Trigger(1, None, 0), 0, 0)
        frame = part.frames[0] = Frame(0, 1, 0, 7, 0, None, WIDTH, HEIGHT, HEIGHT, "Mono8", 0)
        archive.keeper.told([Classify(FIRST_UID, 0, frame)])
        actions = [Release("line", frame), Decision(part, Reason.DARK, 0, None, 0)]
        archive.keeper.told(actions)
        archive.keeper.release("line", frame)
        await until(lambda: archive.written["forced"] == 1 and archive.counted, "the picture")
        assert (archive.room, archive.made_lossy, archive.restarts) == (Room.PLENTY, 0, 0)
        assert (archive.dropped, archive.waiting, archive.budget_bytes) == (0, 0, 20 * 10**9)
        assert archive.disk_free_bytes > 0
        kept = archive.store.find(FIRST_UID, "mantle")
        assert kept is not None
        assert archive.stored_bytes == kept.path.stat().st_size
        note = archive.store.note(FIRST_UID, "mantle")
        assert note is not None
        assert (note["recipe"], note["verdict"], note["reason"], note["facts"]) == (
            "mantle",
            "forced",
            "dark picture",
            None,
        )
    finally:
        await archive.stop()
        await archive.stop()
        pixels.close()
        ring.close()


@pytest.mark.parametrize("started", [True, False])
async def test_it_stops_whether_it_was_started_or_not_and_frames_go_straight_back_then(
    tmp_path: Path, started: bool
) -> None:
    ring = FrameRing(4, HEIGHT, WIDTH)
    archive = an_archive(tmp_path, ring)
    if started:
        archive.start()
    await archive.stop()
    ring.take(1, 9)
    archive.keeper.release("line", Frame(1, 1, 0, 9, 0, None, WIDTH, HEIGHT, HEIGHT, "Mono8", 0))
    assert ring.held == ()
    ring.close()
