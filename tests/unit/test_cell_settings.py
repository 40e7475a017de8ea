"""The cell's settings refuse what does not fit together, and say what would."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from drivers.cell.settings import CellSettings


def test_the_defaults_are_the_cell_of_the_study() -> None:
    settings = CellSettings()
    assert settings.counts_per_turn // settings.counts_per_line == 3648
    assert settings.turn_ns == round(0.8 * settings.period_ns)
    assert settings.result_limit_ns == settings.turn_ns + 1_000_000_000


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"counts_per_turn": 14_593}, "not a whole number of lines of 4 counts"),
        ({"rate_parts_per_s": 0.5, "result_timeout_ms": 1600}, "must be longer than one turn of the jig"),
        ({"reject_bin": "pits"}, "every bin needs a name of its own"),
        ({"rate_parts_per_s": 0.0}, "greater than 0"),
        ({"sped": 1}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        CellSettings.model_validate(changes)


def test_bins_may_come_as_the_list_that_a_configuration_file_holds() -> None:
    settings = CellSettings.model_validate({"defect_bins": ["crack", "blowhole"]})
    assert settings.defect_bins == ("crack", "blowhole")


def test_settings_survive_the_way_through_json() -> None:
    settings = CellSettings(seed=7, images="pictures", parts=3)
    assert CellSettings.model_validate_json(settings.model_dump_json()) == settings


def test_every_setting_is_described() -> None:
    assert all(field.description for field in CellSettings.model_fields.values())
