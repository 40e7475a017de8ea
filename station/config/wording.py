"""Pydantic's findings in plain sentences: what is wrong, what would be right.

Pure: one finding in, two half sentences out. Kinds that are not listed keep pydantic's own message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from station.config.yaml_core import ScalarError, core_scalar

Wording = tuple[str, str]

_MAX_SHOWN = 40


def shown(value: object) -> str:
    """A value as the technician wrote it, short."""
    if value is None:
        return "nothing (an empty value)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= _MAX_SHOWN else f"'{value[:_MAX_SHOWN]}…'"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return str(value)


def did_you_mean(word: str, known: list[str]) -> str:
    """The known word nearest to `word`, as a question; all known words where none is near."""
    near = nearest(word, known)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"known here: {', '.join(known)}" if known else "remove it"


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that a typist may have meant, None where none is near."""
    lowered = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def in_words(kind: str, value: object, context: Mapping[str, Any], message: str) -> Wording:
    """What is wrong and what would be right, for pydantic's error `kind` about `value`."""
    rule = _RULES.get(kind)
    if rule is not None:
        return rule(value, context)
    if kind in _EXPECTED:
        return _expected(value, _EXPECTED[kind])
    text = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{shown(value)} is not allowed", text[:1].lower() + text[1:]


_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "path_type": "a path",
    "dict_type": "a mapping (indented lines of 'key: value')",
    "model_type": "a mapping (indented lines of 'key: value')",
    "model_attributes_type": "a mapping (indented lines of 'key: value')",
    "mapping_type": "a mapping (indented lines of 'key: value')",
    "list_type": "a list (lines that begin with '- ')",
    "tuple_type": "a list (lines that begin with '- ')",
    "set_type": "a list (lines that begin with '- ')",
    "frozen_set_type": "a list (lines that begin with '- ')",
}


def _expected(value: object, what: str) -> Wording:
    wrong = f"{shown(value)} is not {what.split(' (')[0]}"
    if what == "text" and isinstance(value, bool | int | float):
        return wrong, f"write it in quotes: '{shown(value)}'"
    if isinstance(value, str) and _means(value, what):
        return wrong, "write it without quotes"
    return wrong, f"write {what}"


def _means(text: str, what: str) -> bool:
    try:
        value = core_scalar(text)
    except ScalarError:
        return False
    if what == "true or false":
        return isinstance(value, bool)
    return (
        isinstance(value, int if what == "a whole number" else (int, float))
        and not isinstance(value, bool)
        and "number" in what
    )


def _limit(word: str, name: str) -> Callable[[object, Mapping[str, Any]], Wording]:
    return lambda value, context: (f"{shown(value)} is not allowed", f"{word} {context[name]}")


def _length(word: str, name: str, unit: str) -> Callable[[object, Mapping[str, Any]], Wording]:
    def rule(value: object, context: Mapping[str, Any]) -> Wording:
        count = context.get("actual_length", len(value) if isinstance(value, str) else 0)
        return f"{shown(value)} has {count} {unit}", f"{word} {context[name]}"

    return rule


def _choice(value: object, context: Mapping[str, Any]) -> Wording:
    expected = str(context["expected"])
    words = [part for index, part in enumerate(expected.split("'")) if index % 2]
    near = nearest(value, words) if isinstance(value, str) and len(words) > 1 else None
    guess = f" (did you mean '{near}'?)" if near else ""
    return f"{shown(value)} is not allowed", f"write {expected}{guess}"


def _own_sentence(value: object, context: Mapping[str, Any]) -> Wording:
    return str(context["error"]), ""


_RULES: dict[str, Callable[[object, Mapping[str, Any]], Wording]] = {
    "greater_than": _limit("more than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("less than", "lt"),
    "less_than_equal": _limit("at most", "le"),
    "multiple_of": _limit("a multiple of", "multiple_of"),
    "literal_error": _choice,
    "enum": _choice,
    "too_short": _length("at least", "min_length", "entries"),
    "too_long": _length("at most", "max_length", "entries"),
    "string_too_short": _length("at least", "min_length", "characters"),
    "string_too_long": _length("at most", "max_length", "characters"),
    "string_pattern_mismatch": _limit("it must match", "pattern"),
    "union_tag_invalid": lambda value, context: (
        f"{shown(context['tag'])} is not allowed",
        f"write one of {context['expected_tags']}",
    ),
    "union_tag_not_found": lambda value, context: ("is missing", "it says which kind this is"),
    "value_error": _own_sentence,
    "assertion_error": _own_sentence,
}
