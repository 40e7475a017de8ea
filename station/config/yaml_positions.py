"""From a YAML file to a pydantic model, with every fault at once and each at its line.

The text's own faults (`yaml_compose`) and the model's (`wording`) come out together. Start-up and `station
check` both go through here. Must not know which keys there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from station.config.faults import ConfigError, ConfigFault
from station.config.model_keys import known_keys
from station.config.wording import did_you_mean, in_words, nearest, shown
from station.config.yaml_compose import KeyPath, YamlDocument, read_yaml

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_yaml_model(path: str | Path, model: type[ModelT]) -> ModelT:
    """The file as `model`; ConfigError with every fault."""
    return load_yaml_document(path, model)[0]


def load_yaml_document(path: str | Path, model: type[ModelT]) -> tuple[ModelT, YamlDocument]:
    """As `load_yaml_model`, with the document, whose `fault(path, ...)` serves checks across keys."""
    document = read_yaml(path)
    try:
        # JSON, because pydantic's strict mode then takes a list for a tuple and text for a path or an enum.
        loaded = model.model_validate_json(json.dumps(document.data))
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise ConfigError([*document.faults, *_model_faults(document, model, details)]) from None
    if document.faults:
        raise ConfigError(document.faults)
    return loaded, document


def _model_faults(document: YamlDocument, model: type[BaseModel], details: list[ErrorDetails]) -> Iterator[ConfigFault]:
    meant: set[KeyPath] = set()  # a missing key whose misspelling is named needs no second line
    for detail in details:
        if detail["type"] == "extra_forbidden":
            fault, guess = _unknown_key(document, model, detail)
            meant.add(guess)
            yield fault
    alternatives: dict[KeyPath, list[tuple[str, str]]] = {}
    for detail in details:
        if detail["type"] == "extra_forbidden":
            continue
        place = path_of(document.data, detail)
        if (detail["type"] == "missing" and place in meant) or _refused(document, place):
            continue
        alternatives.setdefault(place, []).append(_words(model, detail))
    for place, wordings in alternatives.items():
        rights = dict.fromkeys(right for _, right in wordings if right)
        wrong = wordings[0][0] if len(rights) < 2 else f"{shown(_at(document.data, place))} is not allowed"
        first, *others = rights or [""]
        yield document.fault(place, wrong, " or ".join([first, *(right.removeprefix("write ") for right in others)]))


def _refused(document: YamlDocument, place: KeyPath) -> bool:
    """A scalar that the text's reader refused has its own fault already."""
    return any(place[:length] in document.refused for length in range(len(place) + 1))


def _unknown_key(document: YamlDocument, model: type[BaseModel], detail: ErrorDetails) -> tuple[ConfigFault, KeyPath]:
    place = path_of(document.data, detail)
    known = list(known_keys(model, detail["loc"][:-1]))
    word = str(place[-1])
    fault = document.fault(place, "unknown key", did_you_mean(word, known), at_key=True)
    return fault, (*place[:-1], nearest(word, known) or word)


def _words(model: type[BaseModel], detail: ErrorDetails) -> tuple[str, str]:
    location, kind = detail["loc"], detail["type"]
    if kind != "missing":
        return in_words(kind, detail["input"], detail.get("ctx", {}), detail["msg"])
    if isinstance(location[-1], int):
        return "is missing", "the list needs more entries"
    field = known_keys(model, location[:-1]).get(location[-1])
    meaning = f" ({field.description.rstrip('.')})" if field and field.description else ""
    return "is missing", f"add '{location[-1]}: …'{meaning}"


def path_of(data: Any, detail: ErrorDetails) -> KeyPath:
    """Where in the file a pydantic error lies.

    Pydantic puts the tags of unions and the names of validators between the keys. Of all ways to leave steps
    out, the one that keeps most steps and ends at the value which pydantic saw is right.
    """
    location = detail["loc"]
    if detail["type"] == "missing":
        location, below = location[:-1], location[-1:]
    elif detail["type"] in {"union_tag_not_found", "union_tag_invalid"}:
        below = (str(detail.get("ctx", {}).get("discriminator", "")).strip("'"),)
    else:
        below = ()
    candidates = list(_walks(data, location))
    fitting = [walk for walk in candidates if _same(_at(data, walk), detail["input"])] or candidates
    return (*max(fitting, key=len), *below)


def _walks(data: Any, location: tuple[int | str, ...]) -> Iterator[KeyPath]:
    """Every path into `data` that is `location` with some steps left out."""
    if not location:
        yield ()
        return
    step, rest = location[0], location[1:]
    if _leads_on(data, step):
        for tail in _walks(data[step], rest):
            yield (step, *tail)
    yield from _walks(data, rest)


def _leads_on(data: Any, step: int | str) -> bool:
    if isinstance(data, dict):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)  # pyright: ignore[reportUnknownArgumentType]


def _at(data: Any, path: KeyPath) -> Any:
    for step in path:
        data = data[step]
    return data


def _same(found: Any, seen: Any) -> bool:
    return type(found) is type(seen) and found == seen
