"""The public data sets beside the repository, read as the demo reads them."""

from pathlib import Path

import pytest

from drivers.cell.sources import folder_parts, largest_picture

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not (DATA / "manifest.csv").is_file(),
    reason=f"NO REAL PICTURES: {DATA} is not there, reading the public data sets was not tested",
)


@pytest.mark.parametrize(
    ("folder", "set_name", "pictures", "labels"),
    [
        ("rsdds", None, 22, {"defect"}),
        (".", "rsdds", 22, {"defect"}),
        ("magnetic_tile", None, 165, {"defect-free", "blowhole", "break", "crack", "fray", "uneven"}),
        ("kolektor_sdd", "kolektor_sdd", 12, {"defect-free", "crack"}),
        ("casting_512", "casting", 42, {"defect-free", "defect"}),
    ],
)
def test_the_test_split_is_read_whole_and_fits_a_sensor_of_its_largest_picture(
    folder: str, set_name: str | None, pictures: int, labels: set[str]
) -> None:
    height_px, width_px = largest_picture(DATA / folder, set_name, "test")
    parts = folder_parts(DATA / folder, set_name, "test", width_px, height_px)
    assert [part.problem for part in parts] == [None] * pictures
    assert {part.label for part in parts} == labels
    shapes = [part.picture.shape for part in parts if part.picture is not None]
    assert max(shape[0] for shape in shapes) == height_px
    assert max(shape[1] for shape in shapes) == width_px


def test_train_and_test_show_no_common_picture() -> None:
    names = [{p.name for p in folder_parts(DATA / "rsdds", None, s, 2000, 2000)} for s in ("train", "test")]
    assert names[0].isdisjoint(names[1])
