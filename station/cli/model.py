"""`station model …`: drawing data is the cell's, making models is the models' own command line."""

from __future__ import annotations

from collections.abc import Sequence


def model(arguments: Sequence[str]) -> int:
    """Run what stands after `station model`."""
    from models.make.command import run
    from station.cli.model_draw import add_draw

    return run(arguments, "station model", (add_draw,))
