"""Splits and folds keep parts whole, and every class everywhere where that can be."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.make.command import run
from models.make.data.folds import folds
from models.make.data.splitting import parse_shares, split_parts
from models.make.manifest import SPLITS, DataError, Row, audit, read_manifest
from tests.unit.models_bundle import CALM
from tests.unit.models_data import Entry, grain, read_lines, write_set

SHARES = (0.7, 0.15, 0.15)


def rows_of(parts: list[list[str]]) -> list[Row]:
    """A row for each class name of each part."""
    return [
        Row(f"{number}-{index}.png", name, "train", f"{number}-{index}", f"part{number}", "", "")
        for number, names in enumerate(parts)
        for index, name in enumerate(names)
    ]


sets_of_parts = st.lists(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5), min_size=3, max_size=40)


@CALM
@given(sets_of_parts, st.integers(0, 1000))
def test_every_class_is_in_every_split_or_a_sentence_says_why_not(parts: list[list[str]], seed: int) -> None:
    rows = rows_of(parts)
    splitting = split_parts(rows, SHARES, seed)
    assert set(splitting.split_of) == {row.group for row in rows}
    told = {note.partition(":")[0] for note in splitting.notes}
    for name in {row.class_name for row in rows}:
        have = {splitting.split_of[row.group] for row in rows if row.class_name == name}
        groups = {row.group for row in rows if row.class_name == name}
        if name not in told:
            assert have == set(SPLITS)
        if len(groups) == 1:
            assert name in told


@CALM
@given(sets_of_parts, st.integers(0, 1000))
def test_a_split_depends_on_the_seed_and_not_on_the_order_of_the_rows(parts: list[list[str]], seed: int) -> None:
    rows = rows_of(parts)
    mixed = random.Random(seed).sample(rows, len(rows))
    assert split_parts(rows, SHARES, seed) == split_parts(mixed, SHARES, seed)


def test_shares_are_kept_for_each_class_where_there_are_parts_enough() -> None:
    rows = rows_of([["a", "a"]] * 60 + [["b"]] * 20 + [["a", "b"]] * 20)
    splitting = split_parts(rows, SHARES, 1)
    assert splitting.notes == ()
    for name, total in (("a", 140), ("b", 40)):
        for split, share in zip(SPLITS, SHARES, strict=True):
            count = sum(row.class_name == name and splitting.split_of[row.group] == split for row in rows)
            assert abs(count - share * total) <= 2


def test_a_class_of_two_parts_goes_to_train_and_test() -> None:
    rows = rows_of([["a"]] * 12 + [["b"]] * 2)
    splitting = split_parts(rows, SHARES, 3)
    assert {splitting.split_of[row.group] for row in rows if row.class_name == "b"} == {"train", "test"}
    assert splitting.notes == ("b: 2 parts for 3 splits, so none in val",)


def test_without_a_validation_share_nothing_goes_there() -> None:
    splitting = split_parts(rows_of([["a"]] * 10), (0.8, 0.0, 0.2), 1)
    assert set(splitting.split_of.values()) == {"train", "test"}


@pytest.mark.parametrize("text", ["0.7,0.3", "0.7,0.2,0.2", "a,b,c", "1.2,-0.1,-0.1", "0,0.5,0.5", "nan,0.5,0.5", ""])
def test_shares_that_do_not_make_one_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="expected three for train, val, test that make 1"):
        parse_shares(text)


@CALM
@given(
    st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), min_size=3, max_size=9),
    st.integers(2, 4),
    st.integers(0, 99),
)
def test_every_part_is_held_out_once_and_never_beside_its_own_pictures(
    parts: list[list[str]], k: int, seed: int
) -> None:
    rows = rows_of(parts)
    try:
        pairs = folds(rows, k, seed)
    except DataError as error:
        assert f"{k} folds: expected" in str(error)  # noqa: PT017  either it is told, or all of the rest holds
        return
    assert len(pairs) == k
    assert sorted(row.path for _, held in pairs for row in held) == sorted(row.path for row in rows)
    for train, held in pairs:
        assert not {row.group for row in train} & {row.group for row in held}
        assert len(train) + len(held) == len(rows)


def test_folds_are_the_same_for_the_same_seed_and_refused_without_parts_enough() -> None:
    rows = rows_of([["a"], ["b"]] * 5)
    assert folds(rows, 3, 7) == folds(rows, 3, 7)
    assert folds(rows, 3, 7) != folds(rows, 3, 8)
    for k in (1, 11):
        with pytest.raises(DataError, match=f"{k} folds: expected 2 to 10"):
            folds(rows, k, 1)


def test_the_command_replaces_the_manifest_and_keeps_the_older_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [Entry(f"{n}.png", grain(n, 20, 20), "good" if n % 2 else "spot", part=f"p{n // 2}") for n in range(40)]
    folder = write_set(tmp_path, entries)
    older = (folder / "manifest.csv").read_bytes()
    with (folder / "manifest.csv").open("a", encoding="utf-8") as file:
        file.write("another,x.png,c,nok,val,0,g,,,,kept\n")
    assert run(["data", "split", "--data", str(folder), "--set", "drawn", "--shares", "0.6,0.2,0.2"]) == 0
    rows = read_manifest(folder, "drawn")
    assert set(audit(rows).parts.values()) == {12, 4}
    assert read_lines(folder / "manifest.csv")[-1]["flags"] == "kept"
    assert (folder / "manifest.1.csv").read_bytes().startswith(older)
    assert "manifest.1.csv" in capsys.readouterr().out
    assert run(["data", "split", "--data", str(folder), "--set", "drawn", "--out", str(tmp_path / "new.csv")]) == 0
    assert len(read_lines(tmp_path / "new.csv")) == 41
    assert read_manifest(folder, "drawn") == rows


def test_a_manifest_that_cannot_be_written_is_one_sentence_and_stays_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_set(tmp_path, [Entry(f"{n}.png", grain(n, 20, 20)) for n in range(4)])
    (tmp_path / "file").write_bytes(b"")
    order = ["data", "split", "--data", str(folder), "--set", "drawn", "--out", str(tmp_path / "file" / "m.csv")]
    assert run(order) == 2
    assert "cannot be written" in capsys.readouterr().err
