"""The table and the curve: what is chosen, how spread is told, and where generated lines go."""

import json
from pathlib import Path

import pytest

from models.make.figures.all_sets import measure_all, table
from models.make.figures.candidates import chosen, draw, lines, smaller_patches
from models.make.figures.marked_text import BEGIN, END, put_between_marks
from models.make.figures.plan import TABLE
from models.make.figures.table import rows, share, spread
from models.make.manifest import DataError
from models.make.networks import NETWORKS
from models.make.product import load_product


def seen(ms: float, missed: int, *, delegated: bool | None = True) -> dict[str, object]:
    return {
        "ms_a_part": ms,
        "missed": missed,
        "recall": 1 - missed / 100,
        "overkill": 0.02,
        "right_class": 0.9,
        "int8_bytes": 1000,
        "delegated": delegated,
    }


FOUND = {
    "rn18-100": seen(200, 2),
    "rn18-050": seen(60, 2),
    "rn18-025": seen(20, 1),
    "rn18-012": seen(8, 3),
    "swin-s": seen(5, 0, delegated=False),
}


def test_the_fastest_network_that_misses_no_more_than_the_full_resnet_is_chosen() -> None:
    assert chosen(FOUND) == "rn18-025"
    assert chosen({**FOUND, "rn18-012": seen(8, 2)}) == "rn18-012"


def test_the_curve_is_told_fastest_first_and_drawn(tmp_path: Path) -> None:
    result = {"networks": FOUND, "chosen": "rn18-025", "threads": 1, "product": "spots", "patch_px": 128}
    told = lines(result)
    assert [line.split()[0] for line in told[1:]] == ["swin-s", "rn18-012", "rn18-025", "rn18-050", "rn18-100"]
    assert "<- chosen" in told[3]
    for kind in ("png", "svg"):
        draw(result, tmp_path / f"curve.{kind}")
        assert (tmp_path / f"curve.{kind}").stat().st_size > 5000


def test_smaller_patches_cover_the_same_part() -> None:
    product = load_product("mantle")
    smaller = smaller_patches(product, 128, 3)
    assert smaller.geometry.max_patches == 4 * product.geometry.max_patches
    assert (smaller.training.epochs, smaller.training.warm_up) == (3, None)


def test_spread_over_seeds_is_the_sample_standard_deviation_and_unknown_stays_unknown() -> None:
    assert spread([1.0, 2.0, 3.0], 1) == "2.0 ± 1.0"
    assert spread([4.0], 2) == "4.00"
    assert share([0.5, 0.7]) == "60.0 ± 14.1 %"
    assert share([None, None]) == "unknown"


def result(recall: float) -> dict[str, dict[str, object]]:
    figures: dict[str, object] = {
        "parts": 22,
        "recall": recall,
        "overkill": None,
        "right_class": 0.9,
        "patch_accuracy": 0.97,
    }
    return {"student": figures, "student INT8": figures | {"ms_a_part": 12.5}, "student INT8 on other": figures}


def test_a_row_says_set_verdicts_network_and_seeds() -> None:
    told = rows("rail", [result(1.0), result(0.9)])
    assert told[0].startswith("| rail (22 parts) | student, 2 seeds | 95.0 ± 7.1 % | unknown |")
    assert told[1].endswith("| 12.5 ± 0.0 |")
    assert told[2].startswith("| rail (22 parts) | student INT8 on other, 2 seeds |")
    assert rows("tile", [result(1.0)], "pictures")[0].startswith("| tile (22 pictures) | student, 1 seeds |")


def test_results_that_are_there_are_told_and_a_missing_folder_is_said_with_the_command_that_makes_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "rail").mkdir()
    (tmp_path / "rail" / "seed1.json").write_text(json.dumps(result(1.0)), encoding="utf-8")
    assert sum("rail" in line for line in table(tmp_path)) == 3
    measure_all(None, None, tmp_path, ["rail"], [1], 1)
    with pytest.raises(DataError, match=r"draw it: station model draw --product mantle --out"):
        measure_all(None, tmp_path, tmp_path, ["mantle"], [1], 1)


def test_every_row_of_the_table_names_a_product_and_teachers_that_there_are() -> None:
    for row in TABLE:
        load_product(row.product)
        assert all(teacher.network in NETWORKS for teacher in row.teachers)


def test_generated_lines_replace_what_stands_between_the_marks_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    put_between_marks(page, ["| a |", "| b |"])
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\n| a |\n| b |\n{END}\nafter\n"
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(DataError, match="found not both"):
        put_between_marks(page, [])
    assert page.read_text(encoding="utf-8") == "no marks"
