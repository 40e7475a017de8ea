"""A part is put before a person for a reason that can be read, and a sound part of the usual look is not."""

from __future__ import annotations

from typing import Any

import pytest

from station.records.record import PartRecord
from station.review.queues import ReviewLimits, reasons_to_review
from station.review.usual import LEAST, WINDOW, UsualPictures
from tests.unit.records_rows import a_forced, a_part, a_picture, a_reject

LIMITS = ReviewLimits(0.1, 6.0, {"mantle": {"pits": 0.5, "scratches": 0.9}, "head": {"pits": 0.05}})
NOTHING_LEARNT = UsualPictures()


def of(*pictures: dict[str, Any], **changes: Any) -> PartRecord:
    return a_part(1, pictures=pictures, **changes)


def defective(score: float, label: str = "pits", view: str = "mantle") -> dict[str, Any]:
    return a_picture(view, defective=True, label=label, score=score)


def sound(nearest: float, label: str = "pits", view: str = "mantle", **changes: Any) -> dict[str, Any]:
    return a_picture(view, nearest_defect={"label": label, "score": nearest}, **changes)


def queues_of(record: PartRecord, usual: UsualPictures = NOTHING_LEARNT) -> list[str]:
    return [entry.queue for entry in reasons_to_review(record, LIMITS, usual)]


def learnt(*pictures: dict[str, Any]) -> UsualPictures:
    usual = UsualPictures()
    for uid, picture in enumerate(pictures, 1):
        usual.learn(a_part(uid, pictures=(picture,)))
    return usual


def a_lamp(count: int = LEAST) -> list[dict[str, Any]]:
    """Pictures of a lamp that wavers by a grey level or two."""
    return [a_picture(mean=100.0 + (n % 5 - 2) / 2, sharpness=12.0 + n % 3 / 10) for n in range(count)]


def test_a_sound_part_of_the_usual_look_is_in_no_queue() -> None:
    assert queues_of(of(sound(0.02)), learnt(*a_lamp())) == []


def test_a_forced_reject_is_that_and_nothing_else_and_says_why() -> None:
    forced = a_forced(1, pictures=(defective(0.51),), view="mantle")
    (entry,) = reasons_to_review(forced, LIMITS, learnt(*a_lamp()))
    assert (entry.queue, entry.why) == ("forced", "Rejected without a vote: deadline (view mantle).")


def test_a_late_verdict_was_never_applied_and_is_not_looked_at() -> None:
    assert queues_of(a_reject(1, late=True)) == []


def test_a_reject_names_its_class_and_score() -> None:
    (entry,) = reasons_to_review(a_reject(1, pictures=(defective(0.97),)), LIMITS, NOTHING_LEARNT)
    assert (entry.queue, entry.why) == ("rejects", "Rejected for pits with a score of 0.97.")


@pytest.mark.parametrize(
    ("picture", "borderline"),
    [
        (sound(0.44), False),
        (sound(0.46), True),
        (defective(0.5), True),
        (defective(0.54), True),
        (defective(0.56), False),
        (sound(0.80, "scratches"), False),
        (sound(0.82, "scratches"), True),
        (defective(0.905, "scratches"), True),
        (defective(0.92, "scratches"), False),
        (sound(0.001, view="head"), False),  # 0.05 away from its threshold, and no doubt about it
        (sound(0.047, view="head"), True),
        (defective(0.14, view="head"), True),
        (sound(0.4, "a label of another model"), False),
        (sound(0.49, view="a view without thresholds"), False),
        (a_picture("mantle", problem="blurred", nearest_defect={"label": "pits", "score": 0.1}), False),
    ],
)
def test_a_score_is_borderline_within_a_tenth_of_the_way_from_its_threshold_on_either_side(
    picture: dict[str, Any], borderline: bool
) -> None:
    found = queues_of(of(picture, verdict="reject" if picture["defective"] else "pass"))
    assert ("borderline" in found) is borderline


