"""Which recipe was chosen last, in a small file beside the records: the choice survives a restart.

The file is replaced as a whole, and synced, so that a power cut leaves the old choice or the new one. Must not know
what a recipe is. Its calls wait for the disk: never call them from the loop.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

_log = logging.getLogger("station.changeover")

FILE = "active-recipe.json"
_MAX_BYTES = 4096


class ChoiceError(RuntimeError):
    """The choice cannot be kept; one sentence."""


class Choice:
    """The choice in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> int | None:
        """The recipe that was chosen last; None where none was, or where the file says nothing that can be used."""
        try:
            with self._path.open("rb") as file:
                content: Any = json.loads(file.read(_MAX_BYTES))
            chosen = content["recipe_id"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s cannot be used (%s): the station starts with the first recipe", self._path, error)
            return None
        return chosen if isinstance(chosen, int) else None

    def among(self, recipes: Collection[int], first: int) -> int:
        """The recipe to start with: the one chosen last where there still is one of that number, else the first."""
        chosen = self.read()
        if chosen is None or chosen in recipes:
            return first if chosen is None else chosen
        _log.warning("recipe %d was chosen last and is not in the configuration any more: recipe %d", chosen, first)
        return first

    def keep(self, recipe_id: int, who: str) -> None:
        """From now on this one. ChoiceError where the disk does not take it; then the old one stays."""
        text = json.dumps({"recipe_id": recipe_id, "chosen_by": who}) + "\n"
        beside = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise ChoiceError(f"The choice cannot be kept in {self._path}: {error.strerror}.") from None
