"""What all parts of a run share, as long as the recipe stays the same. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from drivers.encoder.counts import wrapped
from station.config.load import Loaded
from station.config.section import Section
from station.core.line_limits import View
from station.core.values import PictureFacts
from station.limits import limits_of


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """`class_numbers[view][class index]` is a class's place in `labels`.

    `recipe_digest` and `configuration_id` name exactly which settings decide. `deadline_ms`: from trigger to deadline.
    `gate_counts`: encoder counts from the trigger to the gate, None where the recipe has no gate.
    """

    run_id: str
    recipe: str
    model_digest: str
    labels: tuple[str, ...]
    views: tuple[View, ...]
    class_numbers: tuple[tuple[int, ...], ...]
    recipe_id: int | None = None
    recipe_digest: str | None = None
    configuration_id: str | None = None
    deadline_ms: float | None = None
    gate_counts: int | None = None

    def class_of(self, facts: PictureFacts) -> int:
        """The class of a picture as the PLC numbers it."""
        return self.class_numbers[facts.view][facts.class_index]

    def gate_encoder(self, trigger_encoder: int | None) -> int | None:
        """The count at which a part is at the gate; None where there is no gate or no count."""
        if trigger_encoder is None or self.gate_counts is None:
            return None
        return wrapped(trigger_encoder + self.gate_counts)


def run_identity(loaded: Loaded, run_id: str) -> RunIdentity:
    """The identity of a run with this configuration; a changeover makes another one with the same `run_id`."""
    recipe = loaded.config.recipe
    return RunIdentity(
        run_id,
        recipe.name,
        loaded.model_digest,
        loaded.labels,
        limits_of(loaded.config).views,
        loaded.class_numbers,
        recipe_id=recipe.id,
        recipe_digest=_digest(recipe),
        configuration_id=_digest(loaded.config),
        deadline_ms=recipe.deadline_ms,
        gate_counts=recipe.gate.offset_counts if recipe.gate else None,
    )


def _digest(section: Section) -> str:
    """The same settings, the same digest, however the file writes them."""
    return hashlib.sha256(section.model_dump_json().encode()).hexdigest()
