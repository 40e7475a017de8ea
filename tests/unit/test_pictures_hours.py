"""Where pictures lie: the writer puts each where the reader looks for it, whatever order, clock or name comes."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from station.pictures.hours import FoundHours, Hour, Hours, hour_of, hours_in, view_folder, view_name

STEPS = st.lists(st.tuples(st.integers(-3, 5), st.integers(-4000, 9000)), max_size=40)


@given(STEPS)
def test_every_part_is_found_where_it_was_put(steps: list[tuple[int, int]]) -> None:
    """Parts come a little out of order, as their pictures are encoded; the clock runs, jumps on, and jumps back."""
    hours, placed = Hours(Path("/nowhere")), dict[int, Hour]()
    uid, clock = 1_785_592_800_000_000, 1_785_592_800.0
    for uid_step, clock_step in steps:
        uid, clock = uid + uid_step, clock + clock_step
        placed[uid] = hours.of(uid, clock)
    for uid, hour in placed.items():
        assert hour_of(sorted(set(placed.values())), uid) == hour


@given(st.text(min_size=1, max_size=31))
def test_any_name_of_a_view_is_one_folder_and_comes_back(view: str) -> None:
    folder = view_folder(view)
    assert "/" not in folder
    assert "\0" not in folder
    assert folder not in (".", "..")
    assert not folder.startswith(".")
    assert view_name(folder) == view


def test_a_new_hour_begins_with_its_first_part_and_an_old_part_stays_behind() -> None:
    hours = Hours(Path("/nowhere"))
    first = hours.of(100, 3600.0 * 10)
    assert first.name == "1970-01-01/10-100"
    second = hours.of(105, 3600.0 * 11)
    assert second.name == "1970-01-01/11-105"
    assert hours.of(104, 3600.0 * 11) == first
    assert hours.of(106, 3600.0 * 10.9) == Hour(106, "1970-01-01/10-106"), "a clock set back begins one of its own"


def test_a_station_that_starts_again_within_the_hour_goes_on_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "1970-01-01" / "10-100").mkdir(parents=True)
    for other in ("notes.txt", "1970-01-01/lost+found", "1970-01-01/25", "99-1"):
        (tmp_path / other).mkdir()
    hours = Hours(tmp_path)
    hours.load()
    assert hours.all == [Hour(100, "1970-01-01/10-100")]
    assert hours.of(2000, 3600.0 * 10.5) == hours.all[0]
    assert not hours.forget(hours.all[0]), "it is written into"


def test_the_reader_sees_an_hour_that_was_added_after_it_looked(tmp_path: Path) -> None:
    found = FoundHours(tmp_path / "not-yet")
    assert found.of(5) is None
    found = FoundHours(tmp_path)
    for uid, name in ((100, "2026-08-01/10-100"), (200, "2026-08-01/11-200"), (300, "2026-08-02/00-300")):
        assert found.of(99) is None
        (tmp_path / name).mkdir(parents=True)
        assert found.of(uid + 7) == tmp_path / name
    assert found.of(150) == tmp_path / "2026-08-01/10-100"
    assert [hour.first_uid for hour in hours_in(tmp_path)] == [100, 200, 300]
