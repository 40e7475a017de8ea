"""The results side of the handshake: one result shown at a time, the next only after ResultsAck rose and fell.

Pure. Waiting results have places for eight with the one shown; nothing shown is ever overwritten. Must not know
registers of other blocks, sockets or clocks: time comes in as `now_ns`.
"""

from collections import deque

from drivers.plc.registers import ResultBlock, VerdictCode

_NOTHING = ResultBlock()


class ResultSlot:
    """Shows results in order. `step` after each change of ResultsAck and after each `offer`."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: deque[ResultBlock] = deque()
        self._shown: ResultBlock | None = None
        self._since_ns = 0
        self._said = False
        self.passes_shown = 0

    @property
    def valid(self) -> bool:
        """ResultsValid."""
        return self._shown is not None

    @property
    def block(self) -> ResultBlock:
        """What the result registers hold: the result shown, or all zero, which is no PASS."""
        return self._shown if self._shown is not None else _NOTHING

    @property
    def shows_pass(self) -> bool:
        """A PASS is shown and not acknowledged."""
        return self._shown is not None and self._shown.verdict == VerdictCode.PASS

    @property
    def held(self) -> int:
        """Results not yet acknowledged, the shown one included."""
        return len(self._waiting) + (self._shown is not None)

    def offer(self, result: ResultBlock, now_ns: int) -> bool:
        """Queue a result; False = all places are taken."""
        if self.held >= self._places:
            return False
        if self.held == 0:
            self._restart(now_ns)
        self._waiting.append(result)
        return True

    def withdraw(self, part_seq: int) -> bool:
        """A PASS that waits and is not shown yet becomes a reject for lateness; False where there is none."""
        for place, result in enumerate(self._waiting):
            if result.part_seq == part_seq and result.verdict == VerdictCode.PASS:
                self._waiting[place] = result.resealed(VerdictCode.DEADLINE)
                return True
        return False

    def step(self, ack: bool, now_ns: int) -> int | None:
        """Follow ResultsAck; returns the part number whose result was just taken.

        A result is only shown while Ack is low, so that Ack high beside a shown result is its rising edge.
        """
        if self._shown is not None:
            if not ack:
                return None
            taken = self._shown.part_seq
            self._shown = None
            self._restart(now_ns)
            return taken
        if not ack and self._waiting:
            self._shown = self._waiting.popleft()
            self.passes_shown += self.shows_pass
            self._restart(now_ns)
        return None

    def overdue(self, ack: bool, now_ns: int, limit_ns: int) -> bool:
        """The PLC has kept this side waiting for longer than `limit_ns`; True once an occurrence.

        With a result shown it is the acknowledgement that is missing, else Ack stands in the way of the next one.
        """
        waiting = self._shown is not None or (ack and bool(self._waiting))
        if not waiting or self._said or now_ns - self._since_ns <= limit_ns:
            return False
        self._said = True
        return True

    def _restart(self, now_ns: int) -> None:
        self._since_ns = now_ns
        self._said = False
