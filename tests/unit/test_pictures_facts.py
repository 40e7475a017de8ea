"""What a worker says of every inspected picture: each patch in the picture's pixels, light, sureness, and the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivers.cell.drawing.part import draw_part
from drivers.cell.drawing.seeds import CELL_SEEDS_FROM
from models.bundle import BundleError, load_bundle
from models.engine import open_engine
from models.inspect import PartInspector
from models.make.evaluation import framed
from models.maps import HEAT_CELLS_MAX, Heat, heat_of
from station.core.values import PictureFacts
from station.workers.looking import PATCHES_TOLD_MAX, ViewInspectors, look
from station.workers.messages import MESSAGE_BYTES_MAX, CheckedBundle, Job, ViewPlan, WorkerPlan, pack, unpack
from station.workers.worker import prove
from tests.unit.models_bundle import TINY_BUNDLE, part_picture
from tests.unit.test_models_maps import MANTLE

VIEW = ViewPlan(ring=0, bundle=0)
JOB = Job(11, 0, 3)


def mantle_facts(label: str, threshold: float | None = None) -> tuple[PictureFacts, np.ndarray]:
    """What is said of a drawn mantle, and where its defect is in the picture; `threshold` is for all classes."""
    bundle = load_bundle(MANTLE)
    if threshold is not None:
        spec = bundle.spec.model_copy(update={"thresholds": dict.fromkeys(bundle.labels[1:], threshold)})
        bundle = replace(bundle, spec=spec)
    engine = open_engine(bundle)
    part = draw_part(CELL_SEEDS_FROM + 77, label, 1)
    picture = framed(part.picture, np.random.default_rng(77))
    mask = np.zeros_like(picture)
    top, left = ((picture.shape[axis] - part.mask.shape[axis]) // 2 for axis in (0, 1))
    mask[top : top + part.mask.shape[0], left : left + part.mask.shape[1]] = part.mask
    return look(ViewInspectors(PartInspector(bundle, engine, engine), None), picture, JOB, VIEW), mask


def tiny_facts(picture: np.ndarray) -> PictureFacts:
    bundle = load_bundle(TINY_BUNDLE)
    return look(ViewInspectors(PartInspector(bundle, open_engine(bundle)), None), picture, JOB, VIEW)


def test_patches_are_told_in_the_pixels_of_the_camera_and_the_deciding_one_lies_on_the_defect() -> None:
    facts, mask = mantle_facts("scratches")
    assert facts.box is not None
    assert facts.patch_px is not None
    assert facts.patch_index is not None
    y_px, x_px, height_px, width_px = facts.box
    assert len(facts.patches) == 16
    assert facts.patches[0][:2] == (y_px, x_px)
    last_y, last_x, _, _ = facts.patches[-1]
    assert (last_y + facts.patch_px[0], last_x + facts.patch_px[1]) == (
        pytest.approx(y_px + height_px, abs=2), pytest.approx(x_px + width_px, abs=2),
    )  # fmt: skip
    at_y, at_x, index, score = facts.patches[facts.patch_index]
    assert (index, score) == (facts.class_index, pytest.approx(facts.score, abs=1e-4))
    assert mask[at_y : at_y + facts.patch_px[0], at_x : at_x + facts.patch_px[1]].any()
    assert facts.sureness == min(score for *_, score in facts.patches)


def test_the_map_of_a_reject_is_hottest_on_its_defect_and_that_of_a_sound_part_is_cooler() -> None:
    facts, mask = mantle_facts("scratches")
    assert facts.heat is not None
    assert facts.patch_px is not None
    heat = Heat.unpacked(facts.heat)
    assert (heat.class_index, heat.cells.shape, int(heat.cells.max())) == (facts.class_index, (16, 8, 8), 255)
    patch, row, column = np.unravel_index(int(heat.cells.argmax()), heat.cells.shape)
    cell_y, cell_x = facts.patch_px[0] // 8, facts.patch_px[1] // 8
    at_y, at_x = facts.patches[int(patch)][0] + int(row) * cell_y, facts.patches[int(patch)][1] + int(column) * cell_x
    assert mask[max(0, at_y - cell_y) : at_y + 2 * cell_y, max(0, at_x - cell_x) : at_x + 2 * cell_x].any()
    nearly, _ = mantle_facts("scratches", threshold=1.0)
    assert (nearly.defective, nearly.problem) == (False, None)
    assert nearly.nearest_defect is not None
    assert nearly.heat is not None
    share = nearly.nearest_defect[1]
    assert (Heat.unpacked(nearly.heat).class_index, share < 0.995) == (nearly.nearest_defect[0], True)
    assert Heat.unpacked(nearly.heat).cells.max() == pytest.approx(255 * share, abs=1)
    sound, _ = mantle_facts("defect-free")
    assert (sound.defective, sound.problem) == (False, None)
    assert sound.heat is not None


def test_light_and_box_are_told_without_a_map_and_without_a_verdict() -> None:
    sound = tiny_facts(part_picture())
    assert (sound.heat, sound.box) == (None, (40, 48, 256, 128))
    assert (sound.mean, sound.dark_fraction, sound.saturated_fraction) == (pytest.approx(120, abs=1), 0.0, 0.0)
    assert sound.sureness is not None
    nothing = tiny_facts(np.zeros((300, 300), np.uint8))
    assert (nothing.patches, nothing.box, nothing.sureness, nothing.dark_fraction) == ((), None, None, 1.0)


def test_facts_of_a_hundred_and_sixty_patches_with_their_map_fit_a_message_and_survive_it() -> None:
    cells = np.random.default_rng(1).integers(0, 256, (160, 8, 8), dtype=np.uint8)  # as hard to pack as it gets
    facts = replace(
        tiny_facts(part_picture(spot=True)),
        patches=tuple((3000 + n, 5000 + n, 12, 0.1234) for n in range(160)), heat=Heat(4, cells).packed(),
    )  # fmt: skip
    datagram = pack(facts)
    assert len(datagram) < MESSAGE_BYTES_MAX / 2
    assert unpack(datagram) == facts


def test_the_most_patches_that_are_told_fit_a_message_too() -> None:
    edge = int((HEAT_CELLS_MAX / PATCHES_TOLD_MAX) ** 0.5)
    cells = np.random.default_rng(1).integers(0, 256, (PATCHES_TOLD_MAX, edge, edge), dtype=np.uint8)
    patches = tuple((60_000 + n, 30_000 + n, 100, 0.1234) for n in range(PATCHES_TOLD_MAX))
    facts = replace(tiny_facts(part_picture()), patches=patches, heat=Heat(4, cells).packed())
    assert len(pack(facts)) < MESSAGE_BYTES_MAX


def test_a_map_too_fine_for_a_message_is_made_coarser_and_stays_where_it_was() -> None:
    maps = np.zeros((2, 32, 32), np.float32)
    maps[1, 24:, 8:16] = 4.0
    heat = heat_of(maps, [0, 7], 160, 2, 1.0)
    assert heat.cells.shape == (160, 10, 10)
    assert heat.cells[7, 8:, 3:4].min() == 255
    assert heat.cells[7, :7].max() == heat.cells[:7].max() == 0


def test_a_packed_map_that_is_damaged_says_so() -> None:
    whole = Heat(1, np.ones((2, 3, 4), np.uint8)).packed()
    assert Heat.unpacked(whole).cells.shape == (2, 3, 4)
    for text in ("", "no base64 %", whole[:-8], whole[:12] + "AAAA" + whole[16:]):
        with pytest.raises(ValueError, match="expected a packed heat map"):
            Heat.unpacked(text)


def test_a_worker_maps_wherever_its_bundle_can() -> None:
    bundles = tuple(CheckedBundle(str(path), load_bundle(path).digest) for path in (MANTLE, TINY_BUNDLE))
    plan = WorkerPlan(0, (), bundles, (VIEW, replace(VIEW, bundle=1)), threads=1, nice=0, budget_ms=1e9)
    (mantle, tiny), _ = prove(plan)
    part = framed(draw_part(CELL_SEEDS_FROM, "pits", 1).picture, np.random.default_rng(1))
    assert look(mantle, part, JOB, VIEW).heat is not None
    assert look(tiny, part_picture(), JOB, VIEW).heat is None


def test_a_map_is_not_made_of_a_network_without_one() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    engine = open_engine(bundle)
    with pytest.raises(BundleError, match="expected a bundle with a feature map"):
        PartInspector(bundle, engine, engine)
