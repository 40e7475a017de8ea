"""The cell's own parts: repeatable, inside the sensor picture, with the defects that were asked for."""

import numpy as np
import pytest

from drivers.cell.drawing.part import HEIGHT_PX, LABELS, WIDTHS_PX
from drivers.cell.drawing.seeds import CELL_SEEDS_FROM
from drivers.cell.sources import MARGIN_PX, ScenePart, SourceError, drawn_parts, each_drawn_part

SENSOR_PX = 5472, 3648


def test_equal_arguments_give_equal_parts_and_another_seed_does_not() -> None:
    one, again, other = (drawn_parts(seed, 3, 0.5, *SENSOR_PX) for seed in (4, 4, 5))
    for a, b in zip(one, again, strict=True):
        assert (a.x_px, a.y_px, a.label, a.name) == (b.x_px, b.y_px, b.label, b.name)
        assert np.array_equal(a.picture, b.picture)
    assert {part.name for part in one}.isdisjoint(part.name for part in other)


@pytest.mark.parametrize("sensor", [SENSOR_PX, (1607, 3616)])
def test_every_part_lies_wholly_inside_with_a_margin(sensor: tuple[int, int]) -> None:
    parts = drawn_parts(1, 12, 0.5, *sensor)
    for part in parts:
        assert part.picture is not None
        height, width = part.picture.shape
        assert (height, width in WIDTHS_PX) == (HEIGHT_PX, True)
        assert MARGIN_PX <= part.x_px <= sensor[0] - MARGIN_PX - width
        assert MARGIN_PX <= part.y_px <= sensor[1] - MARGIN_PX - height
    if sensor == SENSOR_PX:
        assert len({part.x_px for part in parts}) > 6
        assert len({part.y_px for part in parts}) > 3


def test_the_fraction_of_defective_parts_is_kept_and_the_kinds_take_turns() -> None:
    labels = [part.label for part in each_drawn_part(2, 16, 0.5, *SENSOR_PX)]
    assert sorted(labels) == sorted([LABELS[0]] * 8 + [*LABELS[1:]] * 2)
    assert labels != sorted(labels)


@pytest.mark.parametrize(("fraction", "defective"), [(0.0, 0), (1.0, 2)])
def test_none_and_all_can_be_defective(fraction: float, defective: int) -> None:
    parts = drawn_parts(0, 2, fraction, *SENSOR_PX)
    assert sum(part.defective for part in parts) == defective
    assert all(part.defective == (part.label != LABELS[0]) for part in parts)
    assert all(part.problem is None for part in parts)


def test_the_cell_draws_from_its_own_seeds_whatever_the_runs_seed_is() -> None:
    for seed in (0, 2**63 - 1):
        (part,) = drawn_parts(seed, 1, 0.0, *SENSOR_PX)
        assert int(part.name.split("-")[1]) >= CELL_SEEDS_FROM


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((1, 0, 0.5, *SENSOR_PX), "0 were asked for"),
        ((1, 1025, 0.5, *SENSOR_PX), "1025 were asked for"),
        ((1, 4, 1.1, *SENSOR_PX), "found 1.1"),
        ((1, 4, float("nan"), *SENSOR_PX), "found nan"),
        ((-1, 4, 0.5, *SENSOR_PX), "found -1"),
        ((1, 4, 0.5, 1606, 3648), "1607×3616 px .* found 1606×3648"),
        ((1, 4, 0.5, 5472, 3615), "found 5472×3615"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_sentence_before_anything_is_drawn(
    arguments: tuple[int, int, float, int, int], named: str
) -> None:
    with pytest.raises(SourceError, match=named):
        each_drawn_part(*arguments)


def test_a_part_has_a_picture_or_a_problem() -> None:
    picture = np.zeros((2, 2), np.uint8)
    with pytest.raises(ValueError, match="both or neither"):
        ScenePart(None, 0, 0, "pits", True, "x")
    with pytest.raises(ValueError, match="both or neither"):
        ScenePart(picture, 0, 0, "pits", True, "x", "cut off")
    with pytest.raises(ValueError, match="float64"):
        ScenePart(np.zeros((2, 2)), 0, 0, "pits", True, "x")  # type: ignore[arg-type]
