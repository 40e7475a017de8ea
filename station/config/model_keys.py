"""Which keys a pydantic model knows at a place inside it: for "did you mean" and for missing keys.

Follows pydantic's own error locations, tags of discriminated unions included. Pure; knows nothing of YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Location = tuple[int | str, ...]


def known_keys(model: type[BaseModel], location: Location) -> dict[str, FieldInfo]:
    """The keys of the mapping at `location` (as in a pydantic error), by the name that the file uses."""
    here: list[Any] = [model]
    for step in location:
        tagged = [kind for kind in here if _has_tag(kind, step)] if len(here) > 1 else []
        here = tagged or [inner for kind in here for inner in _step(kind, step)] or here
    keys: dict[str, FieldInfo] = {}
    for kind in here:
        if _is_model(kind):
            keys |= _fields(kind)
    return keys


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _step(kind: Any, step: int | str) -> Iterator[Any]:
    """The types that stand one step below `kind`; nothing where the step is a union's tag."""
    if _is_model(kind):
        info = _fields(kind).get(str(step))
        if info is not None:
            yield from _alternatives(info.annotation)
        return
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(step, int) and origin in {list, tuple, set, frozenset} and arguments:
        yield from _alternatives(arguments[min(step, len(arguments) - 1)] if origin is tuple else arguments[0])
    elif isinstance(step, str) and origin is dict:
        yield from _alternatives(arguments[1])


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Annotated and unions taken apart."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in {list, tuple, set, frozenset, dict, Literal} or not get_args(annotation):
        yield annotation
    else:
        for part in get_args(annotation):
            if part is not NoneType:
                yield from _alternatives(part)


def _has_tag(kind: Any, tag: int | str) -> bool:
    if not _is_model(kind):
        return False
    if kind.__name__ == tag:
        return True
    return any(tag in get_args(info.annotation) for info in kind.model_fields.values())


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
