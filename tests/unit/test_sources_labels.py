"""What classes of the data sets are called in the classifier's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cell.source_labels import SOUND_LABEL, scene_label


@pytest.mark.parametrize(
    ("class_name", "label"),
    [
        ("MT_Blowhole", "blowhole"),
        ("Blowhole", "blowhole"),
        ("MT_Free", SOUND_LABEL),
        ("Free", SOUND_LABEL),
        ("ok_front", SOUND_LABEL),
        ("def_front", "defect"),
        ("Type_I", "defect"),
        ("Type-II", "defect"),
        ("roll-marks", "roll-marks"),
        ("Roll Marks", "roll-marks"),
        ("crack", "crack"),
        ("GOOD", SOUND_LABEL),
    ],
)
def test_class_names_become_the_classifiers_labels(class_name: str, label: str) -> None:
    assert scene_label(class_name) == label


@given(st.text(max_size=12), st.sampled_from([True, False, None]))
def test_a_label_is_stable_and_says_defect_free_exactly_where_the_manifest_does(name: str, sound: bool | None) -> None:
    label = scene_label(name, sound)
    assert label
    assert scene_label(label) == label
    if sound is not None:
        assert (label == SOUND_LABEL) is sound
