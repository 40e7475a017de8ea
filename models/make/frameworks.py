"""The training libraries, imported by name so that the runtime environment need not have them.

Only modules of `models.make` import this one, and only when something is made.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


class TrainingUnavailableError(Exception):
    """One sentence: which library is missing and how to get it."""


def require(name: str) -> Any:
    """The module `name`; TrainingUnavailableError if it is not installed."""
    expect(name)
    return importlib.import_module(name)


def expect(name: str) -> None:
    """Nothing if the library of module `name` is installed, TrainingUnavailableError otherwise; imports nothing."""
    library = name.partition(".")[0]
    if importlib.util.find_spec(library) is None:
        raise TrainingUnavailableError(
            f"{library}: expected the training environment, found no such library here; run `make setup-train`"
        )
