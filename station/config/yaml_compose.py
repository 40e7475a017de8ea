"""Reads one YAML file into plain values and remembers the line of each.

PyYAML's YAML 1.1 scalars, its silent "last key wins" and its arbitrary tags are switched off (`yaml_core`
says what a scalar stands for). Knows nothing of what the values mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from station.config.faults import WHOLE_FILE, ConfigError, ConfigFault
from station.config.yaml_core import ScalarError, core_scalar
from station.config.yaml_nodes import PLAIN_TAG, STR_TAG, compose, entries, items

KeyPath = tuple[str | int, ...]

MAX_FILE_BYTES = 1 << 20
MAX_VALUES = 50_000  # aliases of aliases can stand for billions of values

_KNOWN_TAGS = {PLAIN_TAG, STR_TAG, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_MERGE_KEY = "<<"


@dataclass(slots=True)
class YamlDocument:
    """One file's plain values (`data`), the line of each path, and the faults of the text itself."""

    file: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    faults: list[ConfigFault] = field(default_factory=list[ConfigFault])
    refused: set[KeyPath] = field(default_factory=set[KeyPath])
    lines: dict[KeyPath, int] = field(default_factory=dict[KeyPath, int])
    key_lines: dict[KeyPath, int] = field(default_factory=dict[KeyPath, int])

    def line_of(self, path: KeyPath) -> int:
        """1-based line of the value at `path`; where that is absent, of the nearest mapping around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: KeyPath, wrong: str, right: str = "", *, at_key: bool = False) -> ConfigFault:
        """A fault of the value (`at_key`: of the key itself) at `path`; for checks across keys, too."""
        line = self.key_lines.get(path, 0) if at_key else 0
        return ConfigFault(self.file, line or self.line_of(path), dotted(path), wrong, right)


def dotted(path: KeyPath) -> str:
    """('cameras', 0, 'serial') -> 'cameras[0].serial'."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or WHOLE_FILE


def read_yaml(path: str | Path) -> YamlDocument:
    """The file's values and their lines.

    Raises ConfigError when nothing can be read; faults that leave the rest readable are in `.faults`.
    """
    file = str(path)
    root = compose(_text_of(Path(path), file), file)
    if root is None:
        raise _whole_file(file, "is empty", "write at least the keys that have no default")
    if not isinstance(root, yaml.MappingNode):
        raise _whole_file(file, "holds no mapping", "write lines of 'key: value'", root.start_mark.line + 1)
    document = YamlDocument(file)
    _Reader(document).read(root)
    return document


def _whole_file(file: str, wrong: str, right: str, line: int = 1) -> ConfigError:
    return ConfigError([ConfigFault(file, line, WHOLE_FILE, wrong, right)])


def _text_of(path: Path, file: str) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise _whole_file(file, "does not exist", "name a YAML file that does") from None
    except IsADirectoryError:
        raise _whole_file(file, "is a directory", "name the YAML file in it") from None
    except (OSError, ValueError) as error:
        raise _whole_file(file, f"cannot be read ({error})", "name a file that this user may read") from None
    if len(raw) > MAX_FILE_BYTES:
        raise _whole_file(file, f"is larger than {MAX_FILE_BYTES} bytes", "name a configuration file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wrong = f"byte {error.start} (0x{raw[error.start]:02X}) is not UTF-8"
        raise _whole_file(file, wrong, "save the file as UTF-8", line) from None


class _Reader:
    """Walks the composed nodes once and fills the document."""

    def __init__(self, document: YamlDocument) -> None:
        self._document = document
        self._open: set[int] = set()
        self._values = 0

    def read(self, root: yaml.MappingNode) -> None:
        self._document.lines[()] = root.start_mark.line + 1
        self._document.data = self._value(root, ()) or {}

    def _value(self, node: yaml.Node, path: KeyPath) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            wrong = f"stands for more than {MAX_VALUES} values"
            raise _whole_file(self._document.file, wrong, "use fewer aliases")
        if node.tag not in _KNOWN_TAGS:
            return self._refuse(path, f"the tag {node.tag} is not used here", "write the value without a tag")
        if isinstance(node, yaml.ScalarNode):
            if node.tag != PLAIN_TAG:
                return node.value
            try:
                return core_scalar(node.value)
            except ScalarError as error:
                return self._refuse(path, error.wrong, error.right)
        if id(node) in self._open:
            return self._refuse(path, "an anchor holds itself", "point the alias (*) at another anchor")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self._item(item, (*path, index)) for index, item in enumerate(items(node))]
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _item(self, node: yaml.Node, path: KeyPath) -> Any:
        self._document.lines[path] = node.start_mark.line + 1
        return self._value(node, path)

    def _mapping(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        own: dict[str, Any] = {}
        bases: list[tuple[yaml.Node, yaml.Node]] = []
        for key_node, value_node in entries(node):
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or not key_node.value:
                self._fault(line, path, "a key must be a word", "write 'key: value'")
            elif _is_merge(key_node):
                bases.append((key_node, value_node))
            elif str(key_node.value) in own:
                here = (*path, str(key_node.value))
                first = self._document.key_lines[here]
                self._fault(line, here, f"is there twice, first in line {first}", "keep one of the two")
            else:
                own[str(key_node.value)] = self._keyed(path, key_node, value_node)
        for key_node, value_node in bases:
            for inner_key, inner_value in self._merged(path, key_node, value_node):
                if str(inner_key.value) not in own:
                    own[str(inner_key.value)] = self._keyed(path, inner_key, inner_value)
        return own

    def _keyed(self, path: KeyPath, key_node: yaml.ScalarNode, value_node: yaml.Node) -> Any:
        here = (*path, str(key_node.value))
        line = key_node.start_mark.line + 1
        has_text = isinstance(value_node, yaml.ScalarNode) and bool(value_node.value)
        self._document.key_lines[here] = line
        self._document.lines[here] = value_node.start_mark.line + 1 if has_text else line
        return self._value(value_node, here)

    def _merged(
        self, path: KeyPath, key_node: yaml.Node, value_node: yaml.Node
    ) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        """`<<: *base` or `<<: [*a, *b]`: the entries of the bases, nearest first."""
        sources = list(items(value_node)) if isinstance(value_node, yaml.SequenceNode) else [value_node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode) or id(source) in self._open:
                wrong, right = "can merge other mappings only", "write '<<: *anchor'"
                self._fault(key_node.start_mark.line + 1, (*path, _MERGE_KEY), wrong, right)
                continue
            self._open.add(id(source))
            try:
                deeper: list[tuple[yaml.Node, yaml.Node]] = []
                for inner_key, inner_value in entries(source):
                    if not isinstance(inner_key, yaml.ScalarNode):
                        continue
                    if _is_merge(inner_key):
                        deeper.append((inner_key, inner_value))
                    else:
                        yield inner_key, inner_value
                for inner_key, inner_value in deeper:
                    yield from self._merged(path, inner_key, inner_value)
            finally:
                self._open.discard(id(source))

    def _fault(self, line: int, path: KeyPath, wrong: str, right: str) -> None:
        self._document.faults.append(ConfigFault(self._document.file, line, dotted(path), wrong, right))

    def _refuse(self, path: KeyPath, wrong: str, right: str) -> None:
        self._document.refused.add(path)
        self._document.faults.append(self._document.fault(path, wrong, right))


def _is_merge(key_node: yaml.ScalarNode) -> bool:
    return key_node.tag == PLAIN_TAG and key_node.value == _MERGE_KEY
