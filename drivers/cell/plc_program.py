"""The simulated PLC's program: one pure scan function over the station's status, the sensors and the time.

Inputs in, outputs out, once per scan, as in a real PLC. Must not know sockets, pictures or the truth. It is the
last guard of the line: only an intact PASS of a part's own number accepts that part; everything else, a silent or
lost station included, rejects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.cell import causes
from drivers.cell.gate_motion import GateCommand
from drivers.cell.parts_in_hand import Disposal, PartsInHand
from drivers.cell.plc_control import control_block
from drivers.cell.plc_gate import GateRules, GateStep, LineInputs
from drivers.cell.plc_recipe import RecipeStep
from drivers.cell.plc_results import ResultStep
from drivers.cell.plc_trigger import JigView, TriggerRules, TriggerStep, Turn
from drivers.cell.plc_watch import ReadyWatch, StationWatch
from drivers.plc.registers import ControlBits, ControlBlock, State, StatusBits, StatusBlock

_HEARTBEAT_NS = 50_000_000
# Old edges of an earlier run must have gone by before the first trigger: this many scans without a result in a row.
_QUIET_SCANS = 3
_CLEAR_PULSE_NS = 200_000_000


@dataclass(frozen=True, slots=True)
class PlcRules:
    """The PLC's limits. `operator_clears_after_ns` 0: nobody clears a station error."""

    trigger: TriggerRules
    recipe_id: int
    result_limit_ns: int
    results_ack_limit_ns: int
    station_heartbeat_ns: int
    operator_clears_after_ns: int
    gate: GateRules | None = None


@dataclass(frozen=True, slots=True)
class ScanInputs:
    """`status` None: no connection. `line` None: no encoder is read. `line_stopped`: everything in hand is rejected.

    `heartbeat_stands`: a fault of the PLC, its heartbeat register is not raised. `recipe_wanted`: from now on ask for
    this recipe.
    """

    now_ns: int
    status: StatusBlock | None
    jig: JigView
    line: LineInputs | None = None
    line_stopped: bool = False
    heartbeat_stands: bool = False
    recipe_wanted: int | None = None


@dataclass(frozen=True, slots=True)
class ScanOutputs:
    """What the PLC writes and commands. `move_on`: turn the jig once, empty. `notices`: sentences to be said once."""

    control: ControlBlock
    turn: Turn | None
    disposals: tuple[Disposal, ...]
    notices: tuple[str, ...]
    gate: tuple[GateCommand, ...] = ()
    move_on: bool = False


