"""A record as other programs read it: the names of OPC 40100-1, and each patch with its place, class and score."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from station.core.line_limits import View
from station.core.reasons import Reason
from station.core.values import Decision, OpenPart, PictureFacts, Trigger
from station.part_report import RunIdentity, record_of, record_of_restarted, times_of
from station.records.patches import PatchSeen, packed, unpacked
from station.records.queries import part_life
from station.records.record import PartRecord
from tests.core_values import MS, a_frame, facts_of
from tests.unit.records_rows import a_forced, a_part, a_picture, a_reject, reading, store

VIEWS = (View("shank", "line"), View("head", "area"))
RUN = RunIdentity(
    "run", "bolt", "ab12", ("defect-free", "crack", "dent"), VIEWS, ((0, 1), (0, 2)),
    recipe_id=7, recipe_digest="cd34", configuration_id="ef56", deadline_ms=300.0, gate_counts=500,
)  # fmt: skip
PLACES = st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 9000)), unique=True, max_size=40)


@given(PLACES, st.data())
def test_patches_come_back_as_they_were_packed_whatever_their_places(
    places: list[tuple[int, int]], data: st.DataObject
) -> None:
    labels = ("defect-free", "pits", "scratches")
    patches = [
        PatchSeen(y, x, index, labels[index], round(score, 3))
        for y, x in places
        for index, score in [data.draw(st.tuples(st.integers(0, 2), st.floats(0, 1)))]
    ]
    assert unpacked(json.loads(json.dumps(packed(patches)))) == patches


def test_patches_in_rows_and_columns_are_packed_by_these() -> None:
    patches = [PatchSeen(y, x, 0, "defect-free", 0.98) for y in (3, 261, 518) for x in (7, 264)]
    entry = packed(patches)
    assert (entry["patch_rows"], entry["patch_columns"]) == ([3, 261, 518], [7, 264])
    assert entry["patches"] == [[0, 0.98]] * 6
    assert unpacked({"view": "mantle"}) == []


def decided(reason: Reason, *facts: PictureFacts, missing: bool = False) -> PartRecord:
    """The record of a part with these facts, one frame a view, decided 60 ms after its trigger."""
    part = OpenPart(5, Trigger(9, 2**32 - 100, 1_000 * MS), 1_300 * MS, 1_250 * MS)
    for view in range(1 if missing else 2):
        frame = a_frame(view + 1)
        object.__setattr__(frame, "ready_ns", (1_020 + 5 * view) * MS)
        part.frames[view] = frame
    part.facts.update({one.view: one for one in facts})
    decision = Decision(part, reason, 1_060 * MS, facts[0] if facts else None, 0, slack_counts=410)
    return record_of(RUN, decision, times_of(decision, 1_062 * MS), simulated=True)


def seen(view: int, **changes: object) -> PictureFacts:
    """A sound picture of which everything is known."""
    known = {
        "patches": ((10, 20, 0, 0.98765), (10, 276, 1, 0.4)), "patch_px": (256, 256), "box": (10, 20, 256, 512),
        "mean": 99.5, "dark_fraction": 0.01, "saturated_fraction": 0.0, "sureness": 0.4, "nearest_defect": (1, 0.4),
    }  # fmt: skip
    base = facts_of(5, view)
    values = {name: getattr(base, name) for name in base.__dataclass_fields__}
    return PictureFacts(**{**values, **known, **changes})


def test_a_decided_part_keeps_its_way_its_times_and_what_was_seen_patch_by_patch(tmp_path: Path) -> None:
    record = decided(Reason.DEFECT_FREE, seen(0), seen(1))
    store(tmp_path / "parts.sqlite", [record])
    with reading(tmp_path / "parts.sqlite") as connection:
        life = part_life(connection, 5)
    assert life is not None
    assert life.record == record
    told = life.record.as_json()
    assert (told["latency_ms"], told["handed_off_ms"], told["deadline_ms"]) == (60.0, 62.0, 300.0)
    assert (told["slack_ms"], told["slack_counts"], told["gate_encoder"]) == (240.0, 410, 400)  # the counter wraps
    assert (told["acquisition_ms"], told["processing_ms"], told["isPartial"]) == (25.0, 35.0, False)
    took = datetime.fromisoformat(told["decided_at"]) - datetime.fromisoformat(told["triggered_at"])
    assert abs(took.total_seconds() - 0.06) < 0.0015
    shank, head = told["pictures"]
    assert shank["patches"] == [
        {"y_px": 10, "x_px": 20, "class_index": 0, "label": "defect-free", "score": 0.988},
        {"y_px": 10, "x_px": 276, "class_index": 1, "label": "crack", "score": 0.4},
    ]
    assert head["patches"][1]["label"] == "dent"
    assert head["nearest_defect"] == {"label": "dent", "score": 0.4}
    assert (head["box"], head["patch_px"], head["mean"], head["ready_ms"]) == (
        [10, 20, 256, 512],
        [256, 256],
        99.5,
        25.0,
    )


def test_the_names_of_opc_40100_say_the_same_as_ours() -> None:
    told = decided(Reason.DEFECT_FREE, seen(0), seen(1)).as_json()
    assert (told["partId"], told["productId"], told["configurationId"]) == ("5", "bolt", "ef56")
    assert told["recipeId"] == {"id": 7, "hash": "cd34"}
    assert (told["isSimulated"], told["isPartial"], told["resultState"]) == (True, False, 1)
    assert told["processingTimes"] == {
        "startTime": told["triggered_at"],
        "endTime": told["decided_at"],
        "acquisitionDuration": 25.0,
        "processingDuration": 35.0,
    }
    assert json.loads(json.dumps(told)) == told


def test_a_part_that_was_not_inspected_whole_is_partial_and_its_result_aborted() -> None:
    for record in (
        decided(Reason.NO_FRAME, seen(0), missing=True),
        decided(Reason.BLURRED, seen(0), seen(1, problem="blurred")),
        decided(Reason.MISSED_TRIGGER, missing=True),
        record_of_restarted(RUN, 5, 9, simulated=False),
    ):
        told = record.as_json()
        assert (told["isPartial"], told["resultState"]) == (True, 3)
    late = decided(Reason.DEADLINE, seen(0), seen(1)).as_json()
    assert (late["isPartial"], late["resultState"]) == (False, 4)


def test_whether_a_device_was_simulated_is_always_told() -> None:
    for simulated in (True, False):
        for record in (a_part(1), a_reject(1), a_forced(1), a_part(1, late=True)):
            told = PartRecord(**{**_fields(record), "simulated": simulated}).as_json()
            assert told["isSimulated"] is simulated


def test_facts_of_an_older_worker_give_pictures_without_patches() -> None:
    record = decided(Reason.DEFECT_FREE, facts_of(5, 0), facts_of(5, 1))
    picture = record.as_json()["pictures"][0]
    assert picture["patches"] == []
    assert not {"mean", "box", "sureness", "nearest_defect"} & set(picture)
    assert a_part(1, pictures=(a_picture(),)).as_json()["pictures"][0]["patches"] == []


def _fields(record: PartRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