def test_of_several_pictures_the_strongest_defect_says_whether_the_part_is_borderline() -> None:
    assert queues_of(a_reject(1, pictures=(defective(0.51), defective(0.8, view="head")))) == ["rejects"]
    entries = reasons_to_review(of(sound(0.1), sound(0.048, view="head")), LIMITS, NOTHING_LEARNT)
    assert [entry.why for entry in entries] == ["View head: pits with a score of 0.048; it rejects from 0.050 on."]


def test_a_record_without_these_figures_is_in_no_queue_but_its_verdicts() -> None:
    old = {"view": "mantle", "camera": "line", "problem": None, "label": "pits", "score": 0.5}
    assert queues_of(a_reject(1, pictures=(old,)), learnt(*a_lamp())) == ["rejects"]
    assert queues_of(of({"view": "mantle", "camera": "line"}), learnt(*a_lamp())) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"mean": 112.0}, "View mantle: grey level 112, usually 100; that is 16.2 standard deviations away."),
        ({"mean": 94.0}, "View mantle: grey level 94, usually 100; that is 8.1 standard deviations away."),
        ({"sharpness": 9.0}, "View mantle: sharpness 9, usually 12.1; that is 12.8 standard deviations away."),
        (
            {"sureness": 0.55},
            "View mantle: least sure patch 0.55, usually 0.95; that is 40.0 standard deviations away.",
        ),
    ],
)
def test_a_picture_far_from_those_of_passed_parts_is_unusual_and_says_by_what(
    changes: dict[str, float], why: str
) -> None:
    (entry,) = reasons_to_review(of(sound(0.02, **changes)), LIMITS, learnt(*a_lamp()))
    assert (entry.queue, entry.why) == ("unusual", why)


def test_a_part_that_is_surer_than_usual_is_not_unusual() -> None:
    assert queues_of(of(sound(0.02, sureness=1.0)), learnt(*[a_picture(sureness=0.6) for _ in range(LEAST)])) == []


def test_nothing_is_unusual_before_enough_was_seen() -> None:
    dark = of(sound(0.02, mean=20.0))
    assert queues_of(dark, learnt(*a_lamp(LEAST - 1))) == []
    assert queues_of(dark, learnt(*a_lamp(LEAST))) == ["unusual"]


def test_parts_that_are_all_alike_make_no_part_unusual_by_rounding() -> None:
    alike = learnt(*[a_picture() for _ in range(LEAST)])
    assert queues_of(of(sound(0.02, mean=102.0, sharpness=11.5, sureness=0.93)), alike) == []


def test_what_is_usual_is_told_by_recipe_and_view_and_only_by_passed_parts() -> None:
    usual = UsualPictures()
    for uid in range(1, LEAST + 1):
        usual.learn(a_part(uid, recipe_id=1, pictures=(a_picture(), a_picture("head", mean=20.0))))
        usual.learn(a_reject(uid, recipe_id=2, pictures=(a_picture(),)))
        usual.learn(a_part(uid, recipe_id=2, late=True, pictures=(a_picture(),)))
        usual.learn(a_part(uid, recipe_id=2, pictures=(a_picture(problem="blurred"),)))
    assert queues_of(of(a_picture("head", mean=20.0), recipe_id=1), usual) == []
    assert queues_of(of(a_picture("head", mean=100.0), recipe_id=1), usual) == ["unusual"]
    assert queues_of(of(a_picture(mean=20.0), recipe_id=2), usual) == []


def test_a_new_lamp_becomes_the_usual_one() -> None:
    usual = learnt(*a_lamp(WINDOW))
    brighter = [a_picture(mean=150.0 + n % 5) for n in range(WINDOW)]
    assert queues_of(of(brighter[0]), usual) == ["unusual"]
    for picture in brighter[: WINDOW * 3 // 4]:
        usual.learn(of(picture))
    assert queues_of(of(brighter[0]), usual) == []
    for picture in brighter:
        usual.learn(of(picture))
    assert queues_of(of(a_picture(mean=100.0)), usual) == ["unusual"]


def test_a_few_odd_parts_do_not_make_odd_ones_usual() -> None:
    odd = [a_picture(mean=200.0) for _ in range(LEAST // 5)]
    assert queues_of(of(a_picture(mean=200.0)), learnt(*a_lamp(), *odd)) == ["unusual"]
