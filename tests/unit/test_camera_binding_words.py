"""An exception of the binding becomes the words that a technician needs."""

from __future__ import annotations

import pytest

from drivers.camera.binding_words import first_line

GENTL = (
    "GenTL exception: Communication error, read or write to remote device failed. "
    "(Message from the source: the camera does not answer) (ID: -1010)"
)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError(GENTL), "the camera does not answer"),
        (RuntimeError("GenTL exception: Busy. (Message from the source: ) (ID: -1)"), None),
        (RuntimeError("one line\nand another"), "one line"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_the_producers_own_words_come_first(error: Exception, words: str | None) -> None:
    assert first_line(error) == (words if words is not None else str(error))
