"""Text to composed YAML nodes, with the hazards of the parser kept outside.

The thin typed wrapper around PyYAML: libyaml where it is present, no implicit YAML 1.1 types, a limit on
nesting, and one sentence with a line for each way in which a text is not YAML. Knows nothing of keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.reader import ReaderError

from station.config.faults import WHOLE_FILE, ConfigError, ConfigFault

PLAIN_TAG = "?"  # an unquoted scalar: the core schema decides
STR_TAG = "tag:yaml.org,2002:str"

MAX_DEPTH = 64  # libyaml's composer recurses on the C stack: 200,000 open brackets end the process

_HINTS = {
    "cannot start any token": "indent with spaces, and quote text that begins with a special sign",
    "mapping values are not allowed": "look for a missing quote, a wrong indentation or a second ': '",
    "could not find expected ':'": "write 'key: value' with a space after the colon",
    "undefined alias": "define the anchor (&name) above its use (*name)",
    "found another document": "remove the line '---' in the middle",
    "did not find expected": "look for a missing bracket, quote or comma or a wrong indent, here or above",
    "unexpected end of stream": "close the quote that is open",
}
_safe_loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML may be built without libyaml


class _CoreLoader(_safe_loader):
    """Marks an unquoted scalar as such, where the base class would give it a YAML 1.1 type."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return PLAIN_TAG if implicit[0] else STR_TAG
        return "tag:yaml.org,2002:map" if kind is yaml.MappingNode else "tag:yaml.org,2002:seq"


def compose(text: str, file: str) -> yaml.Node | None:
    """The root node of the one document in `text`, None where it is empty; ConfigError with line and hint."""
    loader: Any = _CoreLoader
    try:
        _refuse_deep_nesting(text, file, loader)
        return yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "it cannot be parsed"
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _fault(file, line, "holds a control character", "remove it (invisible, often pasted)") from None
    last_line = max(1, len(text.splitlines()))
    right = next((hint for part, hint in _HINTS.items() if part in problem), "mend it")
    line = min(mark.line + 1, last_line) if mark else 1
    raise _fault(file, line, f"is not valid YAML here ({problem})", right)


def entries(node: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The (key, value) nodes of a mapping node, as written."""
    yield from node.value


def items(node: yaml.Node) -> Iterator[yaml.Node]:
    """The nodes of a sequence node, in order."""
    yield from node.value


def _refuse_deep_nesting(text: str, file: str, loader: Any) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise _fault(file, line, f"is nested more than {MAX_DEPTH} deep", "close the brackets")


def _fault(file: str, line: int, wrong: str, right: str) -> ConfigError:
    return ConfigError([ConfigFault(file, line, WHOLE_FILE, wrong, right)])
