"""Reports of the fail-safe test: whoever changes, exchanges or removes one without the key is found out."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.failsafe.archive import HEAD, Archive
from station.failsafe.course import Course
from station.failsafe.document import Clock, document_of
from station.failsafe.seal import PRIVATE_KEY, PUBLIC_KEY, digest_of, own_key, sealed_bytes
from station.failsafe.verify import verify
from station.failsafe.watch import Patience
from tests.failsafe_line import IDENTITY, PLAN, label_of

BEGAN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def content(operator: str = "Anna", simulated: tuple[str, ...] = ()) -> dict[str, Any]:
    course = Course(PLAN, Patience(1000, 1000), operator, witness=False, label_of=label_of, now_ns=0)
    course.skip("none at hand | <b>", 5)
    course.abort("aborted by the operator", 10)
    return document_of(course, IDENTITY, Clock(BEGAN, 0), 2_000_000_000, simulated)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three reports."""
    archive = Archive(tmp_path / "failsafe")
    for n in range(3):
        archive.write(content(f"operator {n}"), BEGAN + timedelta(hours=n))
    return tmp_path / "failsafe"


def reports(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if path.name != HEAD)


def test_reports_that_nobody_touched_are_good_and_the_private_key_is_the_stations_alone(folder: Path) -> None:
    good, wrong = verify([folder])
    assert wrong == []
    assert [one.path.name for one in good] == [f"2026-03-01T{hour:02}0000Z.json" for hour in (8, 9, 10)]
    assert all(one.result == "incomplete" for one in good)
    assert stat.S_IMODE((folder / PRIVATE_KEY).stat().st_mode) == 0o600


def test_two_reports_of_the_same_second_do_not_overwrite_each_other(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    paths = {archive.write(content(), BEGAN)[0] for _ in range(3)}
    assert len(paths) == 3
    assert verify([tmp_path])[1] == []


def change_text(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("operator 1", "operator 9"), encoding="utf-8")


def change_and_digest(path: Path) -> None:
    document = json.loads(path.read_bytes())
    document["report"]["result"] = "passed"
    document["seal"]["digest"] = digest_of(document["report"])
    path.write_text(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def repeat_a_key(path: Path) -> None:
    """A reader may take the first of two, another the last."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(' "report": {', ' "report": {\n  "result": "passed",', 1), encoding="utf-8")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def empty(path: Path) -> None:
    path.write_text("{}", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_text, "the content was changed: it does not fit its digest"),
        (change_and_digest, "the signature is wrong"),
        (repeat_a_key, "the content was changed"),
        (cut, "was changed: it is no JSON any more"),
        (empty, "is no sealed report, or was changed"),
    ],
)
def test_a_changed_report_is_named_and_so_is_the_link_to_it(
    folder: Path, change: Callable[[Path], None], sentence: str
) -> None:
    changed = reports(folder)[1]
    change(changed)
    good, wrong = verify([folder])
    assert [one.path for one in good] == [reports(folder)[0]]
    assert len(wrong) == 2
    assert str(changed) in wrong[0]
    assert sentence in wrong[0]
    assert "the link to the report before it is broken" in wrong[1]


def test_a_report_of_another_key_is_foreign(folder: Path, tmp_path: Path) -> None:
    path = reports(folder)[1]
    forged = json.loads(path.read_bytes())["report"] | {"result": "passed"}
    key = own_key(_made(tmp_path / "elsewhere"))
    other = Archive(tmp_path / "elsewhere").write(forged, BEGAN)[0]
    path.write_bytes(other.read_bytes())
    assert "a foreign key" in " ".join(verify([path])[1])
    forged["public_key"] = json.loads(reports(folder)[0].read_bytes())["report"]["public_key"]
    path.write_bytes(sealed_bytes(forged, key))
    assert "sealed with another key: the signature is wrong" in " ".join(verify([path])[1])


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_an_exchanged_public_key_is_seen_with_the_one_from_elsewhere(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.pub"
    kept.write_bytes((folder / PUBLIC_KEY).read_bytes())
    for path in (*reports(folder), folder / PRIVATE_KEY, folder / PUBLIC_KEY, folder / HEAD):
        path.unlink()
    Archive(folder).write(content(), BEGAN)
    assert verify([folder])[1] == []
    assert "a foreign key" in verify([folder], kept)[1][0]


def test_a_removed_report_is_missed_wherever_it_stood(folder: Path) -> None:
    for removed, sentence in (
        (reports(folder)[1], "the report before it, 2026-03-01T090000Z.json, is missing: it was removed"),
        (reports(folder)[2], "the newest report is missing: it was removed"),
    ):
        kept = removed.read_bytes()
        removed.unlink()
        assert any(sentence in one for one in verify([folder])[1])
        removed.write_bytes(kept)
    assert verify([folder])[1] == []


def test_the_next_report_still_names_the_newest_one_that_was_removed(folder: Path) -> None:
    reports(folder)[2].unlink()
    Archive(folder).write(content(), BEGAN + timedelta(hours=5))
    assert any("2026-03-01T100000Z.json, is missing" in one for one in verify([folder])[1])


def test_an_old_report_in_the_place_of_a_newer_one_is_an_exchange(folder: Path) -> None:
    first, second, third = reports(folder)
    second.write_bytes(first.read_bytes())
    assert any("was exchanged" in one for one in verify([third])[1])
    third.write_bytes(first.read_bytes())
    assert any("was exchanged" in one for one in verify([folder])[1])


def test_a_missing_head_and_a_changed_readable_form_are_named(folder: Path) -> None:
    readable = reports(folder)[0].with_suffix(".md")
    readable.write_text(readable.read_text(encoding="utf-8").replace("INCOMPLETE", "PASSED"), encoding="utf-8")
    (folder / HEAD).unlink()
    wrong = verify([folder])[1]
    assert any("the readable form was changed" in one for one in wrong)
    assert any("nobody can tell whether the newest report was removed" in one for one in wrong)


def test_a_planted_report_of_another_key_does_not_join_the_chain(folder: Path, tmp_path: Path) -> None:
    planted = Archive(tmp_path / "elsewhere")
    for _ in range(9):
        path, _ = planted.write(content("planted"), BEGAN)
    (folder / "9999-01-01T000000Z.json").write_bytes(path.read_bytes())
    written, _ = Archive(folder).write(content(), BEGAN + timedelta(hours=6))
    chain = json.loads(written.read_bytes())["report"]["chain"]
    assert (chain["number"], chain["previous"]["file"]) == (4, "2026-03-01T100000Z.json")


def test_simulated_devices_are_named_loudly_in_both_forms(tmp_path: Path) -> None:
    path, _ = Archive(tmp_path).write(content(simulated=("camera", "PLC")), BEGAN)
    for text in (path.read_text(encoding="utf-8"), path.with_suffix(".md").read_text(encoding="utf-8")):
        assert "SIMULATED: camera and PLC." in text
        assert "it proves nothing about a real line" in text
    assert "none at hand \\| &lt;b>" in path.with_suffix(".md").read_text(encoding="utf-8")


def test_a_folder_without_reports_and_a_file_that_is_not_there_are_named(tmp_path: Path) -> None:
    assert "there is no report" in verify([tmp_path])[1][0]
    assert "cannot be read" in verify([tmp_path / "none.json"])[1][0]
