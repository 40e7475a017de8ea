"""The strict core schema: what an unquoted YAML scalar stands for.

`on`, `yes`, `12:30` and `2024-01-01` are text, `1e-3` is a number, `012` is refused because two readers would
differ about it. Pure; knows nothing of files, lines or keys.
"""

from __future__ import annotations

import math
import re

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_OCTAL_OR_DECIMAL = re.compile(r"[-+]?0[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS: dict[str, bool | None] = {
    "true": True,
    "false": False,
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
}
_MAX_DIGITS = 32


class ScalarError(ValueError):
    """A scalar that is not taken: what is wrong with it and what would be right."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(wrong, right)
        self.wrong, self.right = wrong, right


def core_scalar(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar; ScalarError where it is not clear or not usable."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _OCTAL_OR_DECIMAL.fullmatch(text):
        decimal = text.lstrip("+-0") or "0"
        raise ScalarError(
            f"{text} is ambiguous (some readers take a leading 0 as octal)",
            f"write {decimal} for the number or '{text}' in quotes for text",
        )
    if _INT.fullmatch(text) or _BASED.fullmatch(text):
        if len(text) > _MAX_DIGITS:
            wrong = f"a number of {len(text)} digits is not allowed"
            raise ScalarError(wrong, "write it in quotes if it is text")
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ScalarError(f"{text} is too large for a number", "write a smaller one")
        return number
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError(f"{text} is not a number that can be used", "write a finite number")
    return text
