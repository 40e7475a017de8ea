"""The worker's look at a picture: first which part it is, then its defects; a wrong part is looked at no further."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.bundle import Bundle, BundleError, load_bundle
from models.engine import Engine, EngineIdentity, open_engine
from models.identity import IdentityInspector
from models.inspect import PartInspector
from station.core.values import PictureFacts, TypeSeen
from station.workers.looking import ViewInspectors, look
from station.workers.messages import Job, ViewPlan, pack, unpack
from station.workers.worker import check_pace
from tests.unit.models_bundle import TINY_BUNDLE, TINY_IDENTITY
from tests.unit.test_identity_recognition import BrokenEngine, field_picture

VIEW = ViewPlan(ring=0, bundle=0, identity=1, part_type="type-b")
JOB = Job(11, 0, 3)


class CountedEngine:
    """The tiny bundle's engine, which counts how often it is used."""

    def __init__(self, bundle: Bundle) -> None:
        self._engine: Engine = open_engine(bundle)
        self.runs = 0

    @property
    def identity(self) -> EngineIdentity:
        return self._engine.identity

    def run(self, patches: np.ndarray) -> np.ndarray:
        self.runs += 1
        return self._engine.run(patches)


@pytest.fixture
def defects() -> CountedEngine:
    return CountedEngine(load_bundle(TINY_BUNDLE))


@pytest.fixture
def both(defects: CountedEngine) -> ViewInspectors:
    identity = load_bundle(TINY_IDENTITY)
    return ViewInspectors(
        PartInspector(load_bundle(TINY_BUNDLE), defects), IdentityInspector(identity, open_engine(identity))
    )


def test_the_recipes_part_is_inspected_and_its_type_is_told(both: ViewInspectors, defects: CountedEngine) -> None:
    sound, spot = (look(both, field_picture(128, spot=bad), JOB, VIEW) for bad in (False, True))
    assert (sound.problem, sound.defective, sound.class_index) == (None, False, 0)
    assert (spot.problem, spot.defective, spot.class_index) == (None, True, 1)
    assert sound.type_seen is not None
    assert (sound.type_seen.part_type, sound.type_seen.recognised) == ("type-b", True)
    assert defects.runs == 2
    assert set(sound.stage_us) == {"identity", "crop_resize", "patch_quantise", "engine", "vote"}


@pytest.mark.parametrize(
    ("level", "problem", "recognised"),
    [(206, "wrong part", True), (96, "unknown part", False), (100, "unknown part", False)],
)
def test_another_part_costs_the_defects_network_nothing(
    both: ViewInspectors, defects: CountedEngine, level: int, problem: str, recognised: bool
) -> None:
    facts = look(both, field_picture(level, spot=True), JOB, VIEW)
    assert (facts.problem, facts.defective, facts.class_index, facts.patch_index) == (problem, True, 0, None)
    assert facts.type_seen is not None
    assert facts.type_seen.recognised == recognised
    assert facts.score == pytest.approx(facts.type_seen.score, abs=1e-4)
    assert defects.runs == 0
    assert set(facts.stage_us) == {"identity"}


def test_a_picture_that_cannot_be_looked_at_says_why_and_no_type(both: ViewInspectors, defects: CountedEngine) -> None:
    facts = look(both, np.zeros((300, 300), np.uint8), JOB, VIEW)
    assert (facts.problem, facts.defective, facts.type_seen) == ("all dark", True, None)
    blurred = look(both, field_picture(206), JOB, replace(VIEW, sharpness_min=1e9))
    assert (blurred.problem, blurred.type_seen) == ("blurred", None), "a blurred number is no wrong part"
    assert defects.runs == 0


def test_an_identity_network_that_gives_no_numbers_is_a_problem_and_never_sound(defects: CountedEngine) -> None:
    identity = IdentityInspector(load_bundle(TINY_IDENTITY), BrokenEngine())
    both = ViewInspectors(PartInspector(load_bundle(TINY_BUNDLE), defects), identity)
    facts = look(both, field_picture(128), JOB, VIEW)
    assert (facts.problem, facts.defective, facts.type_seen) == ("a score is not a number from 0 to 1", True, None)
    assert defects.runs == 0


def test_a_view_without_a_bundle_for_defects_only_tells_the_type() -> None:
    bundle = load_bundle(TINY_IDENTITY)
    alone = ViewInspectors(None, IdentityInspector(bundle, open_engine(bundle)))
    plan = ViewPlan(ring=0, bundle=None, identity=0, part_type="type-b")
    right, wrong = (look(alone, field_picture(level, spot=True), JOB, plan) for level in (128, 50))
    assert (right.problem, right.defective, right.class_index) == (None, False, 0)
    assert (wrong.problem, wrong.defective) == ("wrong part", True)
    with pytest.raises(ValueError, match="nobody looks at"):
        ViewInspectors(None, None)


def test_the_picture_is_read_in_place_and_left_as_it_was(both: ViewInspectors) -> None:
    slot = field_picture(128)
    before = slot.copy()
    slot.flags.writeable = False
    look(both, slot, JOB, VIEW)
    assert np.array_equal(slot, before)


def test_facts_with_a_type_survive_the_way_from_the_worker_to_the_station(both: ViewInspectors) -> None:
    facts = look(both, field_picture(206), JOB, VIEW)
    assert unpack(pack(facts)) == facts
    assert isinstance(unpack(pack(facts)).type_seen, TypeSeen)
    without = PictureFacts(1, None, False, 0, 0.9, 0, 1, 2)
    assert unpack(pack(without)) == without


def test_the_pace_counts_every_look_at_a_part() -> None:
    bundles = [load_bundle(TINY_IDENTITY), load_bundle(TINY_BUNDLE)]
    check_pace(bundles, [2.0, 7.0], budget_ms=9.0, threads=1)
    with pytest.raises(BundleError, match="a part needs 9 ms"):
        check_pace(bundles, [2.0, 7.0], budget_ms=8.9, threads=1)
