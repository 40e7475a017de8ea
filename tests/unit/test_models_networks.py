"""The networks by name, and the index tables of windowed attention: what needs no PyTorch."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from models.make.frameworks import TrainingUnavailableError
from models.make.manifest import DataError
from models.make.networks import NETWORKS, NetworkPlan, build, check_edge, plan_named
from models.make.networks.shifted_windows import blocked_pairs, padded_edge, relative_positions

REPO = Path(__file__).parents[2]
SHIPPED = sorted((REPO / "models" / "make" / "products").glob("*.yaml"))


def test_importing_the_networks_imports_no_training_library() -> None:
    program = (
        "import sys; import models.make.networks; "
        "sys.exit(1 if {'torch', 'litert_torch', 'sklearn', 'matplotlib'} & set(sys.modules) else 0)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=REPO, timeout=60, check=False).returncode == 0


def test_every_network_is_found_by_the_name_it_says_of_itself() -> None:
    assert all(plan_named(name).name == name for name in NETWORKS)
    assert plan_named(NETWORKS["swin-t"]) is NETWORKS["swin-t"]


@pytest.mark.parametrize(
    "name",
    [
        *("rn18-012-s2d4", "rn18-025", "rn18-025-s2d4", "rn18-025-s2d2-fine", "rn18-037-s2d4"),
        *("rn18-050", "rn18-050-s2d2", "rn18-050-s2d4", "rn18-050-s2d2-fine", "rn18-100", "rn18-100-s2d4"),
        *("mbv2-035", "mbv2-035-s2d4", "mbv2-050", "mbv2-100", "mbv2-035-1024", "mbv2-100-1024"),
        *("inception-cnn", "efficientnet-s", "efficientnet-b0", "efficientnet-b4", "efficientnet-b7"),
        *("swin-s", "swin-t"),
    ],
)
def test_the_students_the_teachers_and_the_studies_networks_have_names(name: str) -> None:
    assert name in NETWORKS


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_products_name_networks_that_can_see_their_patches(path: Path) -> None:
    product = yaml.safe_load(path.read_text(encoding="utf-8"))
    check_edge(plan_named(product["training"]["network"]), product["geometry"]["patch_px"])


def test_an_unknown_network_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(DataError, match=r"network 'rn50': expected one of rn18-012, .*swin-t$"):
        plan_named("rn50")


@pytest.mark.parametrize(
    ("name", "edge_px", "told"),
    [("rn18-050-s2d4", 46, "steps of 4 px, found 46 px"), ("inception-cnn", 64, "128 px or more, .* found 64 px")],
)
def test_an_edge_that_a_network_cannot_see_is_refused(name: str, edge_px: int, told: str) -> None:
    with pytest.raises(DataError, match=told):
        check_edge(NETWORKS[name], edge_px)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (lambda: NetworkPlan("x", "resnet18", space_to_depth=3), "expected 1, 2 or 4"),
        (lambda: NetworkPlan("x", "swin"), "transformer's sizes"),
        (lambda: NetworkPlan("x", "resnet18", space_to_depth=4, fine=True), "folded by 2 at most"),
        (lambda: NetworkPlan("x", "inception-cnn", fine=True), "fine is for"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(plan: object, told: str) -> None:
    assert callable(plan)
    with pytest.raises(ValueError, match=told):
        plan()


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed here")
def test_without_the_training_environment_building_says_how_to_get_it() -> None:
    with pytest.raises(TrainingUnavailableError, match="run `make setup-train`"):
        build("rn18-025", 2)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 14), st.integers(1, 14), st.sampled_from([2, 4, 7]), st.booleans())
def test_a_cell_sees_the_real_cells_of_its_own_window_and_no_other(
    height: int, width: int, window: int, shifted: bool
) -> None:
    shift = window // 2 if shifted else 0
    high, wide = padded_edge(height, window), padded_edge(width, window)
    found = blocked_pairs(height, width, window, shift)
    count = (high // window) * (wide // window)
    blocked = np.zeros((count, window * window, window * window), dtype=bool) if found is None else found
    assert blocked.shape == (count, window * window, window * window)
    for index in range(count):
        top, left = (index // (wide // window)) * window, (index % (wide // window)) * window
        cells = [
            ((top + down + shift) % high, (left + right + shift) % wide)
            for down in range(window)
            for right in range(window)
        ]
        for first, (row, column) in enumerate(cells):
            for second, (other_row, other_column) in enumerate(cells):
                real = row < height and column < width, other_row < height and other_column < width
                # windows of the shifted grid on the map as it lies: neighbours there, whatever the rolling did
                together = (row - shift) // window == (other_row - shift) // window and (
                    (column - shift) // window == (other_column - shift) // window
                )
                assert bool(blocked[index, first, second]) == (not (all(real) and together) and any(real))


def test_the_same_step_between_two_cells_has_the_same_bias() -> None:
    table = relative_positions(4).reshape(4, 4, 4, 4)
    assert table[0, 0, 1, 2] == table[2, 1, 3, 3] != table[1, 2, 0, 0]
    assert sorted(np.unique(table)) == list(range(49))
