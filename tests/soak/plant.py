"""The numbers of the soaked line: belt, gate, camera, limits; and how often which fault is played.

Counts are encoder counts after the part's trigger; times are virtual ns.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from drivers.plc.settings import PlcSettings
from station.core.belt import BeltLimits
from station.core.line_limits import LineLimits, View
from station.core.route import RouteLimits

MS = 1_000_000
SECOND = 1_000_000_000
CAMERA = "top"
RING_SLOTS = 24
WORKERS = 3

BELT = BeltLimits(
    max_counts_per_s=400_000, jump_tolerance_counts=1_000, reversal_tolerance_counts=64, silence_ns=300 * MS
)
ROUTE = RouteLimits(
    gate_counts=24_000,
    lead_counts=800,
    pulse_counts=1_600,
    min_pitch_counts=2_000,
    margin_ns=12 * MS,
    part_sensor_counts=21_000,
    confirm_counts=27_000,
    tolerance_counts=900,
    pick_up_counts=None,
    capacity=64,
)
LINE = LineLimits(
    deadline_ns=1_500 * MS,
    picture_deadline_ns=80 * MS,
    max_in_flight=12,
    frame_hold_ns=50 * MS,
    views=(View("top", CAMERA, tolerance_counts=8),),
)
PLC = PlcSettings(peer="simulated", heartbeat_timeout_ms=300, result_ack_timeout_ms=500, trigger_release_timeout_ms=500)

SPEEDS = (120_000, 160_000, 200_000, 200_000, 240_000, 300_000)
"""Counts a second; the highest is below what `BELT` takes for a jump."""
PITCHES = (2_600, 3_200, 4_000, 4_000, 5_000, 7_000)
PACE_S = 0.02
"""Not more than 50 parts a second: a handshake and an exposure need their time."""
LOT = 150
"""Parts until the line runs empty once, so that both sides can be compared at rest."""

FAULT_EVERY_NS = 4 * SECOND
DISTURBED_NS = 1_500 * MS
"""So long after the end of a fault no part counts as untouched: the line is cleared, refilled and goes on."""
LINE_FAULTS: dict[str, int] = {
    "link cut": 3,
    "link dead at one end": 2,
    "messages lost": 4,
    "messages slow": 3,
    "messages repeated late": 4,
    "several writers": 4,
    "PLC restarts": 3,
    "PLC scan slow": 2,
    "PLC heartbeat stands": 2,
    "encoder jumps": 4,
    "encoder unreadable": 2,
    "belt runs back": 3,
    "belt stops": 3,
    "station killed": 6,
    "station frozen": 4,
    "station loop slow": 3,
    "camera down": 2,
    "worker dies": 3,
    "all workers die": 1,
    "air low": 1,
    "bin full": 1,
}
"""Faults of the whole line, with their weight."""
PART_FAULTS: dict[str, int] = {
    "frame lost unseen": 3,
    "frame lost and told": 3,
    "frame lost, told without count": 2,
    "frame incomplete": 2,
    "frame with stale rows": 2,
    "frame comes twice": 3,
    "frozen picture": 3,
    "frame late": 3,
    "stray frame": 2,
    "inspection slow": 8,
    "inspection fails": 2,
    "answer comes twice": 2,
    "part taken off": 1,
    "stranger on the belt": 1,
    "parts too close": 2,
    "reject sensor misses": 1,
    "gate stays shut": 1,
}
"""Faults of one part, with their weight."""
PART_FAULT_SHARE = 0.02


class Deck:
    """Kinds of faults by weight, in random order: each is played before the deck is shuffled anew."""

    def __init__(self, weights: dict[str, int], random: Random) -> None:
        self._cards = [kind for kind, weight in weights.items() for _ in range(weight)]
        self._random = random
        self._left: list[str] = []

    def draw(self) -> str:
        """The next one."""
        if not self._left:
            self._left = self._cards.copy()
            self._random.shuffle(self._left)
        return self._left.pop()


@dataclass(frozen=True, slots=True)
class Bugs:
    """Faults planted into the product's place, to see the check find them. None in a soak."""

    verdicts_one_off: bool = False
    pass_after_deadline: bool = False
    gate_pulse_counts: int | None = None
    ledger_forgets_decisions: bool = False
    ledger_forgets_triggers: bool = False
    restart_forgets_parts: bool = False
    slots_released_early: bool = False
    counters_not_compared: bool = False
    """And the PLC counts a trigger twice now and then."""
