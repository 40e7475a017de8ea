"""From the ring to the disk and back: what is kept, when slots come back, and what a hung or full disk does."""

from __future__ import annotations

import asyncio
import errno
import random
import threading
from pathlib import Path

import numpy as np
import pytest

from station.core.reasons import Reason
from station.core.values import Classify, Decision, LateVerdict, OpenPart, PictureFacts, Release, Trigger
from station.pictures.encoding import decoded
from station.pictures.hours import view_name
from station.pictures.writer import QUEUE_PICTURES, write_whole
from tests.contract.pictures_line import FIRST_UID, a_line, a_picture, until


class HungDisk:
    """A disk that takes nothing until it is let go."""

    def __init__(self) -> None:
        self.asked, self._go = threading.Event(), threading.Event()

    def __call__(self, path: Path, content: bytes) -> None:
        self.asked.set()
        self._go.wait()
        write_whole(path, content)

    def let_go(self) -> None:
        self._go.set()


async def test_a_picture_without_loss_comes_back_byte_for_byte_with_what_was_seen(tmp_path: Path) -> None:
    async with a_line(tmp_path, lossless_every=1) as line:
        pictures = line.part(FIRST_UID, frames=3, patches=((1, 2, 0, 0.9),), sharpness=4.5)
        await line.files_are(3)
        for view, picture in zip(("mantle", "head/90", "head-180"), pictures, strict=True):
            found = line.store.picture(FIRST_UID, view)
            note = line.store.note(FIRST_UID, view)
            assert found is not None
            assert note is not None
            assert found[1] == "image/png"
            np.testing.assert_array_equal(decoded(found[0]), picture)
            assert (note["part_uid"], note["view"], note["verdict"], note["simulated"]) == (
                FIRST_UID,
                view,
                "pass",
                True,
            )
            assert (note["facts"]["patches"], note["facts"]["sharpness"]) == ([[1, 2, 0, 0.9]], 4.5)
        assert sorted(line.store.views(FIRST_UID)) == ["head-180", "head/90", "mantle"]
        assert sorted(view_name(path.parent.name) for path in line.files()) == ["head-180", "head/90", "mantle"]
        await until(lambda: line.keeper.link.written == {"pass": 3, "reject": 0, "forced": 0}, "the counts")
        await until(lambda: line.status.stored_bytes == line.stored_bytes(), "the sum")


async def test_a_jpeg_is_the_same_picture_to_the_eye(tmp_path: Path) -> None:
    smooth = np.tile(np.linspace(20, 220, 64, dtype=np.uint8), (48, 1))
    async with a_line(tmp_path) as line:
        part = OpenPart(FIRST_UID, Trigger(7, None, 0), 0, 0)
        frame = part.frames[0] = line.frame(smooth)
        line.carry_out(Classify(FIRST_UID, 0, frame))
        line.carry_out(Release("line", frame), Decision(part, Reason.DEFECT_FREE, 0))
        await until(lambda: line.store.find(FIRST_UID, "mantle"), "the file")
        found = line.store.picture(FIRST_UID, "mantle")
        assert found is not None
        assert found[1] == "image/jpeg"
        assert abs(decoded(found[0]).astype(int) - smooth).mean() < 2  # type: ignore[union-attr]


async def test_of_good_parts_each_so_manyth_is_kept_and_of_the_others_every_one(tmp_path: Path) -> None:
    async with a_line(tmp_path, passed_every=3) as line:
        for n in range(12):
            line.part(FIRST_UID + n, (Reason.DEFECT_FREE, Reason.DEFECT_FREE, Reason.DEFECT, Reason.DARK)[n % 4])
            await line.slots_are_back()
        files = await line.files_are(8)
    kept = {(path.parents[1].name, int(path.stem) - FIRST_UID) for path in files}
    assert {n for kind, n in kept if kind == "reject"} == {2, 6, 10}
    assert {n for kind, n in kept if kind == "forced"} == {3, 7, 11}
    assert {n for kind, n in kept if kind == "pass"} == {0, 5}
    assert line.keeper.dropped == 0


async def test_what_a_person_should_look_at_is_kept_without_loss(tmp_path: Path) -> None:
    async with a_line(tmp_path, review=True, passed_every=0) as line:
        line.part(FIRST_UID)
        (file,) = await line.files_are(1)
    assert file.suffix == ".png"


async def test_a_frame_that_is_rejected_at_sight_and_one_that_the_deadline_overtook_are_kept_with_their_part(
    tmp_path: Path,
) -> None:
    async with a_line(tmp_path) as line:
        torn = OpenPart(FIRST_UID, Trigger(7, None, 0), 0, 0)
        frame = torn.frames[0] = line.frame()
        line.carry_out(Release("line", frame), Decision(torn, Reason.INCOMPLETE_FRAME, 0, None, 0))
        late = OpenPart(FIRST_UID + 1, Trigger(8, None, 0), 0, 0)
        frame = late.frames[0] = line.frame()
        line.carry_out(Classify(late.uid, 0, frame))
        line.carry_out(Decision(late, Reason.DEADLINE, 0, None, 0))
        assert line.ring.held == (frame.slot,) or len(line.ring.held) == 2, "a worker still reads it"
        facts = PictureFacts(late.uid, None, False, 0, 0.9, 0, 0, 1)
        line.carry_out(Release("line", frame), LateVerdict(late, facts, Reason.DEFECT_FREE))
        assert {path.parents[1].name for path in await line.files_are(2)} == {"forced"}


