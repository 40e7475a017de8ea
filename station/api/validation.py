"""What callers send, checked by pydantic, and refused with one sentence: which field, what was expected, what came.

Pure. Must not know the endpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from station.api.refusal import Refusal

_SHOWN_CHARACTERS = 80
Values = TypeVar("Values", bound=BaseModel)

_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text",
    "string_unicode": "a text in UTF-8",
    "list_type": "a list",
    "model_type": "a JSON object",
    "model_attributes_type": "a JSON object",
    "datetime_type": "a time as ISO 8601, like 2026-03-01T12:00:00Z",
}
_WITH_LIMIT = {
    "greater_than_equal": ("at least {}", "ge"),
    "greater_than": ("more than {}", "gt"),
    "less_than_equal": ("at most {}", "le"),
    "less_than": ("less than {}", "lt"),
    "string_too_short": ("at least {} characters", "min_length"),
    "string_too_long": ("at most {} characters", "max_length"),
    "too_long": ("at most {} entries", "max_length"),
    "literal_error": ("{}", "expected"),
    "string_pattern_mismatch": ("a text that fits {}", "pattern"),
}


def checked(model: type[Values], values: Mapping[str, Any], where: str) -> Values:
    """The values as the model has them; Refusal 422 names the first that does not fit, and how many do not."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Refusal(422, _sentence(model, error, where)) from None


def checked_json(model: type[Values], text: bytes) -> Values:
    """A JSON body as the model has it; 400 where it is no JSON, 422 where it does not fit."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            found = str(first.get("ctx", {}).get("error", "something else"))
            raise Refusal(400, f"body: expected JSON, found {found}.") from None
        raise Refusal(422, _sentence(model, error, "body")) from None


def _sentence(model: type[BaseModel], error: ValidationError, where: str) -> str:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(step) for step in first["loc"])
    place = f"{where} {name!r}" if name else where
    more = f" ({error.error_count() - 1} more do not fit)" if error.error_count() > 1 else ""
    if first["type"] == "missing":
        return f"{place}: expected a value, found none{more}."
    if first["type"] == "extra_forbidden":
        known = ", ".join(info.alias or key for key, info in model.model_fields.items()) or "nothing"
        return f"{place}: not known; expected one of: {known}{more}."
    return f"{place}: expected {_expected(first)}, found {_shown(first['input'])}{more}."


def _expected(error: ErrorDetails) -> str:
    context: dict[str, Any] = error.get("ctx", {})
    kind = error["type"]
    if kind == "value_error":
        return str(context["error"])
    if kind in _WITH_LIMIT:
        words, key = _WITH_LIMIT[kind]
        return words.format(context[key])
    return _EXPECTED.get(kind) or error["msg"].removeprefix("Input should be ")


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