class PlcProgram:
    """The program and its memory between scans."""

    def __init__(self, rules: PlcRules) -> None:
        self._rules = rules
        self._hand = PartsInHand()
        self._trigger = TriggerStep(self._hand, rules.trigger)
        self._results = ResultStep(self._hand, rules.results_ack_limit_ns)
        self._gate = None if rules.gate is None else GateStep(self._hand, rules.gate)
        self._watch = StationWatch(rules.station_heartbeat_ns)
        self._heartbeat = 0
        self._heartbeat_ns: int | None = None
        self._error_since_ns: int | None = None
        self._ready_watch = ReadyWatch()
        self._recipe = RecipeStep(rules.recipe_id)
        self._silent = False
        self._drained = False
        self._counts = {"result_timeouts": 0, "station_silent": 0, "links_lost": 0, "errors_cleared": 0}
        self._rejected_in_hand = 0

    @property
    def in_hand(self) -> int:
        """Triggered parts that are not disposed of."""
        return len(self._hand)

    @property
    def at_rest(self) -> bool:
        """No part in hand and no handshake bit of the PLC's up: the line can be left."""
        return not (len(self._hand) or self._trigger.trigger or self._results.acknowledge)

    def scan(self, inputs: ScanInputs) -> ScanOutputs:
        """One scan."""
        now_ns, status = inputs.now_ns, inputs.status
        notices: list[str] = []
        turn = None
        self._follow_station(now_ns, status, notices)
        self._follow_recipe(inputs, notices)
        if status is not None:
            self._results.scan(now_ns, status)
            self._drained |= self._results.quiet_scans >= _QUIET_SCANS
            allowed = self._watch.alive and self._drained and not inputs.line_stopped
            turn = self._trigger.scan(now_ns, status, inputs.jig, allowed=allowed)
        if inputs.line_stopped:
            self._hand.reject_all(causes.CELL_STOPPED, now_ns)
        commands = self._decide(inputs, turn)
        self._counts["result_timeouts"] += self._hand.reject_overdue(self._rules.result_limit_ns, now_ns)
        self._hand.count_read()
        return ScanOutputs(
            control=self._control(inputs),
            turn=turn,
            disposals=self._hand.take_disposals(),
            notices=tuple(notices),
            gate=tuple(commands),
            move_on=turn is None and self._may_move_on(inputs),
        )

    def _decide(self, inputs: ScanInputs, turn: Turn | None) -> list[GateCommand]:
        if self._gate is None or inputs.line is None:
            self._hand.dispose_ready(inputs.now_ns)
            return []
        commands = [] if turn is None else self._gate.triggered(turn.n, self._trigger.encoder)
        return commands + self._gate.scan(inputs.now_ns, inputs.line.encoder_count)

    def _may_move_on(self, inputs: ScanInputs) -> bool:
        wanted = inputs.line is not None and inputs.line.run_out
        return wanted and self._trigger.jig_is_free and inputs.jig.next_start_count is not None

    def counters(self) -> Mapping[str, object]:
        """What the PLC counted, ready for JSON."""
        trigger = self._trigger
        return {
            **self._counts,
            "trigger_ack_timeouts": trigger.ack_timeouts,
            "exposure_timeouts": trigger.exposure_timeouts,
            "results_ack_timeouts": self._results.ack_timeouts,
            "results_without_part": self._results.results_without_part,
            "invalid_results": self._results.invalid_results,
            "rejected_in_hand": self._rejected_in_hand,
            "triggered": self._hand.triggered,
            "passed": self._hand.passed,
            "rejected": self._hand.rejected,
            "passes_withheld": self._hand.withheld,
            "recipes_taken": self._recipe.taken,
            "recipes_refused": self._recipe.refused,
            "behind_gate": 0 if self._gate is None else self._gate.behind_gate,
            "gate_counts_differ": 0 if self._gate is None else self._gate.gate_counts_differ,
            "parts_waited_for": trigger.parts_waited_for,
            "wait_ms": {reason: ns / 1e6 for reason, ns in sorted(trigger.wait_ns.items())},
        }

    def _follow_recipe(self, inputs: ScanInputs, notices: list[str]) -> None:
        if inputs.recipe_wanted is not None:
            self._recipe.want(inputs.recipe_wanted)
        said = self._recipe.scan(inputs.status)
        if said is not None:
            notices.append(said)

    def _follow_station(self, now_ns: int, status: StatusBlock | None, notices: list[str]) -> None:
        gone = self._watch.see(now_ns, status)
        said = self._ready_watch.see(now_ns, status)
        if said is not None:
            notices.append(said)
        if status is None:
            lost = self._hand.reject_all(causes.LINK_LOST, now_ns)
            self._rejected_in_hand += lost
            self._trigger.reset()
            self._results.reset()
            self._silent = self._drained = False
            if gone:
                self._counts["links_lost"] += 1
                notices.append(
                    f"PLC: the connection to the station is lost: {lost} parts in hand are rejected, the line waits"
                )
        elif gone:
            lost = self._hand.reject_all(causes.STATION_SILENT, now_ns)
            self._counts["station_silent"] += 1
            self._rejected_in_hand += lost
            self._trigger.reset()
            self._silent = True
            notices.append(
                f"PLC: the station's heartbeat has stood still for {self._watch.limit_ns // 1_000_000} ms: {lost} "
                f"parts in hand are rejected, the line waits until it moves again"
            )
        elif status.state == State.ERROR:
            # Something is wrong that a person must look at: a verdict read before may be of another part.
            self._rejected_in_hand += self._hand.reject_all(causes.STATION_ERROR, now_ns)
        elif self._silent and self._watch.alive:
            self._silent = False
            notices.append("PLC: the station's heartbeat moves again: the line goes on")

    def _control(self, inputs: ScanInputs) -> ControlBlock:
        now_ns, trigger = inputs.now_ns, self._trigger
        due = self._heartbeat_ns is None or now_ns - self._heartbeat_ns >= _HEARTBEAT_NS
        if due and not inputs.heartbeat_stands:
            self._heartbeat = (self._heartbeat + 1) & 0xFFFF
            self._heartbeat_ns = now_ns
        bits = ControlBits(0)
        for wanted, bit in (
            (not inputs.line_stopped, ControlBits.ENABLE),
            (trigger.trigger, ControlBits.TRIGGER),
            (self._results.acknowledge, ControlBits.RESULTS_ACK),
            (trigger.exposure_ack, ControlBits.EXPOSURE_ACK),
            (self._recipe.request, ControlBits.RECIPE_REQUEST),
            (self._operator_clears(now_ns, inputs.status), ControlBits.CLEAR_ERROR),
        ):
            if wanted:
                bits |= bit
        handshake = ControlBlock(
            bits=bits,
            part_seq=trigger.part_seq,
            recipe_id=self._recipe.recipe_id,
            heartbeat=self._heartbeat,
            encoder=trigger.encoder,
        )
        return control_block(handshake, inputs.line, self._hand, inputs.now_ns)

    def _operator_clears(self, now_ns: int, status: StatusBlock | None) -> bool:
        after_ns = self._rules.operator_clears_after_ns
        if not after_ns or status is None or StatusBits.ERROR not in status.bits:
            self._error_since_ns = None
            return False
        if self._error_since_ns is None:
            self._error_since_ns = now_ns
        standing_ns = now_ns - self._error_since_ns
        if standing_ns < after_ns:
            return False
        if standing_ns >= after_ns + _CLEAR_PULSE_NS:
            self._error_since_ns = now_ns
            self._counts["errors_cleared"] += 1
            return False
        return True