async def test_a_part_without_a_frame_and_a_frame_without_a_part_keep_nothing(tmp_path: Path) -> None:
    async with a_line(tmp_path) as line:
        line.carry_out(Decision(OpenPart(FIRST_UID, Trigger(7, None, 0), 0, 0), Reason.NO_FRAME, 0))
        line.carry_out(Release("line", line.frame()))
        assert line.ring.held == ()
        facts = PictureFacts(FIRST_UID, None, False, 0, 0.9, 0, 0, 1)
        line.carry_out(LateVerdict(OpenPart(FIRST_UID, Trigger(7, None, 0), 0, 0), facts, Reason.DEFECT_FREE))
        await line.slots_are_back()
    assert line.files() == []


async def test_a_hung_disk_holds_no_slot_and_what_it_does_not_take_is_counted_and_said(tmp_path: Path) -> None:
    disk = HungDisk()
    try:
        async with a_line(tmp_path, write=disk) as line:
            for n in range(QUEUE_PICTURES + 10):
                line.part(FIRST_UID + n)
                await line.slots_are_back()
            assert disk.asked.is_set()
            assert line.keeper.dropped == 9, "one is being written, the queue is full, the others are dropped"
            assert line.codes() == {"E507"}
            disk.let_go()
            await line.files_are(QUEUE_PICTURES + 1)
    finally:
        disk.let_go()


async def test_a_disk_that_still_hangs_at_the_end_does_not_keep_the_station_from_stopping(tmp_path: Path) -> None:
    disk = HungDisk()
    try:
        async with a_line(tmp_path, write=disk) as line:
            line.part(FIRST_UID)
            line.part(FIRST_UID + 1)
            await line.slots_are_back()
    finally:
        disk.let_go()


async def test_no_more_slots_are_held_than_allowed_and_a_reject_takes_a_good_part_s(tmp_path: Path) -> None:
    async with a_line(tmp_path, held=2) as line:
        for n in range(4):  # nothing is handed over before this turn of the loop ends
            line.part(FIRST_UID + n)
        assert len(line.ring.held) == 2
        assert line.keeper.dropped == 2
        line.part(FIRST_UID + 4, Reason.DEFECT)
        assert len(line.ring.held) == 2
        files = await line.files_are(2)
        assert {int(path.stem) - FIRST_UID for path in files} == {1, 4}
        assert line.keeper.dropped == 3
        assert line.codes() == {"E507"}


async def test_a_picture_for_review_is_jpeg_where_others_wait_and_one_that_is_sampled_is_not(tmp_path: Path) -> None:
    async with a_line(tmp_path, review=True, lossless_every=3) as line:
        for n in range(4):
            line.part(FIRST_UID + n, Reason.DEFECT)
        files = await line.files_are(4)
    assert {int(path.stem) - FIRST_UID: path.suffix for path in files} == {0: ".png", 1: ".jpg", 2: ".jpg", 3: ".png"}
    assert line.keeper.link.made_lossy == 2


async def test_a_part_whose_first_pictures_wait_too_long_for_the_last_lets_their_slots_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_line(tmp_path) as line:
        frame = line.frame()
        line.carry_out(Classify(FIRST_UID, 0, frame))
        line.carry_out(Release("line", frame))
        assert line.ring.held == (frame.slot,)
        line.carry_out()
        assert line.ring.held == (frame.slot,)
        monkeypatch.setattr("station.pictures.keeper.time.monotonic_ns", lambda: 10**18)
        line.carry_out()
        assert line.ring.held == ()
        assert line.keeper.dropped == 1


async def test_every_slot_comes_back_when_the_station_stops_in_the_middle(tmp_path: Path) -> None:
    async with a_line(tmp_path, held=8) as line:
        line.part(FIRST_UID, frames=2)
        waits, reads = line.frame(), line.frame()
        line.carry_out(Classify(FIRST_UID + 1, 0, waits), Classify(FIRST_UID + 1, 1, reads))
        line.carry_out(Release("line", waits))
        await line.keeper.stop()
        assert line.ring.held == (reads.slot,)
        part = OpenPart(FIRST_UID + 1, Trigger(8, None, 0), 0, 0, frames={0: waits, 1: reads})
        line.carry_out(Release("line", reads), Decision(part, Reason.STOPPING, 0))
        assert line.ring.held == ()
    assert len(line.slots_back) == 4


async def test_a_slot_is_never_read_after_it_went_back(tmp_path: Path) -> None:
    """What lies on the disk is what the camera saw, however the line's events fall."""
    rng = random.Random(5)
    async with a_line(tmp_path, lossless_every=1, held=5) as line:
        pictures: dict[tuple[int, str], np.ndarray] = {}
        for n in range(150):
            if len(line.ring.held) <= 4:
                shown = line.part(
                    FIRST_UID + n, rng.choice([Reason.DEFECT_FREE, Reason.DEFECT]), frames=rng.choice([1, 3])
                )
                pictures |= {
                    (FIRST_UID + n, view): picture
                    for view, picture in zip(("mantle", "head/90", "head-180"), shown, strict=False)
                }
            if rng.random() < 0.5:
                await asyncio.sleep(0)
            else:
                await line.slots_are_back()
        await line.slots_are_back()
        await until(lambda: len(line.files()) + line.keeper.dropped == len(pictures), "all accounted for")
        assert len(line.files()) > 100
        for (uid, view), picture in pictures.items():
            found = line.store.picture(uid, view)
            if found is not None:
                np.testing.assert_array_equal(decoded(found[0]), picture)


def test_a_torn_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "5.jpg"

    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("station.pictures.writer.os.fdatasync", no_room)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, a_picture(1).tobytes())
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    write_whole(target, b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["5.jpg"]
    assert target.read_bytes() == b"whole"
