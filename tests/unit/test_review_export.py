"""Judged parts become a data set that the model's own audit takes, with the labels that people gave."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from models.make.command import run
from models.make.manifest import read_manifest
from station.cli.arguments import run_command
from station.records.judgement import Judgement
from station.records.record import PartRecord
from station.records.review_queries import judged_parts
from station.review.export import COLUMNS, Exported, export_chunks
from tests.unit.models_data import grain
from tests.unit.records_rows import a_judgement, a_part, a_picture, a_reject, reading, store


@dataclass(frozen=True, slots=True)
class KeptFile:
    path: Path


class Folder:
    """Pictures as the station keeps them: by part and view, rejects without loss."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, record: PartRecord, *views: str, suffix: str = ".jpg") -> None:
        for view in views or ("mantle",):
            path = self._root / f"{record.part_uid}-{view}{suffix}"
            assert cv2.imwrite(str(path), grain(record.part_uid * 10 + len(view)))

    def find(self, part_uid: int, view: str) -> KeptFile | None:
        found = sorted(self._root.glob(f"{part_uid}-{view}.*"))
        return KeptFile(found[0]) if found else None


@pytest.fixture
def kept(tmp_path: Path) -> Folder:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return Folder(folder)


def unpacked(judged: list[tuple[PartRecord, Judgement]], kept: Folder, into: Path, **more: Any) -> list[dict[str, str]]:
    """The export in a folder; the manifest's lines."""
    with zipfile.ZipFile(io.BytesIO(b"".join(export_chunks(judged, kept, **more)))) as archive:
        assert archive.testzip() is None
        archive.extractall(into)
    return list(csv.DictReader((into / "manifest.csv").read_text(encoding="utf-8").splitlines()))


