"""The pieces that drawings are made of: draws, curves and stamps."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cell.drawing.dice import Dice, cosine, sine, smooth, stretch_rows
from drivers.cell.drawing.seeds import (
    CELL_PARTS,
    CELL_SEEDS_FROM,
    DATASETS,
    PARTS_A_DATASET,
    SPLITS,
    cell_part_seed,
    dataset_part_seed,
)
from drivers.cell.drawing.stamp import FAR_PX, Stamp, bend, trace


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=3), st.integers(0, 5))
def test_streams_of_one_name_are_equal_and_of_two_names_are_not(name: list[int], other: int) -> None:
    assert Dice(*name).octets(2, 8).tobytes() == Dice(*name).octets(2, 8).tobytes()
    assert Dice(*name).octets(2, 8).tobytes() != Dice(*name, 7 + other).octets(2, 8).tobytes()


@pytest.mark.parametrize(("down", "across"), [(1, 1), (20, 1), (5, 3)])
def test_grain_has_mean_0_and_deviation_1_and_is_smeared_in_its_direction(down: int, across: int) -> None:
    grain = Dice(1).grain(400, 300, down, across)
    assert grain.shape == (400, 300)
    assert abs(float(grain.mean())) < 0.1
    assert 0.9 < float(grain.std()) < 1.1
    step_down, step_across = np.abs(np.diff(grain, axis=0)).mean(), np.abs(np.diff(grain, axis=1)).mean()
    assert (step_down < step_across) == (down > across)


def test_clouds_are_smooth_and_of_the_size_asked_for() -> None:
    clouds = Dice(2).clouds(101, 67, 12)
    assert clouds.shape == (101, 67)
    assert np.abs(np.diff(clouds, axis=0)).max() < 0.3 > np.abs(np.diff(clouds, axis=1)).max()


@given(st.floats(-3, 3))
def test_rounded_sine_and_cosine_lie_on_the_circle(turns: float) -> None:
    assert sine(turns) ** 2 + cosine(turns) ** 2 == pytest.approx(1, abs=1e-4)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20))
def test_the_smooth_step_stays_within_0_and_1_and_keeps_order(values: list[float]) -> None:
    stepped = smooth(np.sort(np.array(values)))
    assert stepped.min() >= 0
    assert stepped.max() <= 1
    assert np.all(np.diff(stepped) >= -1e-6)


def test_stretched_rows_pass_through_the_rows_they_came_from() -> None:
    field = np.array([[0, 4], [8, 0], [8, 0]], dtype=np.float32)
    out = stretch_rows(field, 4)
    assert out.shape == (8, 2)
    assert out[0].tolist() == [0, 4]
    assert out[2].tolist() == [4, 2]
    assert out[4].tolist() == out[7].tolist() == [8, 0]


@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 12), st.integers(1, 12))
def test_a_cropped_stamp_lies_on_the_picture_or_is_none(top: int, left: int, h: int, w: int) -> None:
    stamp = Stamp(top, left, np.ones((h, w), np.float32), np.ones((h, w), np.bool_))
    seen = stamp.cropped(20, 15)
    overlap = max(0, min(top + h, 20) - max(top, 0)) * max(0, min(left + w, 15) - max(left, 0))
    if seen is None:
        assert overlap == 0
    else:
        assert seen.gain.size == overlap
        assert min(seen.top, seen.left) >= 0
        assert seen.top + seen.gain.shape[0] <= 20
        assert seen.left + seen.gain.shape[1] <= 15
    surface = np.ones((20, 15), np.float32)
    stamp.press(surface)
    assert surface.sum() == 20 * 15 + overlap


def test_a_stamp_with_two_shapes_is_refused_with_both() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 2\)"):
        Stamp(0, 0, np.zeros((2, 3), np.float32), np.zeros((3, 2), np.bool_))


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 30)), min_size=2, max_size=4, unique=True),
    st.floats(1.5, 6),
)
def test_traced_offsets_are_the_distances_to_the_curve(points: list[tuple[float, float]], reach: float) -> None:
    curve = np.array(points)
    if min(np.hypot(*(b - a)) for a, b in itertools.pairwise(curve)) < 0.5:
        return
    traced = trace(curve, reach)
    rows, columns = np.indices(traced.offset_px.shape)
    rows, columns = rows + traced.top, columns + traced.left
    nearest = np.full(rows.shape, np.inf)
    for (y0, x0), (y1, x1) in itertools.pairwise(points):
        t = ((rows - y0) * (y1 - y0) + (columns - x0) * (x1 - x0)) / ((y1 - y0) ** 2 + (x1 - x0) ** 2)
        t = np.clip(t, 0, 1)
        nearest = np.minimum(nearest, np.hypot(rows - y0 - t * (y1 - y0), columns - x0 - t * (x1 - x0)))
    near = nearest <= reach - 1.5
    assert np.allclose(np.abs(traced.offset_px)[near], nearest[near], atol=1e-3)
    far = np.abs(traced.offset_px) == np.float32(FAR_PX)
    assert np.all(nearest[far] > reach - 1.5)
    assert traced.along.min() >= 0
    assert traced.along.max() <= 1


@given(st.floats(20, 400), st.floats(0, 1), st.floats(-0.2, 0.2), st.integers(0, 1000))
def test_a_bend_is_about_as_long_as_asked_and_lies_around_its_place(
    length: float, turns: float, bow: float, seed: int
) -> None:
    curve = bend(Dice(seed), 500, 300, length, turns, bow)
    assert np.hypot(*(curve[-1] - curve[0])) == pytest.approx(length, rel=0.01)
    assert np.all(np.hypot(curve[:, 0] - 500, curve[:, 1] - 300) < length)


@given(
    st.tuples(st.sampled_from(SPLITS), st.integers(0, DATASETS - 1), st.integers(0, PARTS_A_DATASET - 1)),
    st.tuples(st.sampled_from(SPLITS), st.integers(0, DATASETS - 1), st.integers(0, PARTS_A_DATASET - 1)),
)
def test_two_parts_of_data_sets_never_share_a_seed(one: tuple[str, int, int], other: tuple[str, int, int]) -> None:
    assert (dataset_part_seed(*one) == dataset_part_seed(*other)) == (one == other)
    assert dataset_part_seed(*one) < CELL_SEEDS_FROM


@given(st.integers(0, 2**63 - 1), st.integers(0, CELL_PARTS - 1), st.integers(0, 2**63 - 1))
def test_the_cells_parts_are_in_no_data_set_and_in_no_other_run(run: int, index: int, other: int) -> None:
    assert cell_part_seed(run, index) >= CELL_SEEDS_FROM
    assert (cell_part_seed(run, index) == cell_part_seed(other, index)) == (run == other)


@pytest.mark.parametrize(
    "bad", [("holdout", 0, 0), ("train", DATASETS, 0), ("train", -1, 0), ("val", 0, PARTS_A_DATASET)]
)
def test_a_data_sets_part_out_of_range_has_no_seed(bad: tuple[str, int, int]) -> None:
    with pytest.raises(ValueError, match=r"found|unknown"):
        dataset_part_seed(*bad)


@pytest.mark.parametrize("bad", [(-1, 0), (0, CELL_PARTS), (0, -1)])
def test_a_cells_part_out_of_range_has_no_seed(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="found"):
        cell_part_seed(*bad)
