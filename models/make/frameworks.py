"""The training libraries, imported by name so that the runtime environment need not have them.

Only modules of `models.make` import this one, and only when something is made.
"""

from __future__ import annotations

import importlib
from typing import Any


class TrainingUnavailableError(Exception):
    """One sentence: which library is missing and how to get it."""


def require(name: str) -> Any:
    """The module `name`; TrainingUnavailableError if it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TrainingUnavailableError(
            f"{name}: expected the training environment, found no such library here; run `make setup-train`"
        ) from error
