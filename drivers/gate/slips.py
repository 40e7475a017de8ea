"""Which parts met a gate that was open and not for them: a check of what the outputs really were, late or not.

Pure. Must not know what the outputs should have been, nor time: positions come in.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.gate.part import PartOnCam


class Slips:
    """Goes along with the line. `sweep` before `energised` changes and before parts are forgotten."""

    def __init__(self) -> None:
        self._energised: frozenset[str] = frozenset()
        self._swept = float("-inf")
        self._found: list[int] = []

    def energised(self, on: frozenset[str]) -> None:
        """These gates are really open from the place swept last on."""
        self._energised = on

    def forget_place(self) -> None:
        """The position began anew."""
        self._swept = float("-inf")

    def sweep(self, parts: Mapping[int, PartOnCam], position: float) -> None:
        """Go over the parts that met the gates since the last sweep, up to `position`; a step back is none."""
        before, self._swept = self._swept, max(self._swept, position)
        for seq, part in parts.items() if self._energised else ():
            for gate in self._energised & part.windows.keys():
                met = before < part.windows[gate].met_at <= self._swept
                if met and part.gate != gate and seq not in self._found:
                    self._found.append(seq)

    def drain(self) -> tuple[int, ...]:
        """The parts found since the last call, each once."""
        found, self._found = tuple(self._found), []
        return found
