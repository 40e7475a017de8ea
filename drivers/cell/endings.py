"""How each part ends: what the PLC wanted, joined with what gate and belt really did, and the bin that follows.

Pure. Without a gate the robot does what the PLC says. With one, the gate's position at the part's passing decides;
the PLC's reading only names the bin of a part that lies in the chute.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.cell import causes
from drivers.cell.belt import Ended
from drivers.cell.bins import FLOOR, Bins
from drivers.cell.outcome import Outcome
from drivers.cell.parts_in_hand import Disposal, Reading
from drivers.cell.robot import Robot
from drivers.cell.truth import GroundTruth
from drivers.plc.registers import VerdictCode

OnPart = Callable[[dict[str, object]], None]


class Endings:
    """Brings parts into their bins and into the books. `nobody_decides`: there is no PLC, the gate alone tells."""

    def __init__(
        self,
        bins: Bins,
        truth: GroundTruth,
        robot: Robot,
        on_part: OnPart | None,
        *,
        gate: bool,
        nobody_decides: bool = False,
    ) -> None:
        self._bins = bins
        self._truth = truth
        self._robot = robot
        self._on_part = on_part
        self._gate = gate
        self._nobody_decides = nobody_decides
        self._disposals: dict[int, Disposal] = {}
        self._ended: dict[int, Ended] = {}
        self._carried: dict[int, Outcome] = {}

    def disposed(self, disposal: Disposal, now_ns: int) -> None:
        """The PLC has decided a part."""
        if not self._gate:
            reading = disposal.reading
            bin_name = self._bins.choose(accepted=reading.accepted, defect_class=reading.defect_class)
            self._carry(_outcome(disposal, bin_name, None), now_ns)
            return
        self._disposals[disposal.n] = disposal
        self._settle(disposal.n, now_ns)

    def ended(self, end: Ended, now_ns: int) -> None:
        """A part left the belt."""
        if end.n is None:
            if end.passed is not None:
                self._truth.extra_ended(passed=end.passed)
            return
        self._ended[end.n] = end
        if self._nobody_decides:
            self._disposals[end.n] = Disposal(end.n, end.n, now_ns, _as_the_gate_stood(end))
        self._settle(end.n, now_ns)

    def advance(self, now_ns: int) -> None:
        """Let the robot go on."""
        for delivery in self._robot.delivered(now_ns):
            self._put(self._carried.pop(delivery.n))

    def _settle(self, n: int, now_ns: int) -> None:
        """A part in the chute waits for the PLC to name its bin; so does one at the pick-up, for a PLC that stands."""
        if n not in self._disposals or n not in self._ended:
            return
        disposal, end = self._disposals.pop(n), self._ended.pop(n)
        if end.passed is None:
            self._put(_outcome(disposal, FLOOR, end))
        elif end.passed:
            self._carry(_outcome(disposal, self._bins.good, end), now_ns)
        else:
            bin_name = self._bins.choose(accepted=False, defect_class=disposal.reading.defect_class)
            self._put(_outcome(disposal, bin_name, end))

    def _carry(self, outcome: Outcome, now_ns: int) -> None:
        self._robot.carry(outcome.n, outcome.bin_name, now_ns)
        self._carried[outcome.n] = outcome

    def _put(self, outcome: Outcome) -> None:
        self._bins.put(outcome.bin_name)
        row = self._truth.in_bin(outcome)
        if row is not None and self._on_part is not None:
            self._on_part(row)


def _as_the_gate_stood(end: Ended) -> Reading:
    """Without a PLC the gate itself is all that is known of the verdict."""
    if end.passed:
        return Reading(accepted=True, cause=causes.BY_STATION, verdict_code=VerdictCode.PASS)
    return Reading(accepted=False, cause=causes.NOT_OPENED)


def _outcome(disposal: Disposal, bin_name: str, end: Ended | None) -> Outcome:
    reading = disposal.reading
    cause, passed = reading.cause, None if end is None else end.passed
    if end is not None and passed is None:
        cause = causes.FELL_OFF
    elif passed is not None and passed != reading.accepted:
        cause = causes.GATE_STAYED_OPEN if passed else causes.GATE_STAYED_SHUT
    return Outcome(
        n=disposal.n,
        part_seq=disposal.part_seq,
        accepted=reading.accepted,
        cause=cause,
        verdict_code=reading.verdict_code,
        defect_class=reading.defect_class,
        bin_name=bin_name,
        result_ns=disposal.at_ns,
        passed_gate=passed,
        confirmed=None if end is None else end.confirmed,
        gate_error_counts=None if end is None else end.gate_error_counts,
    )
