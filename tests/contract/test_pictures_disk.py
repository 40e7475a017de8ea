"""What the disk has room for: ages, budget, a disk that fills and empties again, folders that cannot be written."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.config.model_people import Pictures
from station.core.reasons import Reason
from station.fault_codes import FaultCode
from station.pictures.hours import Hours, view_folder
from station.pictures.retention import Retention
from station.pictures.rules import CLASSES, GB, KeepRule, KeptClass, Room
from station.pictures.stored_files import StoredFiles
from station.pictures.sums import StoredSums
from station.pictures.surplus import Shelf
from station.pictures.writer import EncodedPicture, PictureWriter, write_whole
from tests.contract.pictures_line import FIRST_UID, a_line, until

HOUR = "2026-08-01/{:02}-{}"


class Told:
    """The faults that there are now, by code."""

    def __init__(self) -> None:
        self.now: set[FaultCode] = set()

    def raise_(self, code: FaultCode, **details: object) -> None:
        assert details["folder"]
        self.now.add(code)

    def clear(self, code: FaultCode) -> None:
        self.now.discard(code)


def put(folder: Path, hour: int, kept: KeptClass, uid: int, size: int = 100, view: str = "mantle") -> Path:
    """A file of an earlier run."""
    path = folder / HOUR.format(hour, hour * 100) / kept / view_folder(view) / f"{uid}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def watching(folder: Path, *, now: str = "2026-08-01T23", free: int = 10**12, **said: float) -> Retention:
    """One that is not started: each `look` is asked for."""
    rule, faults, hours, sums = (
        KeepRule.of(Pictures(**{"passed_every": 1, **said})),
        Told(),
        Hours(folder),
        StoredSums(),
    )  # type: ignore[arg-type]
    writer = PictureWriter(folder, faults, hours, sums)
    clock = time.mktime(time.strptime(f"{now} UTC", "%Y-%m-%dT%H %Z")) - time.timezone
    return Retention(folder, rule, faults, hours, sums, writer, free=lambda _: free, clock=lambda: clock)


def left(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.rglob("*.jpg"))


def test_pictures_of_earlier_runs_go_when_they_are_too_old_each_class_in_its_time(tmp_path: Path) -> None:
    for hour in (1, 2, 3):
        for n, kept in enumerate(CLASSES):
            put(tmp_path, hour, kept, hour * 100 + n)
    watch = watching(tmp_path, now="2026-08-02T03", passed_days=1, rejected_days=2, forced_days=3)
    watch.look()
    assert len(left(tmp_path)) == 9, "nothing is known yet, and nothing is deleted that was not counted"
    watch.count()
    watch.look()
    assert left(tmp_path) == [101, 102, 200, 201, 202, 300, 301, 302], "hour 2 ended a day ago, to the minute"
    later = watching(tmp_path, now="2026-08-12T03", passed_days=1, rejected_days=2, forced_days=3)
    later.count()
    later.look()
    assert left(tmp_path) == []
    days = [path.name for path in tmp_path.iterdir()]
    hours = [path.name for day in days for path in (tmp_path / day).iterdir()]
    assert hours == ["03-300"], "empty folders go, but for the newest hour's"


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(CLASSES), st.integers(1, 900)), max_size=25),
    st.integers(500, 9000),
)
def test_the_budget_holds_and_no_picture_goes_before_a_less_wanted_or_an_older_one(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[int, KeptClass, int]], budget: int
) -> None:
    folder = tmp_path_factory.mktemp("pictures")
    sizes: dict[tuple[int, int], int] = {}
    for n, (hour, kept, size) in enumerate(files):
        put(folder, hour, kept, hour * 100 + n, size, view=f"view {n % 2}")
        sizes[CLASSES.index(kept), hour * 100 + n] = size
    watch = watching(folder, budget_gb=budget / GB)
    watch.count()
    watch.look()
    kept_uids = left(folder)
    kept_sizes = {key: size for key, size in sizes.items() if key[1] in kept_uids}
    total = sum(kept_sizes.values())
    assert total <= budget
    gone = sorted(set(sizes) - set(kept_sizes))
    assert not gone or not kept_sizes or max(gone) < min(kept_sizes)
    if gone:
        assert total + sizes[gone[-1]] > budget * 0.98, "no more went than had to"


async def test_a_budget_holds_while_pictures_come_in_and_rejects_stay(tmp_path: Path) -> None:
    wrote: list[str] = []

    def write(path: Path, content: bytes) -> None:
        write_whole(path, content)
        wrote.append(path.stem)

    async with a_line(tmp_path, write=write, budget_gb=60_000 / GB) as line:
        await until(lambda: line.status.counted, "counted")
        for n in range(60):
            uid, kept = FIRST_UID + n, n % 10 == 9 or line.status.room is Room.PLENTY
            line.part(uid, Reason.DEFECT if n % 10 == 9 else Reason.DEFECT_FREE)
            await until(lambda uid=uid, kept=kept: not kept or str(uid) in wrote, f"part {n}")
            await until(lambda: line.stored_bytes() <= 60_000, "the budget")
        left = {int(path.stem) - FIRST_UID for path in line.files()}
        assert {9, 19, 29, 39, 49, 59} <= left
        assert len(wrote) > 40
        await until(lambda: line.status.stored_bytes == line.stored_bytes(), "the sum")
        assert line.codes() <= {"E505"}


async def test_a_disk_that_fills_stops_good_parts_first_then_all_and_each_step_ends_with_room_again(
    tmp_path: Path,
) -> None:
    room = {"free": 3.0}
    plenty, short, none = Room.PLENTY, Room.SHORT, Room.NONE
    codes: list[set[str]] = []
    async with a_line(tmp_path, free=lambda _: int(room["free"] * GB), free_gb_min=2) as line:
        await until(lambda: line.status.counted, "counted")
        written = 0
        for n, (free, step) in enumerate([(3.0, plenty), (1.9, short), (0.9, none), (1.5, short), (2.3, plenty)]):
            room["free"] = free
            await until(lambda step=step: line.status.room is step, step.name)
            for m, reason in enumerate((Reason.DEFECT_FREE, Reason.DEFECT)):
                line.part(FIRST_UID + 2 * n + m, reason)
            written += {plenty: 2, short: 1, none: 0}[step]
            await until(lambda count=written: sum(line.keeper.link.written.values()) == count, f"{written} written")
            codes.append(line.codes())
        assert line.keeper.dropped == 0, "what is not kept by rule is not dropped"
        kept = [(path.parents[1].name, int(path.stem) - FIRST_UID) for path in line.files()]
    assert codes == [set(), {"E505"}, {"E506"}, {"E505"}, set()]
    assert sorted(kept) == [("pass", 8), ("reject", 1), ("reject", 3), ("reject", 7), ("reject", 9)], (
        "without room for rejects, the first good part's picture gave way"
    )


@pytest.mark.parametrize("hold_s", [0.0, 1e9])
async def test_a_disk_without_room_for_a_picture_stops_all_and_is_not_asked_again_at_once(
    tmp_path: Path, hold_s: float
) -> None:
    full = True

    def write(path: Path, content: bytes) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_whole(path, content)

    told, hours, sums, rule = Told(), Hours(tmp_path), StoredSums(), KeepRule.of(Pictures())
    writer = PictureWriter(tmp_path, told, hours, sums, write=write, again_after_s=0.0)
    watch = Retention(tmp_path, rule, told, hours, sums, writer, free=lambda _: 10**12, full_hold_s=hold_s)
    writer.start()
    writer.put(EncodedPicture(FIRST_UID, "mantle", "pass", False, b"picture"))
    await until(lambda: writer.dropped == 1, "the refusal")
    assert (writer.room, told.now) == (Room.NONE, {FaultCode.PICTURES_STOPPED})
    watch.look()
    if hold_s:
        assert (writer.room, told.now) == (Room.NONE, {FaultCode.PICTURES_STOPPED})
    else:
        full = False
        assert (writer.room, told.now) == (Room.PLENTY, set())
        writer.put(EncodedPicture(FIRST_UID, "mantle", "pass", False, b"picture"))
        await until(lambda: sums.written["pass"] == 1, "the next picture")
    assert writer.stop(5.0)


async def test_a_folder_that_cannot_be_written_is_one_fault_and_is_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "pictures"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    async with a_line(blocked) as line:
        line.part(FIRST_UID)
        await until(lambda: line.keeper.dropped == 1, "the refusal")
        assert line.codes() == {"E508"}
        blocked.unlink()
        line.part(FIRST_UID + 1)
        await line.files_are(1)
        await until(lambda: line.codes() == set(), "the fault's end")


async def test_what_a_power_cut_left_half_written_goes_at_the_next_start(tmp_path: Path) -> None:
    old = put(tmp_path, 1, "pass", 101)
    torn = old.with_name(".102.jpg.partial")
    torn.write_bytes(b"half")
    os.utime(torn, (1, 1))
    async with a_line(tmp_path) as line:
        await until(lambda: line.status.counted, "the count")
        assert not torn.exists()
        assert old.exists()
        assert line.status.stored_bytes == 100


def test_what_is_written_while_the_count_goes_on_is_counted_once(tmp_path: Path) -> None:
    sums, hours = StoredSums(), Hours(tmp_path)
    files = StoredFiles(tmp_path, hours, sums, threading.Event())
    put(tmp_path, 1, "pass", 101)
    shelf = Shelf(100, HOUR.format(1, 100), "pass")
    sums.announce(shelf, "mantle/102.jpg")
    put(tmp_path, 1, "pass", 102)
    sums.add(shelf, 100)
    files.count()
    assert sums.total_bytes == 200


async def test_a_disk_that_hangs_at_the_count_stops_neither_pictures_nor_the_end(tmp_path: Path) -> None:
    asked, go = threading.Event(), threading.Event()

    def hung(folder: Path) -> int:
        asked.set()
        go.wait()
        return 10**12

    try:
        async with a_line(tmp_path, free=hung) as line:
            await asyncio.to_thread(asked.wait)
            line.part(FIRST_UID)
            await line.files_are(1)
    finally:
        go.set()
