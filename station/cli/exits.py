"""Exit codes of the commands, and the one exception that becomes a sentence."""

from __future__ import annotations

OK = 0
FAILED = 1
"""The run went through and its result is not good: an unbalanced ledger, an escape."""
BAD_INPUT = 2
"""Nothing was started: configuration, model, or arguments are at fault."""
CANNOT_START = 3
"""Configuration and model are good, and this machine does not let the station start: a port in use, no camera."""


class UserError(Exception):
    """Something the user can mend, in one or a few sentences."""

    def __init__(self, sentence: str, exit_code: int = BAD_INPUT) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
