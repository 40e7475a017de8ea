"""The audit finds what makes figures worthless, and keeps quiet about an honest set."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.make.data.audit import audit_data
from models.make.data.findings import AuditResult, Kind, Level, summary
from models.make.data.near import NearPair, clusters, threshold_of
from models.make.data.page import audit_page
from models.make.manifest import DataError, audit, read_manifest
from tests.unit.models_data import Entry, Grey, grain, write_set

HONEST = [
    Entry(f"{class_name}{number}.png", grain(seed), class_name, split)
    for seed, (class_name, number, split) in enumerate(
        (class_name, number, split)
        for class_name in ("good", "spot")
        for number, split in enumerate(("train", "train", "val", "test"))
    )
]


def audited(folder: Path, entries: list[Entry]) -> AuditResult:
    return audit_data(write_set(folder, entries), "drawn", threads=1)


def kinds(result: AuditResult, level: Level | None = None) -> set[Kind]:
    return {finding.kind for finding in result.findings if level in (None, finding.level)}


def test_an_honest_set_has_no_finding_and_the_digest_that_training_uses(tmp_path: Path) -> None:
    result = audited(tmp_path, HONEST)
    assert result.findings == ()
    assert result.good
    assert result.data_digest == audit(read_manifest(tmp_path, "drawn")).digest
    assert result.pictures == {"train": 4, "val": 2, "test": 2}
    assert ("spot", "train", 2, 2) in result.counts
    assert "good: no leak" in summary(result)[-1]


def test_the_result_is_json_and_its_digest_changes_with_what_was_found(tmp_path: Path) -> None:
    good = audited(tmp_path / "a", HONEST)
    leaky = audited(tmp_path / "b", [*HONEST, Entry("again.png", HONEST[0].pixels, split="test")])
    for result in (good, leaky):
        assert json.loads(json.dumps(result.as_json()))["digest"] == result.digest
        assert json.loads(json.dumps(result.provenance()))["digest"] == result.digest
    assert good.digest != leaky.digest
    assert audited(tmp_path / "c", HONEST).digest == good.digest
    assert leaky.provenance()["leaks"] == 1


def saved_as_jpeg(picture: Grey) -> Grey:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, [1, 85])[1], cv2.IMREAD_GRAYSCALE), np.uint8)


def rotated(picture: Grey, angle_deg: float) -> Grey:
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


COPIES = {
    "jpeg": saved_as_jpeg,
    "mirrored": lambda picture: picture[:, ::-1],
    "upside-down": lambda picture: picture[::-1],
    "quarter": np.rot90,
    "quarter-mirrored": lambda picture: np.rot90(picture)[:, ::-1],
    "4-degrees": lambda picture: rotated(picture, 4.0),
    "shifted": lambda picture: np.roll(picture, (5, -4), (0, 1)),
    "cropped": lambda picture: picture[4:, :-3],
    "darker": lambda picture: cv2.convertScaleAbs(picture, alpha=0.6),
    "brighter": lambda picture: cv2.convertScaleAbs(picture, alpha=1.2),
}


def test_a_copy_in_another_split_is_a_leak_however_it_was_changed(tmp_path: Path) -> None:
    sources = {change: grain(100 + number) for number, change in enumerate(COPIES)}
    entries = [
        entry
        for change, picture in sources.items()
        for entry in (
            Entry(f"{change}.png", picture),
            Entry(f"{change}-copy.png", np.ascontiguousarray(COPIES[change](picture)), split="test"),
        )
    ]
    result = audited(tmp_path, [*HONEST, *entries])
    assert {finding.kind for finding in result.of(Level.LEAK)} == {Kind.COPY_IN_TWO_SPLITS}
    assert {frozenset(finding.paths) for finding in result.of(Level.LEAK)} == {
        frozenset({f"{change}.png", f"{change}-copy.png"}) for change in COPIES
    }
    assert not result.good


def test_the_same_file_and_the_same_pixels_saved_anew_are_told_apart(tmp_path: Path) -> None:
    pixels = HONEST[0].pixels
    assert pixels is not None
    anew = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes()
    result = audited(
        tmp_path,
        [*HONEST, Entry("same.png", pixels, split="val"), Entry("anew.png", content=anew, split="test")],
    )
    leaks = {finding.kind: finding.paths for finding in result.of(Level.LEAK)}
    assert leaks == {
        Kind.FILE_IN_TWO_SPLITS: ("good0.png", "same.png"),
        Kind.PIXELS_IN_TWO_SPLITS: ("good0.png", "anew.png"),
    }


def test_one_picture_under_two_labels_is_a_fault_and_a_copy_of_it_a_warning(tmp_path: Path) -> None:
    pixels = HONEST[0].pixels
    assert pixels is not None
    result = audited(
        tmp_path,
        [
            *HONEST,
            Entry("same.png", pixels, "spot", part="good0"),
            Entry("mirror.png", pixels[:, ::-1], "spot", part="good0"),
        ],
    )
    assert kinds(result, Level.FAULT) == {Kind.TWO_LABELS}
    assert kinds(result, Level.WARNING) == {Kind.COPY_UNDER_TWO_LABELS}
    assert not result.of(Level.LEAK)


def test_copies_in_two_parts_of_one_split_are_probably_one_part(tmp_path: Path) -> None:
    pixels = HONEST[0].pixels
    assert pixels is not None
    result = audited(tmp_path, [*HONEST, Entry("other.png", pixels[::-1], part="other")])
    assert kinds(result) == {Kind.COPY_OF_OTHER_PART}
    assert result.good


def test_a_part_in_two_splits_is_a_leak(tmp_path: Path) -> None:
    entries = [replace(HONEST[0], part="p"), *HONEST[1:3], replace(HONEST[3], part="p"), *HONEST[4:]]
    (leak,) = audited(tmp_path, entries).of(Level.LEAK)
    assert leak.text == "part p lies in train and test"


def test_bad_files_are_each_one_sentence_and_the_rest_is_audited(tmp_path: Path) -> None:
    colour = np.dstack([grain(50), grain(51), grain(52)])
    deep = grain(53).astype(np.uint16) * 200
    entries = [
        *HONEST,
        Entry("none.png", content=b"no picture"),
        Entry("empty.png", content=b""),
        Entry("missing.png"),
        Entry("deep.png", deep),  # pyright: ignore[reportArgumentType]
        Entry("colour.png", colour),
        Entry("tiny.png", grain(54, 12, 40)),
        Entry("other.png", grain(55), digest="f" * 64),
        Entry("small_mask.png", grain(56), "spot", mask=np.ones((5, 5), np.uint8)),
        Entry("no_mark.png", grain(57), "spot", mask=np.zeros((96, 80), np.uint8)),
        Entry("sound_mark.png", grain(58), "good", mask=np.ones((96, 80), np.uint8)),
        Entry("sound_empty.png", grain(59), "good", mask=np.zeros((96, 80), np.uint8)),
    ]
    result = audited(tmp_path, entries)
    told = {finding.paths[0]: (finding.kind, finding.text) for finding in result.findings}
    assert told["none.png"] == (Kind.UNREADABLE, "none.png: expected a picture, found something else")
    assert told["empty.png"][0] is Kind.UNREADABLE
    assert "No such file" in told["missing.png"][1]
    assert "found 16; save it with the 8 bits" in told["deep.png"][1]
    assert told["colour.png"][0] is Kind.COLOUR
    assert "found 12 x 40" in told["tiny.png"][1]
    assert told["other.png"][0] is Kind.OTHER_DIGEST
    assert "expected a mask of 96 x 80, found 5 x 5" in told["small_mask.png"][1]
    assert told["no_mark.png"][0] is Kind.EMPTY_MASK
    assert told["sound_mark.png"][0] is Kind.MARKED_SOUND
    assert "sound_empty.png" not in told
    assert not result.of(Level.LEAK)
    scaled = audit_data(tmp_path, "drawn", threads=1, scale_16_bit=True)
    assert "deep.png" not in {finding.paths[0] for finding in scaled.findings}


def test_classes_that_cannot_be_learnt_or_measured_are_named(tmp_path: Path) -> None:
    entries = [
        *HONEST,
        Entry("a.png", grain(60), "late", "test", "one"),
        Entry("b.png", grain(61), "late", "test", "one"),
        Entry("c.png", grain(62), "early", "train", "c"),
        Entry("d.png", grain(63), "early", "train", "d"),
    ]
    told = {finding.kind: finding.text for finding in audited(tmp_path, entries).findings}
    assert told[Kind.EMPTY_CLASS].startswith("late: no picture in train")
    assert told[Kind.ONE_PART_ONLY].startswith("late: all 2 pictures are of part one")
    assert "early: no picture in val and test" in {f.text.split(",")[0] for f in audited(tmp_path, entries).findings}


def test_a_split_in_another_light_is_told(tmp_path: Path) -> None:
    entries = [
        replace(entry, pixels=cv2.convertScaleAbs(entry.pixels, alpha=0.4)) if entry.split == "test" else entry
        for entry in HONEST
        if entry.pixels is not None
    ]
    (finding,) = audited(tmp_path, entries).findings
    assert finding.kind is Kind.OTHER_LIGHT
    assert finding.text.startswith("test: median grey level")


def test_the_page_shows_both_pictures_of_a_pair_and_needs_no_other_file(tmp_path: Path) -> None:
    pixels = HONEST[0].pixels
    assert pixels is not None
    entries = [*HONEST, Entry("<b>.png", np.ascontiguousarray(pixels[:, ::-1]), split="test")]
    result = audited(tmp_path, entries)
    page = audit_page(result, tmp_path, read_manifest(tmp_path, "drawn"))
    assert page.count("data:image/jpeg;base64,") == 2
    assert "&lt;b&gt;.png" in page
    assert "<b>.png" not in page
    assert "http" not in page
    assert "Not good." in page


def test_a_folder_without_a_manifest_cannot_be_audited(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a manifest"):
        audit_data(tmp_path, "drawn")


def test_the_limit_moves_up_where_parts_look_alike_and_never_out_of_its_range() -> None:
    assert threshold_of([0.05] * 50) == 0.4
    assert 0.6 < threshold_of([0.5 + 0.001 * index for index in range(100)]) < 0.8
    assert threshold_of([0.5, 0.9] * 50) == 0.9
    assert threshold_of([0.95]) == 0.4


def test_what_hangs_together_through_others_is_one_cluster() -> None:
    assert clusters(5, [NearPair(0, 3, 0.9), NearPair(3, 4, 0.9)]) == [0, 1, 2, 0, 0]
