"""The cell's parts as its cameras see them: mantles with one picture, fasteners with five, each in its sensor."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from drivers.cell.drawing.fastener import FASTENER_HEAD_MAX, FASTENER_LABELS, FASTENER_SHANK_MAX
from drivers.cell.part_pictures import PartPictures
from drivers.cell.pictures import CellError, check_room, scene_parts
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.cell.source_lot import MARGIN_PX
from drivers.cell.sources import SourceError

SHANK = Sensor("shank", Path("shank.scene"), 2048, 2048)
HEAD = Sensor("head", Path("head.scene"), 2464, 2056, area=True, pulses=(0, 2048, 4096, 6144))
MANTLE = Sensor("main", Path("main.scene"), 1607, 3648)
FASTENER = CellSettings(product="fastener", distinct_parts=2, defect_fraction=0.5, counts_per_turn=8192)


def parts_of(settings: CellSettings, *sensors: Sensor, at_most: int = 2) -> list[PartPictures]:
    return list(islice(scene_parts(settings, sensors)[0], at_most))


def test_a_fastener_has_one_picture_of_the_shank_and_four_of_the_head_each_wholly_inside_its_sensor() -> None:
    parts, total = scene_parts(FASTENER, (SHANK, HEAD))
    drawn = list(parts)
    assert (len(drawn), total) == (2, 2)
    assert sorted(part.defective for part in drawn) == [False, True]
    for part in drawn:
        assert part.label in FASTENER_LABELS
        assert part.defective == (part.label != "defect-free")
        assert [(p.sensor, p.pulse) for p in part.pictures] == [("shank", 0), *(("head", pulse) for pulse in range(4))]
        for placed in part.pictures:
            sensor = SHANK if placed.sensor == "shank" else HEAD
            height, width = placed.picture.shape
            assert MARGIN_PX <= placed.x_px <= sensor.width_px - MARGIN_PX - width
            assert MARGIN_PX <= placed.y_px <= sensor.height_px - MARGIN_PX - height


def test_whoever_judges_a_run_gets_the_same_pictures_again_and_another_seed_gives_others() -> None:
    (one,), (again,) = (parts_of(FASTENER, SHANK, HEAD, at_most=1) for _ in range(2))
    assert (one.name, one.label) == (again.name, again.label)
    for a, b in zip(one.pictures, again.pictures, strict=True):
        assert (a.x_px, a.y_px) == (b.x_px, b.y_px)
        assert np.array_equal(a.picture, b.picture)
    (other,) = parts_of(FASTENER.model_copy(update={"seed": 2}), SHANK, HEAD, at_most=1)
    assert other.name != one.name


def test_a_mantle_has_one_picture_for_the_line_scan_camera() -> None:
    (part,) = parts_of(CellSettings(distinct_parts=1), MANTLE)
    assert [(placed.sensor, placed.pulse) for placed in part.pictures] == [("main", 0)]


def test_a_picture_that_cannot_be_read_is_a_part_without_pictures_and_with_a_problem(tmp_path: Path) -> None:
    (tmp_path / "pits").mkdir()
    (tmp_path / "pits" / "broken.png").write_bytes(b"no picture")
    (part,) = parts_of(CellSettings(images=str(tmp_path)), MANTLE)
    assert (part.pictures, part.name) == ((), "pits/broken.png")
    assert part.problem is not None
    with pytest.raises(ValueError, match="both or neither"):
        replace(part, problem=None)


@pytest.mark.parametrize(
    ("settings", "sensors", "sentence"),
    [
        (FASTENER, (SHANK,), "A fastener is seen by 1 line-scan and 1 area cameras, found 1 and 0"),
        (FASTENER, (SHANK, HEAD, replace(HEAD, name="other")), "found 1 and 2"),
        (CellSettings(), (MANTLE, HEAD), "A mantle is seen by 1 line-scan and 0 area cameras, found 1 and 1"),
        (CellSettings(), (replace(MANTLE, pulses=(0, 5)),), "A mantle has one picture"),
        (FASTENER, (SHANK, replace(HEAD, pulses=(0, 1))), "4 picture.* camera head, which is pulsed 2 time"),
        (FASTENER, (replace(SHANK, width_px=2047), HEAD), "shanks .* 2048×2048 px .* found 2047×2048"),
        (FASTENER, (SHANK, replace(HEAD, height_px=900)), "heads .* found 2464×900"),
    ],
)
def test_sensors_that_do_not_fit_the_product_are_said_in_one_sentence_before_anything_is_drawn(
    settings: CellSettings, sensors: tuple[Sensor, ...], sentence: str
) -> None:
    with pytest.raises(SourceError, match=sentence):
        scene_parts(settings, sensors)


@pytest.mark.parametrize("broken", [{"pulses": ()}, {"pulses": (5, 5)}, {"pulses": (-1,)}, {"width_px": 0}], ids=str)
def test_a_sensor_that_cannot_be_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="sensor head"):
        Sensor(**{"name": "head", "scene_path": Path("s"), "width_px": 4, "height_px": 4, **broken})  # type: ignore[arg-type]


def test_fasteners_that_cannot_fit_beside_their_scene_files_are_refused_before_anything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sensors = [replace(sensor, scene_path=tmp_path / sensor.name) for sensor in (SHANK, HEAD)]
    check_room(FASTENER, sensors)
    shank, head = (side[0] * side[1] for side in (FASTENER_SHANK_MAX, FASTENER_HEAD_MAX))
    needed = FASTENER.distinct_parts * (shank + 4 * head)
    room = os.statvfs(tmp_path)

    def left(free_bytes: int) -> None:
        fields = list(room)
        fields[1], fields[4] = 1, free_bytes  # fragment size, free fragments
        monkeypatch.setattr("os.statvfs", lambda _: os.statvfs_result(fields))

    left(needed)
    check_room(FASTENER, sensors)
    left(needed - 1)
    with pytest.raises(CellError, match=r"2 drawn fasteners take up to .* lower distinct_parts") as caught:
        check_room(FASTENER, sensors)
    assert "\n" not in str(caught.value)
    check_room(CellSettings(), sensors)
