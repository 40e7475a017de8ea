"""The note in a picture's file: it comes back whole, the pixels stay what they are, a torn file says so."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.pictures.encoding import decoded, encoded
from station.pictures.note import NoteError, check_whole, note_of, with_note

PIXELS = np.random.default_rng(3).integers(0, 256, (48, 64), dtype=np.uint8)
FILES = [
    pytest.param(encoded(PIXELS, lossless=False), id="jpeg"),
    pytest.param(encoded(PIXELS, lossless=True), id="png"),
]
NOTE = {"view": "Kopf 90° \U0001f529", "patches": [[1, 2, 0, 0.5]] * 9000, "heat": None}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("note", [{}, {"view": "a"}, NOTE])
def test_a_note_of_any_length_comes_back_and_changes_no_pixel(file: bytes, note: dict[str, Any]) -> None:
    noted = with_note(file, note)
    assert note_of(noted) == note
    assert (decoded(noted) == decoded(file)).all()  # type: ignore[union-attr]
    assert cv2.imdecode(np.frombuffer(noted, np.uint8), cv2.IMREAD_COLOR) is not None


def test_a_picture_without_loss_comes_back_byte_for_byte() -> None:
    found = decoded(with_note(encoded(PIXELS, lossless=True), NOTE))
    assert found is not None
    np.testing.assert_array_equal(found, PIXELS)


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_torn_anywhere_is_no_picture(file: bytes) -> None:
    noted = with_note(file, NOTE)
    for end in (0, 1, 10, 40, 1000, len(noted) - 1):
        with pytest.raises(NoteError, match=r"it is empty|expected a whole JPEG or PNG"):
            check_whole(noted[:end])


@pytest.mark.parametrize("file", FILES)
def test_a_picture_of_somebody_else_has_no_note(file: bytes) -> None:
    with pytest.raises(NoteError, match="carries no note"):
        note_of(file)


@given(st.binary(max_size=300), st.sampled_from([b"\xff\xd8", b"\x89PNG\r\n\x1a\n"]))
def test_bytes_that_only_begin_and_end_like_a_picture_are_refused_in_words(middle: bytes, begin: bytes) -> None:
    end = b"\xff\xd9" if begin == b"\xff\xd8" else b"IEND\xaeB`\x82"
    with pytest.raises(NoteError):
        note_of(begin + middle + end)