def test_an_export_of_the_records_passes_the_audit_with_its_labels_and_part_groups(
    tmp_path: Path, kept: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "parts.sqlite"
    parts = [a_part(uid) if uid % 2 else a_reject(uid) for uid in range(1, 9)]
    for record in parts:
        kept.keep(record, suffix=".png" if record.verdict == "reject" else ".jpg")
    labels = ["good", "pits", "good", "scratches", "pits", "good", "scratches", "unsure"]
    store(path, [*parts, *(a_judgement(uid, label) for uid, label in enumerate(labels, 1))])
    exported = Exported()
    with reading(path) as connection:
        lines = unpacked(list(judged_parts(connection)), kept, tmp_path / "set", exported=exported)
    assert tuple(lines[0]) == COLUMNS
    assert {line["group"]: line["class"] for line in lines} == {
        "1": "defect-free", "2": "pits", "3": "defect-free", "4": "scratches", "5": "pits", "6": "defect-free",
        "7": "scratches",
    }  # fmt: skip
    assert {line["class"]: line["label"] for line in lines} == {"defect-free": "ok", "pits": "nok", "scratches": "nok"}
    assert (exported.parts, exported.pictures, dict(exported.left_out)) == (7, 7, {})
    report = tmp_path / "audit.json"
    order = ["data", "audit", "--data", str(tmp_path / "set"), "--set", "mantle", "--json", str(report)]
    assert run(order) == 0
    told = json.loads(report.read_text())
    assert [finding for finding in told["findings"] if finding["level"] != "warning"] == []
    assert len(read_manifest(tmp_path / "set", "mantle")) == 7
    assert "mantle" in capsys.readouterr().out


def test_an_export_whose_picture_was_changed_does_not_pass_the_audit(tmp_path: Path, kept: Folder) -> None:
    record = a_part(1)
    kept.keep(record)
    (line,) = unpacked([(record, a_judgement(1))], kept, tmp_path / "set")
    assert cv2.imwrite(str(tmp_path / "set" / line["path"]), grain(99))
    assert run(["data", "audit", "--data", str(tmp_path / "set")]) == 1


def test_the_stations_own_command_takes_an_export(tmp_path: Path, kept: Folder) -> None:
    record = a_part(1)
    kept.keep(record)
    unpacked([(record, a_judgement(1))], kept, tmp_path / "set")
    assert run_command(["model", "data", "audit", "--data", str(tmp_path / "set")]) == 0


def test_of_a_part_with_several_views_a_defect_labels_the_view_that_has_it(tmp_path: Path, kept: Folder) -> None:
    views = (a_picture("shank"), a_picture("head"))
    confirmed = a_reject(1, view="head", label="pits", pictures=views)
    relabelled = a_reject(2, view="head", label="pits", pictures=views)
    escaped = a_part(3, pictures=views)
    good = a_part(4, pictures=views)
    for record in (confirmed, relabelled, escaped, good):
        kept.keep(record, "shank", "head")
    judged = [
        (confirmed, a_judgement(1, "pits")),
        (relabelled, a_judgement(2, "scratches")),
        (escaped, a_judgement(3, "pits")),
        (good, a_judgement(4)),
    ]
    lines = unpacked(judged, kept, tmp_path / "set", sets={"shank": "bolt-shank", "head": "bolt-head"})
    assert [(line["group"], line["set"], line["class"], line["flags"]) for line in lines] == [
        ("1", "bolt-head", "pits", ""),
        ("2", "bolt-shank", "scratches", "whole_part"),
        ("2", "bolt-head", "scratches", "whole_part"),
        ("3", "bolt-shank", "pits", "whole_part"),
        ("3", "bolt-head", "pits", "whole_part"),
        ("4", "bolt-shank", "defect-free", ""),
        ("4", "bolt-head", "defect-free", ""),
    ]


def test_pictures_that_are_gone_are_told_and_harm_no_other(tmp_path: Path, kept: Folder) -> None:
    there, never, gone = a_part(1), a_part(2), a_part(3)
    kept.keep(there)
    kept.keep(gone)

    class Retention(Folder):
        def find(self, part_uid: int, view: str) -> KeptFile | None:
            found = super().find(part_uid, view)
            if found is not None and part_uid == 3:
                found.path.unlink()
            return found

    exported = Exported()
    judged = [(record, a_judgement(record.part_uid)) for record in (there, never, gone)]
    lines = unpacked(judged, Retention(tmp_path / "pictures"), tmp_path / "set", exported=exported)
    assert [line["group"] for line in lines] == ["1"]
    assert (exported.parts, exported.pictures) == (1, 1)
    left_out = (tmp_path / "set" / "left-out.csv").read_text().splitlines()
    assert left_out == ["part,view,why", "2,mantle,not kept", "3,mantle,No such file or directory"]
    assert sum(exported.left_out.values()) == 2


def test_names_that_are_no_paths_become_some_and_stay_in_the_manifest(tmp_path: Path, kept: Folder) -> None:
    record = a_reject(1, recipe="../bolt M8", label="a/b", pictures=(a_picture("mantle"),))
    kept.keep(record)
    (line,) = unpacked([(record, a_judgement(1, "a/b"))], kept, tmp_path / "set")
    assert (line["set"], line["class"]) == ("../bolt M8", "a/b")
    assert line["path"] == "bolt-M8/a-b/1-mantle.jpg"
    assert (tmp_path / "set" / line["path"]).is_file()


def test_an_export_passes_through_little_memory(tmp_path: Path, kept: Folder) -> None:
    judged = [(a_part(uid), a_judgement(uid)) for uid in range(1, 120)]
    for record, _ in judged:
        kept.keep(record, suffix=".png")
    chunks = [len(chunk) for chunk in export_chunks(judged, kept)]
    largest = max(path.stat().st_size for path in (tmp_path / "pictures").iterdir())
    assert len(chunks) > 2
    assert max(chunks[:-1]) <= (1 << 18) + largest + 1000


def test_nothing_judged_is_an_export_that_says_so(tmp_path: Path, kept: Folder) -> None:
    record = a_part(1)
    kept.keep(record)
    assert unpacked([(record, replace(a_judgement(1), judgement="unsure"))], kept, tmp_path / "set") == []
