"""A fail-safe test that answers as a line that works would, one step after the other."""

from __future__ import annotations

from typing import Any

from station.failsafe.plan import LineFacts, plan_for

_PLAN = plan_for(LineFacts(("defect-free", "pits", "scratches"), 250, 1000, confirms=False))


class DemoFailsafe:
    """Three presses a step: ready, where, next."""

    def __init__(self) -> None:
        self.phase, self.operator, self.index = "idle", "", 0
        self.done: list[dict[str, Any]] = []

    def do(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if action == "start":
            if not body["operator"].strip():
                raise ValueError("Say who does the test.")
            self.phase, self.operator, self.index, self.done = "instruct", body["operator"], 0, []
        elif action == "ready":
            self.phase = "where"
        elif action == "answer":
            self._ended("passed", said="PASS" if self.index == 0 else "REJECT", where=body["where"])
        elif action == "skip":
            self._ended("skipped", why=body["reason"])
        else:
            self.phase = "over"
        return self.state()

    def _ended(self, verdict: str, *, said: str | None = None, where: str | None = None, why: str = "") -> None:
        self.done.append({"verdict": verdict, "why": why, "part_seq": 41 + self.index if said else None,
                          "said": said, "where": where})  # fmt: skip
        self.index += 1
        self.phase = "instruct" if self.index < len(_PLAN.steps) else "over"

    def state(self) -> dict[str, Any]:
        running = self.phase in ("instruct", "where")
        fresh = {"verdict": None, "why": "", "part_seq": None, "said": None, "where": None}
        waiting = "Look where the part went: to the good side, or into the reject chute?"
        over = self.phase == "over"
        return {
            "running": running, "phase": self.phase, "operator": self.operator, "simulated": ["camera"],
            "step": self.index if running else None,
            "steps": [{"key": step.key, "title": step.title, **fresh, **(self.done[n] if n < len(self.done) else {})}
                      for n, step in enumerate(_PLAN.steps)],
            "omitted": [{"title": one.title, "reason": one.reason} for one in _PLAN.omitted],
            "instruction": _PLAN.steps[self.index].instruction if running else "",
            "waiting": waiting if self.phase == "where" else "", "line_waits": None,
            "result": "incomplete" if over else None,
            "sentence": "INCOMPLETE: aborted by the operator." if over else "",
            "report": "/var/lib/station/failsafe/2025-11-24.json" if over else None,
        }  # fmt: skip
