"""What is wrong with a configuration file, in one form for every kind of fault.

Knows nothing of YAML or pydantic: the readers make these values, the command line and the page print them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WHOLE_FILE = "(file)"


@dataclass(frozen=True, slots=True, order=True)
class ConfigFault:
    """One fault: where it is (1-based line), the dotted key, what is wrong and what would be right.

    `right` may be empty where `wrong` already says it.
    """

    file: str
    line: int
    key: str
    wrong: str
    right: str

    def __post_init__(self) -> None:
        if self.line < 1:
            raise ValueError(f"a line number starts at 1, got {self.line}")

    def __str__(self) -> str:
        end = f", {self.right}" if self.right else ""
        return f"{self.file}:{self.line}: {self.key}: {self.wrong}{end}"


class ConfigError(Exception):
    """A configuration that cannot be used; `faults` holds every one that was found, by line."""

    def __init__(self, faults: Iterable[ConfigFault]) -> None:
        self.faults: tuple[ConfigFault, ...] = tuple(sorted(set(faults)))
        if not self.faults:
            raise ValueError("a ConfigError needs at least one fault")
        super().__init__("\n".join(str(fault) for fault in self.faults))
