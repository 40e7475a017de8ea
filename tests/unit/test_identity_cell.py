"""The cell brings parts of another type: a share that is known, drawn the same again, and counted when they pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import yaml

from drivers.cell.drawing.serials import SERIAL_TYPES, twin_of
from drivers.cell.pictures import scene_parts
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from drivers.cell.source_labels import SOUND_LABEL, WRONG_PART_LABEL
from drivers.cell.source_serial import lot_types
from drivers.cell.sources import SourceError
from drivers.cell.truth import ShownPart
from station.cli.demo_config import cell_of
from station.cli.exits import UserError
from station.config.load import Loaded, load_config
from tests.unit.models_bundle import TINY_IDENTITY, TINY_KEY
from tests.unit.test_cell_truth import BINS, GOOD, REJECT, make_truth, outcome, shown

SENSOR = Sensor("line", Path("line.scene"), 768, 768)
WANTED = SERIAL_TYPES[4]


def serials(**changes: object) -> CellSettings:
    values = {"product": "serial", "part_type": WANTED, "wrong_parts": 0.5, "distinct_parts": 4} | changes
    return CellSettings.model_validate({"counts_per_turn": 3072, **values})


def test_the_share_of_wrong_parts_is_kept_and_their_types_take_turns_the_twin_first() -> None:
    lot = Counter(lot_types(1, 100, WANTED, 0.13))
    assert lot.pop(WANTED) == 87
    assert lot.pop(twin_of(WANTED)) == 2, "thirteen wrong ones: each of eleven other types, then the first two again"
    assert sorted(lot.values()) == [1] * 9 + [2]
    assert set(lot_types(1, 24, WANTED, 0.0)) == {WANTED}
    assert WANTED not in lot_types(1, 24, WANTED, 1.0)
    assert set(lot_types(3, 10, WANTED, 0.1)) == {WANTED, twin_of(WANTED)}


def test_the_wrong_ones_lie_among_the_others_and_another_seed_mixes_them_otherwise() -> None:
    one, again, other = (lot_types(seed, 40, WANTED, 0.25) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert one != sorted(one, key=lambda name: name == WANTED)


@pytest.mark.parametrize(
    ("count", "part_type", "share", "sentence"),
    [
        (0, WANTED, 0.1, "draws 1..1024 parts"),
        (4, "D0CW-1", 0.1, "'D0CW-1' cannot be drawn; there are D0CW-51300"),
        (4, WANTED, 1.1, "fraction of wrong parts is 0..1, found 1.1"),
        (4, WANTED, float("nan"), "fraction of wrong parts is 0..1"),
    ],
)
def test_a_lot_that_cannot_be_is_one_sentence(count: int, part_type: str, share: float, sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence):
        lot_types(1, count, part_type, share)


def test_plates_lie_in_their_sensor_and_their_truth_goes_with_them() -> None:
    parts, total = scene_parts(serials(), (SENSOR,))
    drawn = list(parts)
    assert (len(drawn), total) == (4, 4)
    assert Counter(part.label for part in drawn) == {SOUND_LABEL: 2, WRONG_PART_LABEL: 2}
    for part in drawn:
        wrong = not part.name.endswith(WANTED)
        assert (part.defective, part.label == WRONG_PART_LABEL) == (wrong, wrong)
        (placed,) = part.pictures
        assert 16 <= placed.x_px <= 768 - 16 - placed.picture.shape[1]
        assert 16 <= placed.y_px <= 768 - 16 - placed.picture.shape[0]
    again = next(iter(scene_parts(serials(), (SENSOR,))[0]))
    assert np.array_equal(again.pictures[0].picture, drawn[0].pictures[0].picture)


def test_a_camera_that_a_plate_does_not_fit_is_said_before_anything_is_drawn() -> None:
    with pytest.raises(SourceError, match="544×544 px"):
        scene_parts(serials(), (Sensor("line", Path("line.scene"), 512, 768),))
    with pytest.raises(SourceError, match="pulsed 2 times a part"):
        scene_parts(serials(), (Sensor("line", Path("line.scene"), 768, 768, pulses=(0, 4)),))
    assert len(list(islice(scene_parts(serials(), (SENSOR,))[0], 1))) == 1


def test_a_wrong_part_among_the_good_ones_is_an_escape_and_is_counted_as_what_it_is() -> None:
    truth = make_truth()
    for n, bin_name in ((1, GOOD), (2, REJECT), (3, GOOD)):
        part = shown(n, defective=n < 3)
        truth.triggered(part if n == 3 else _wrong(part.n))
        truth.in_bin(outcome(n, bin_name))
    score = truth.score(bins=BINS, ended=True)
    assert (score["wrong_parts"], score["wrong_parts_passed"], score["escapes"]) == (2, 1, 1)
    truth.triggered(shown(4, defective=True))
    truth.in_bin(outcome(4, GOOD))
    score = truth.score(bins=BINS, ended=True)
    assert (score["wrong_parts_passed"], score["escapes"]) == (1, 2), "a defective part is no wrong part"


def _wrong(n: int) -> ShownPart:
    return replace(shown(n, defective=True), label=WRONG_PART_LABEL)


def demo_like(folder: Path, **cell: object) -> Loaded:
    values = {
        "cameras": {"line": {"scene": "line.scene", "width_px": 768, "lines_per_frame": 768}},
        "plc": {"port": 15020, "peer": "simulated"},
        "models": {"trusted_keys": [str(TINY_KEY)]},
        "recipe": {
            "name": "plate", "deadline_ms": 500, "views": [{"name": "number", "camera": "line"}],
            "identity": {"bundle": str(TINY_IDENTITY), "part_type": "type-b"},
        },
        "cell": {"counts_per_turn": 3072, **cell},
    }  # fmt: skip
    path = folder / "station.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return load_config(path)


def test_the_share_of_the_command_line_replaces_the_cells_and_one_that_cannot_be_is_one_sentence(
    tmp_path: Path,
) -> None:
    loaded = demo_like(tmp_path, product="serial", part_type=WANTED, wrong_parts=0.1)
    assert cell_of(loaded).wrong_parts == 0.1
    assert cell_of(loaded, 0.4).wrong_parts == 0.4
    with pytest.raises(UserError, match="cell: part_type and wrong_parts are for product serial, found product mantle"):
        cell_of(demo_like(tmp_path, product="mantle"), 0.4)


def test_the_cell_shows_the_recipes_type_and_a_type_that_it_cannot_draw_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cell: part_type 'type-b' cannot be drawn; there are D0CW-51300"):
        cell_of(demo_like(tmp_path, product="serial"))
