"""A station that only pretends, for the page's tests and pictures."""

from __future__ import annotations

import random
from typing import Literal

from station.page.recent import RecentParts
from station.page.slack import RecentSlack
from station.page.snapshot import FaultRow, Health, Ledger, Part, Snapshot, State, Station

DEADLINE_MS = 250.0
CLASSES = ("imprinted", "pits", "roll-marks", "scratches")


def a_part(number: int, rng: random.Random) -> Part:
    kind = rng.choices(["pass", "reject", "forced"], [70, 26, 4])[0]
    forced, reject = kind == "forced", kind == "reject"
    return Part(
        part_uid=1_800_000_000_000_000 + number,
        part_seq=number % 65535 + 1,
        verdict="forced" if forced else "reject" if reject else "pass",
        reason=rng.choice(["deadline", "image incomplete", "part at border"]) if forced else "defect" if reject else "",
        label=None if forced else rng.choice(CLASSES) if reject else "defect-free",
        score=None if forced else round(rng.uniform(0.6, 1), 4),
        latency_ms=250.0 if forced else round(min(249.0, rng.gammavariate(6, 14)) + 20, 1),
        slack_ms=0.0 if forced else 100.0,
        slack_counts=None,
        views=["mantle"],
        part_type=None,
        part_type_score=None,
    )


class FakeStatus:
    """A StatusSource whose figures the test sets; `run` adds parts."""

    def __init__(self, seed: int = 7) -> None:
        self._rng = random.Random(seed)
        self._recent = RecentParts(DEADLINE_MS)
        self.slack = RecentSlack("ms", DEADLINE_MS)
        self._now_ns = 0
        self.ledger = Ledger(triggers=0, passed=0, rejected=0, forced=0, in_flight=0)
        self.state = State(name="READY", sentence="Waiting for the first part.", action="")
        self.simulated: list[str] = []
        self.faults: list[FaultRow] = []
        self.health: list[Health] = [
            Health(name="camera", status="ok", text="simcam 5472×3648, 12.1 frames/s", age_s=0.1),
            Health(name="PLC", status="ok", text="127.0.0.1, heartbeat", age_s=0.0),
            Health(name="worker 0", status="ok", text="34 ms a part", age_s=0.2),
            Health(name="worker 1", status="ok", text="35 ms a part", age_s=0.1),
            Health(name="records", status="ok", text="0 waiting, 0 lost", age_s=0.4),
        ]

    def run(self, parts: int, in_flight: int = 2) -> None:
        self.state = State(name="RUNNING", sentence="Inspecting. Ready for the next part.", action="")
        for _ in range(parts):
            part = a_part(self.ledger["passed"] + self.ledger["rejected"] + self.ledger["forced"], self._rng)
            self._now_ns += 82_000_000
            self._recent.add(part, self._now_ns)
            self.slack.add(DEADLINE_MS - (part["latency_ms"] or 0))
            self.ledger[{"pass": "passed", "reject": "rejected", "forced": "forced"}[part["verdict"]]] += 1
        self.ledger["in_flight"] = in_flight
        self.ledger["triggers"] = in_flight + sum(self.ledger[key] for key in ("passed", "rejected", "forced"))

    def snapshot(self) -> Snapshot:
        return Snapshot(
            station=Station(
                name="Mantle line 2",
                version="0.1.0",
                recipe="mantle-40",
                model="drawn-mantle 9f3a61c2",
                run_id="run",
                uptime_s=5400.0,
            ),
            state=self.state,
            simulated=self.simulated,
            ledger=self.ledger,
            parts_per_s=self._recent.parts_per_s(self._now_ns),
            latency=self._recent.latency(),
            slack=self.slack.snapshot(),
            parts=self._recent.parts(),
            health=self.health,
            faults=self.faults,
        )


def a_fault(code: str, sentence: str, action: str, severity: Literal["fault", "warning"] = "fault") -> FaultRow:
    """A fault that began just now."""
    return FaultRow(
        id=f"{code}-1",
        about="",
        code=code,
        severity=severity,
        sentence=sentence,
        cause="It happens.",
        action=action,
        look="line",
        began_at="2026-01-02T03:04:05.678Z",
        since_s=0.0,
        count=1,
        part_uid=None,
        acknowledged_by=None,
        acknowledged_at=None,
    )
