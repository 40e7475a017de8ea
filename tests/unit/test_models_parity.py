"""Parity of float and INT8 by missed parts, on scores set by hand, and what refuses a network."""

from typing import Any

import numpy as np
import pytest

from models.make.errors import MakingError
from models.make.quantise.parity import FLOAT, OWN, Pair, SplitParity, compare, compare_types, order_of_preference
from models.make.quantise.ranges import merge_ranges
from models.make.quantise.verdict import Overruling, Report, refusal
from models.make.thresholds import PartScores

LABELS = ("defect-free", "spot", "hole")


def part(label_index: int, *defects: tuple[float, float]) -> PartScores:
    """A part with a patch for each pair of scores of spot and hole."""
    rows = np.array([(1.0 - spot - hole, spot, hole) for spot, hole in defects], np.float32)
    return PartScores(rows, label_index, np.full(len(rows), label_index, np.intp))


def pair(by_float: list[PartScores], by_int8: list[PartScores]) -> Pair:
    return Pair("val", [f"p{index}" for index in range(len(by_float))], by_float, by_int8)


FOUND = [part(1, (0.8, 0.0), (0.1, 0.0)), part(2, (0.0, 0.7)), part(0, (0.1, 0.1))]


def test_the_same_scores_lose_nothing() -> None:
    found = compare(pair(FOUND, FOUND), LABELS, (0.5, 0.5), (0.5, 0.5))
    assert (found.missed, found.found_anew, found.overkilled_anew) == ((), (), ())
    assert (found.agreement, found.part_points, found.patch_points) == (1.0, 0.0, 0.0)
    assert found.within_points


def test_a_part_that_only_float_finds_is_named_with_both_scores_and_the_threshold() -> None:
    weaker = [part(1, (0.45, 0.0), (0.1, 0.0)), *FOUND[1:]]
    found = compare(pair(FOUND, weaker), LABELS, (0.5, 0.5), (0.4, 0.5))
    (missed,) = found.missed
    assert (missed.part, missed.label, missed.under) == ("p0", "spot", FLOAT)
    assert (missed.float_score, missed.int8_score, missed.threshold) == (0.8, 0.45, 0.5)
    assert str(missed) == (
        "p0 (spot, val): float finds it as spot 0.8000, INT8 0.4500, threshold 0.5000, under float's thresholds"
    )
    # under its own threshold it is found: part accuracy has not changed
    assert found.part_points == 0.0


def test_a_part_lost_under_both_kinds_of_thresholds_counts_once_and_is_told_twice() -> None:
    lost = [part(1, (0.2, 0.0), (0.1, 0.0)), *FOUND[1:]]
    found = compare(pair(FOUND, lost), LABELS, (0.5, 0.5), (0.4, 0.5))
    assert [missed.under for missed in found.missed] == [FLOAT, OWN]
    assert found.missed_names == {"p0"}
    assert found.part_points == pytest.approx(-100 / 3, abs=1e-3)
    assert not found.within_points


def test_a_part_rejected_under_another_class_s_name_is_not_missed() -> None:
    renamed = [part(1, (0.2, 0.6), (0.1, 0.0)), *FOUND[1:]]
    assert not compare(pair(FOUND, renamed), LABELS, (0.5, 0.5), (0.5, 0.5)).missed


def test_what_float_misses_too_does_not_count_against_int8_and_what_int8_finds_alone_is_told() -> None:
    by_float = [part(1, (0.3, 0.0)), part(2, (0.0, 0.3)), part(0, (0.1, 0.1))]
    by_int8 = [part(1, (0.2, 0.0)), part(2, (0.0, 0.6)), part(0, (0.6, 0.1))]
    found = compare(pair(by_float, by_int8), LABELS, (0.5, 0.5), (0.5, 0.5))
    assert (found.missed, found.found_anew, found.overkilled_anew) == ((), ("p1",), ("p2",))


