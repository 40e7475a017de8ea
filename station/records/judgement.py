"""What a person said of a part, who and when. Knows nothing of files or threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from station.records.instant import with_z

GOOD, UNSURE = "good", "unsure"
"""Judgements that name no defect; every other one is the recipe's label of the defect that was seen."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`user` says that part `part_uid` is "good", "unsure" or has the defect of that label.

    Given to the writer with `undone`, it takes back the newest judgement of this user on this part that still stands;
    its other fields are then only who and when. Read from the database, `undone` marks one that was taken back.
    `judgement_uid` makes a repeated write of the same judgement one row.
    """

    part_uid: int
    at: str
    user: str
    judgement: str
    comment: str = ""
    undone: bool = False
    judgement_uid: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        if not self.user:
            raise ValueError("a judgement says whose it is, got no user")
        if not self.judgement and not self.undone:
            raise ValueError(f"a judgement is '{GOOD}', '{UNSURE}' or the label of a defect, got nothing")

    def as_json(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "at": with_z(self.at),
            "user": self.user,
            "judgement": self.judgement,
            "comment": self.comment,
            "undone": self.undone,
        }


JUDGEMENT_COLUMNS = "part_uid, at, user, judgement, comment, undone_at IS NOT NULL, judgement_uid"
INSERT_JUDGEMENT = (
    "INSERT INTO judgement (part_uid, at, user, judgement, comment, judgement_uid) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
UNDO_JUDGEMENT = """
    UPDATE judgement SET undone_at = ?2, undo_uid = ?4
    WHERE judgement_id = (SELECT max(judgement_id) FROM judgement
                          WHERE part_uid = ?1 AND user = ?3 AND undone_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM judgement WHERE undo_uid = ?4)"""


def judgement_from_row(row: Sequence[Any]) -> Judgement:
    """From a row of JUDGEMENT_COLUMNS."""
    part_uid, at, user, judgement, comment, undone, uid = row
    return Judgement(part_uid, at, user, judgement, comment, bool(undone), uid)
