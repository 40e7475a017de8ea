"""The simulated PLC asks for another recipe: RecipeRequest up until the station has answered, parts going on meanwhile.

Pure. Must not know what a recipe is.
"""

from __future__ import annotations

from drivers.plc.registers import StatusBits, StatusBlock

_ANSWERS = StatusBits.RECIPE_ACK | StatusBits.RECIPE_ERROR


class RecipeStep:
    """`recipe_id`: what stands in RecipeId."""

    def __init__(self, recipe_id: int) -> None:
        self.recipe_id = recipe_id
        self.request = False
        self._wanted: int | None = None
        self.taken = self.refused = 0
        """Requests that were answered with RecipeAck, and with RecipeError."""

    def want(self, recipe_id: int) -> None:
        """Ask for it as soon as the request before has been answered; the newest wish counts."""
        self._wanted = recipe_id

    def scan(self, status: StatusBlock | None) -> str | None:
        """One scan; a sentence to be said. Without a station nothing is asked, and asked again when it is back."""
        if status is None:
            if self.request:
                self._wanted, self.request = self._wanted or self.recipe_id, False
            return None
        answered = bool(status.bits & _ANSWERS)
        if self.request and answered:
            self.request = False
            taken = StatusBits.RECIPE_ACK in status.bits
            self.taken += taken
            self.refused += not taken
            return f"PLC: the station has {'taken' if taken else 'refused'} recipe {self.recipe_id}"
        if not self.request and not answered and self._wanted is not None:
            self.recipe_id, self.request, self._wanted = self._wanted, True, None
        return None
