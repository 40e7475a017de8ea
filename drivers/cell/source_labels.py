"""What a class is called, whatever its data set calls it.

One rule: lower case, blanks and underscores become hyphens, a leading "MT" of the magnetic tiles goes. Names of
sound parts become "defect-free"; names that say no more than that a part is bad become "defect" (the rail strips'
types are kinds of rail, every strip is defective). Where a manifest says ok or nok, that decides. It must not know
files or pictures.
"""

SOUND_LABEL = "defect-free"
PLAIN_DEFECT_LABEL = "defect"
WRONG_PART_LABEL = "wrong-part"
"""What a part of another type than the recipe's is called, whatever state it is in; it must not pass."""

SOUND_NAMES = frozenset({SOUND_LABEL, "free", "good", "no-defect", "normal", "ok", "ok-front", "sound"})
PLAIN_DEFECT_NAMES = frozenset(
    {PLAIN_DEFECT_LABEL, "bad", "def", "def-front", "defective", "ng", "nok", "not-ok", "type-i", "type-ii"}
)


def scene_label(class_name: str, sound: bool | None = None) -> str:
    """The label of a class; `sound` is what a manifest says, None where there is none.

    "MT_Blowhole" gives "blowhole", "MT_Free" and "ok_front" give "defect-free", "Type_I" gives "defect".
    """
    name = "-".join(class_name.lower().replace("_", " ").replace("-", " ").split())
    name = name.removeprefix("mt-")
    if sound or (sound is None and name in SOUND_NAMES):
        return SOUND_LABEL
    if not name or name in SOUND_NAMES or name in PLAIN_DEFECT_NAMES:
        return PLAIN_DEFECT_LABEL
    return name
