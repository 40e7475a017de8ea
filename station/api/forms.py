"""The forms that many endpoints share: strict bodies and queries, instants, numbers of parts. Values only."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

LARGEST_UID: Final = 2**53 - 1
"""Beyond it JavaScript could not tell two parts apart."""


class Query(BaseModel):
    """What stands behind the question mark: texts, read as what they should be."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """A JSON body: no unknown keys, no silent conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Document(BaseModel):
    """What comes back."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)


def _digits(value: Any) -> Any:
    """Only the digits 0 to 9: Python would take `1_000`, ` 7` and `٧`, too."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("a whole number in digits")
    return value


def _moment(value: Any) -> Any:
    """ISO 8601 with its zone; no bare numbers, which could mean seconds or milliseconds."""
    expected = "a time as ISO 8601 with its zone, like 2026-03-01T12:00:00Z"
    if not isinstance(value, str):
        raise ValueError(expected)  # noqa: TRY004 - becomes pydantic's own error
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(expected) from None
    if moment.tzinfo is None or "T" not in value.upper():
        raise ValueError(expected)
    return moment


Whole = BeforeValidator(_digits)
PartUid = Annotated[int, Field(ge=1, le=LARGEST_UID, description="The station's own number of the part."), Whole]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Label = Annotated[str, Field(min_length=1, max_length=100)]


class PartPath(Query):
    """A part."""

    part_uid: PartUid


class PicturePath(Query):
    """A picture of a part."""

    part_uid: PartUid
    view: Annotated[str, Field(min_length=1, max_length=31, description="Name of the view.")]
