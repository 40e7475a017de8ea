"""The PLC's wish for a recipe: RecipeRequest from edge to edge, with RecipeAck or RecipeError as the answer.

Pure: time comes in as `now_ns`. Whether a recipe can be had, and when it takes over, is the station's business: it
answers a request by its number. Must not know recipes, parts or sockets.
"""

from drivers.plc.facts import RecipeAnswer
from drivers.plc.messages import RecipeRequested
from drivers.plc.registers import StatusBits


class RecipeRequest:
    """One request at a time: the next one begins when RecipeRequest has fallen and rises again."""

    def __init__(self) -> None:
        self._number = 0
        self._recipe_id = 0
        self._stands = False
        self._answered_ns: int | None = None
        self._stuck_said = False

    def rose(self, recipe_id: int, now_ns: int) -> RecipeRequested:
        """RecipeRequest 0→1 with this RecipeId; the registers may change from here on."""
        self._number, self._recipe_id, self._stands = self._number + 1, recipe_id, True
        self._answered_ns, self._stuck_said = None, False
        return RecipeRequested(recipe_id, self._number, now_ns)

    def is_low(self) -> None:
        """RecipeRequest is 0: no answer is shown. What was asked for is asked for all the same."""
        self._stands = False

    def bits(self, answer: RecipeAnswer | None) -> StatusBits:
        """The answer to this request, for as long as it stands; nothing before there is one."""
        if not self._answers(answer) or answer is None:
            return StatusBits(0)
        return StatusBits.RECIPE_ACK if answer.taken else StatusBits.RECIPE_ERROR

    def stuck(self, answer: RecipeAnswer | None, now_ns: int, limit_ns: int) -> int | None:
        """The recipe, where the request stands for longer than `limit_ns` after its answer; once a request."""
        if not self._answers(answer):
            return None
        if self._answered_ns is None:
            self._answered_ns = now_ns
        if self._stuck_said or now_ns - self._answered_ns <= limit_ns:
            return None
        self._stuck_said = True
        return self._recipe_id

    def _answers(self, answer: RecipeAnswer | None) -> bool:
        return self._stands and answer is not None and answer.request == self._number