def test_missed_parts_weigh_more_than_agreement() -> None:
    lost = [part(1, (0.2, 0.0), (0.1, 0.0)), *FOUND[1:]]
    differs = [part(1, (0.8, 0.0), (0.45, 0.45)), part(2, (0.6, 0.0)), part(0, (0.1, 0.1))]
    parities = [compare(pair(FOUND, scores), LABELS, (0.5, 0.5), (0.5, 0.5)) for scores in (lost, differs)]
    assert parities[1].agreement <= parities[0].agreement
    assert min(parities, key=order_of_preference) is parities[1]


def test_part_types_are_held_against_each_other_by_the_best_type() -> None:
    types = ("a", "b", "c")
    right, wrong = part(1, (0.8, 0.1)), part(1, (0.1, 0.8))
    found = compare_types(pair([right, right, wrong], [right, wrong, right]), types)
    assert [missed.part for missed in found.missed] == ["p1"]
    assert found.found_anew == ("p2",)
    assert found.part_points == 0.0


def report(missed: bool, overruling: Overruling, **changes: Any) -> Report:
    lost = [part(1, (0.2, 0.0), (0.1, 0.0)), part(2, (0.0, 0.1)), FOUND[2]]
    parity: SplitParity = compare(pair(FOUND, lost if missed else FOUND), LABELS, (0.5, 0.5), (0.5, 0.5))
    values: dict[str, Any] = {
        "labels": LABELS,
        "seed": 1,
        "calibration_patches": 8,
        "tried": {97.0: parity},
        "chosen": 97.0,
        "judged": (parity,),
        "thresholds": {"float": (0.5, 0.5), "int8": (0.5, 0.5)},
        "float_bytes": 1000,
        "int8_bytes": 255,
        "network_sha256": "0" * 64,
        "feature_map": (1, 8, 8, 64),
        "delegated": True,
        "overruling": overruling,
    }
    return Report(**{**values, **changes})


def test_int8_that_loses_a_part_is_refused_until_every_part_is_accepted_by_a_person() -> None:
    assert not report(False, Overruling()).refused
    assert report(True, Overruling()).not_accepted == ("p0", "p1")
    assert report(True, Overruling(("p0",), "A. Person")).not_accepted == ("p1",)
    accepted = report(True, Overruling(("p0", "p1"), "A. Person"))
    assert not accepted.refused
    assert accepted.as_json()["accepted_missed"] == {"parts": ["p0", "p1"], "by": "A. Person"}
    assert "accepted by A. Person: p0, p1" in accepted.lines()


def test_the_refusal_says_how_to_overrule_it() -> None:
    sentence = refusal(("p0", "p1"))
    assert sentence.endswith("--accept-missed p0 --accept-missed p1 --by NAME")
    assert "\n" not in sentence


@pytest.mark.parametrize(("parts", "by"), [(("p0",), ""), (("p0",), "  "), ((), "A. Person")])
def test_parts_are_given_up_by_a_person_or_not_at_all(parts: tuple[str, ...], by: str) -> None:
    with pytest.raises(MakingError, match="expected"):
        Overruling(parts, by)


def test_an_accepted_part_that_was_not_missed_is_told_and_not_recorded() -> None:
    found = report(False, Overruling(("p7",), "A. Person"))
    assert "named in --accept-missed but not missed: p7" in found.lines()
    assert found.as_json()["accepted_missed"] is None


def test_a_network_larger_than_the_limit_is_told_to_be() -> None:
    assert "25.50%" in "\n".join(report(False, Overruling()).lines())
    found = report(False, Overruling(), int8_bytes=270)
    assert not found.as_json()["size_within_limit"]
    assert any("not met: expected at most 26%" in line for line in found.lines())


def test_ranges_do_not_depend_on_the_order_of_the_samples_and_outliers_are_cut() -> None:
    samples = [{"t": {"min": np.array([-float(index)]), "max": np.array([float(index)])}} for index in range(101)]
    merged = merge_ranges(samples, 97.0)
    assert merged["t"]["max"] == pytest.approx(97.0)
    assert merged["t"]["min"] == pytest.approx(-97.0)
    turned = merge_ranges(samples[::-1], 97.0)
    np.testing.assert_array_equal(merged["t"]["max"], turned["t"]["max"])
    assert merge_ranges(samples, 100.0)["t"]["max"] == 100.0
    assert samples[0]["t"]["max"] == 0.0
