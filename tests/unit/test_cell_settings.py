"""The cell's settings refuse what does not fit together, and say what would."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from drivers.cell.faults import FAULT_KINDS, FaultPlan
from drivers.cell.line_faults import LINE_FAULT_KINDS, LineFaultPlan
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
        ({"product": "fastener", "images": "pictures"}, "a fastener is drawn: leave images out"),
        ({"product": "fastener", "distinct_parts": 257}, "at most 256 for fasteners, found 257"),
        ({"product": "bolt"}, "'mantle', 'fastener' or 'serial'"),
        ({"wrong_parts": 0.5}, "part_type and wrong_parts are for product serial, found product mantle"),
        ({"product": "serial", "part_type": "D0CW-1"}, "'D0CW-1' cannot be drawn; there are D0CW-51300, "),
        ({"product": "serial", "wrong_parts": 1.5}, "less than or equal to 1"),
        ({"fault_kinds": ["rain"]}, "'incomplete'"),
        ({"fault_kinds": []}, "at least 1 item"),
        ({"line_fault_kinds": ["rain"]}, "'gate-stuck-closed'"),
        ({"gate_kind": "sideways"}, "'pass' or 'reject'"),
        ({"reject_bin": "floor"}, "every bin needs a name of its own"),
        ({"encoder_start_counts": 2**32}, "less than"),
        ({"sped": 1}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        CellSettings.model_validate(changes)


def test_bins_may_come_as_the_list_that_a_configuration_file_holds() -> None:
    settings = CellSettings.model_validate({"defect_bins": ["crack", "blowhole"]})
    assert settings.defect_bins == ("crack", "blowhole")


def test_no_part_is_hit_by_a_fault_unless_the_settings_say_so_and_then_every_kind_takes_its_turn() -> None:
    assert CellSettings().fault_plan.every == 0
    assert CellSettings().fault_plan.kinds == FAULT_KINDS
    some = CellSettings.model_validate({"fault_every": 20, "fault_kinds": ["drop", "white"], "fault_slow_ms": 300})
    assert some.fault_plan == FaultPlan(every=20, kinds=("drop", "white"), slow_ms=300)


def test_no_fault_of_the_line_comes_unless_the_settings_say_so_and_then_every_kind_takes_its_turn() -> None:
    assert CellSettings().line_fault_plan == LineFaultPlan(0, LINE_FAULT_KINDS)
    some = CellSettings.model_validate({"line_fault_every": 7, "line_fault_kinds": ["falls-off"]})
    assert some.line_fault_plan == LineFaultPlan(7, ("falls-off",))


def test_settings_survive_the_way_through_json() -> None:
    settings = CellSettings(seed=7, images="pictures", parts=3)
    assert CellSettings.model_validate_json(settings.model_dump_json()) == settings


def test_every_setting_is_described() -> None:
    assert all(field.description for field in CellSettings.model_fields.values())
