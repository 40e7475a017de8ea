"""A pydantic model of a TypedDict, for its schema: what the page's documents are is written down once.

Pydantic itself takes TypedDicts only from Python 3.12 on. Pure.
"""

from __future__ import annotations

import types
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel, create_model

from station.api.forms import Document


def model_of(typed_dict: type[Any]) -> type[BaseModel]:
    """The model, named as the TypedDict, with models of those inside it."""
    plain, marked = get_type_hints(typed_dict), get_type_hints(typed_dict, include_extras=True)
    fields: dict[str, Any] = {
        name: (_type_of(hint), None if get_origin(marked[name]) is NotRequired else ...) for name, hint in plain.items()
    }
    return create_model(typed_dict.__name__, __base__=Document, __doc__=typed_dict.__doc__, **fields)


def _type_of(hint: Any) -> Any:
    if is_typeddict(hint):
        return model_of(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is None or origin is Literal:
        return hint
    inner = tuple(_type_of(argument) for argument in arguments)
    if origin in (Union, types.UnionType):
        return Union[inner]  # noqa: UP007 - built from a tuple
    return origin[inner]
