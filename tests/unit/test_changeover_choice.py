"""The recipe chosen last is found again after a restart, and a file that says nothing is no reason to stand still."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.changeover.choice import FILE, Choice, ChoiceError


def test_what_is_kept_is_read_by_the_next_run_and_nothing_else_lies_there(tmp_path: Path) -> None:
    folder = tmp_path / "records"
    assert Choice(folder).read() is None
    Choice(folder).keep(7, "the PLC")
    Choice(folder).keep(2, "somebody")
    assert Choice(folder).read() == 2
    assert [path.name for path in folder.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "{", "[]", '"2"', '{"recipe": 2}', '{"recipe_id": "2"}', "\x00"])
def test_a_file_that_cannot_be_used_is_no_choice(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert Choice(tmp_path).read() is None


def test_the_station_starts_with_the_choice_where_the_configuration_still_has_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    choice = Choice(tmp_path)
    assert choice.among((1, 2), 1) == 1
    choice.keep(2, "somebody")
    assert choice.among((1, 2), 1) == 2
    assert caplog.text == ""
    assert choice.among((1, 3), 1) == 1
    assert "recipe 2 was chosen last and is not in the configuration any more: recipe 1" in caplog.text


def test_a_choice_that_cannot_be_kept_is_said_and_the_old_one_stays(tmp_path: Path) -> None:
    choice = Choice(tmp_path)
    choice.keep(1, "somebody")
    (tmp_path / FILE).with_suffix(".new").mkdir()
    with pytest.raises(ChoiceError, match="cannot be kept"):
        choice.keep(2, "somebody")
    assert choice.read() == 1
