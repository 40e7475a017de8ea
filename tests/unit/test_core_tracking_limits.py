"""Views and limits that contradict each other are refused before anything runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from station.core.line_limits import LineLimits, View
from tests.core_values import FASTENER, MS


@pytest.mark.parametrize(
    ("views", "sentence"),
    [
        ((), "a part has views"),
        ((View("a", "c"), View("a", "d")), "different names"),
        ((View("a", "c"), View("b", "c", offset_counts=16)), "could be either"),
        ((View("a", "c"), View("b", "c", offset_counts=500, carries_counts=False)), "on every frame or on none"),
        ((View("a", "c", software_trigger=True), View("b", "c", offset_counts=500)), "has one view"),
    ],
)
def test_views_that_cannot_be_told_apart_are_refused(views: tuple[View, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        LineLimits(300 * MS, None, 4, 50 * MS, views)


@pytest.mark.parametrize("wrong", [{"picture_deadline_ns": 301 * MS}, {"picture_deadline_ns": 0}, {"max_in_flight": 0}])
def test_limits_that_contradict_each_other_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="got LineLimits"):
        replace(FASTENER, **wrong)
