"""Leads through a fail-safe test, one thing at a time: a person at the terminal, or the simulated cell instead."""

from __future__ import annotations

import time
from typing import Protocol

from station.cli.failsafe_client import FailsafeClient, RefusedByStationError
from station.cli.failsafe_simulated import SimulatedLine
from station.cli.keyboard import Keyboard
from station.failsafe.state import FailsafeState, StepState
from station.failsafe.step import Plan, Where

_POLL_S = 0.1
_WHERE = {"g": Where.GOOD, "r": Where.CHUTE}


class Helper(Protocol):
    """Whoever does what the instruction asks."""

    def begin(self, client: FailsafeClient, state: FailsafeState) -> None:
        """A step is asked for: say that the part comes, or leave the step out."""
        ...

    def waiting(self, state: FailsafeState) -> None:
        """The step waits for something else than before."""
        ...

    def where(self, client: FailsafeClient, state: FailsafeState) -> None:
        """Say where the part went."""
        ...

    def mistakes(self, state: FailsafeState) -> list[str]:
        """What the station believes wrongly, by who knows better: a sentence each."""
        ...


def guide(client: FailsafeClient, helper: Helper) -> FailsafeState:
    """From the started test to its end, with its report; the last state."""
    told = 0
    waited: tuple[int | None, str] | None = None
    while True:
        state = client.state()
        ended = [step for step in state["steps"] if step["verdict"] is not None]
        for step in ended[told:]:
            _say_step(step)
        told = len(ended)
        if not state["running"]:
            return state
        now = (state["step"], state["phase"])
        try:
            if state["phase"] == "instruct" and state["step"] is not None and state["line_waits"] is None:
                helper.begin(client, state)
                continue
            if now != waited:
                helper.waiting(state)
            if state["phase"] == "where":
                helper.where(client, state)
        except RefusedByStationError as refused:  # the test has gone on meanwhile
            print(f"  {refused}", flush=True)
        waited = now
        time.sleep(_POLL_S)


def _say_step(step: StepState) -> None:
    where = {"good": "good side", "chute": "reject chute", None: "not known"}[step["where"]]
    part = f", part {step['part_seq']}: {step['said']}, {where}" if step["said"] else ""
    print(f"  {step['title']}: {str(step['verdict']).upper()}{part}", flush=True)
    if step["why"]:
        print(f"    {step['why']}", flush=True)


class Person:
    """The person at the line, in front of the terminal."""

    def begin(self, client: FailsafeClient, state: FailsafeState) -> None:
        """See Helper."""
        index = state["step"] or 0
        print(f"\nStep {index + 1} of {len(state['steps'])}: {state['steps'][index]['title']}")
        print(f"  {state['instruction']}")
        if _answer("  Enter when you are ready, s to leave this step out: ").lower() == "s":
            client.do("skip", reason=_answer("  Why is it left out? "))
        else:
            client.do("ready")

    def waiting(self, state: FailsafeState) -> None:
        """See Helper."""
        if state["waiting"]:
            print(f"  {state['waiting']}", flush=True)

    def where(self, client: FailsafeClient, state: FailsafeState) -> None:
        """See Helper."""
        del state
        where = _WHERE.get(_answer("  g for the good side, r for the reject chute: ").lower())
        if where is not None:
            client.do("answer", where=where.value)

    def mistakes(self, state: FailsafeState) -> list[str]:
        """See Helper: a person has said it already."""
        del state
        return []


_KEYBOARD = Keyboard()


def _answer(question: str) -> str:
    """One line of a person; the end of the input is as good as Ctrl-C."""
    print(question, end="", flush=True)
    return _KEYBOARD.line().strip()


class CellHelper:
    """The simulated cell does what the instruction asks, and looks where the part went."""

    def __init__(self, plan: Plan, line: SimulatedLine) -> None:
        self._feeds = {step.key: step.feed for step in plan.steps}
        self._line = line
        self._run_out: set[int] = set()

    def begin(self, client: FailsafeClient, state: FailsafeState) -> None:
        """See Helper."""
        step = state["steps"][state["step"] or 0]
        client.do("ready")
        for request in self._feeds[step["key"]]:
            self._line.ask(request)

    def waiting(self, state: FailsafeState) -> None:
        """See Helper: when the part is decided the belt runs until it is empty."""
        self._line.check()
        index = state["step"]
        if index is not None and state["phase"] in ("way", "where") and index not in self._run_out:
            self._run_out.add(index)
            self._line.ask({"run_out": True})

    def mistakes(self, state: FailsafeState) -> list[str]:
        """Where the station believes that a part went elsewhere than it did: a sentence each."""
        found: list[str] = []
        for step in state["steps"]:
            truth = None if step["part_seq"] is None else self._line.went(step["part_seq"])
            if truth is not None and step["where"] is not None and truth != step["where"]:
                found.append(f"{step['title']}: the station believes {step['where']}, the part really went: {truth}.")
        return found

    def where(self, client: FailsafeClient, state: FailsafeState) -> None:
        """See Helper: from the cell's own truth, when the part is in its bin."""
        part_seq = state["steps"][state["step"] or 0]["part_seq"]
        where = None if part_seq is None else self._line.went(part_seq)
        if where is not None:
            client.do("answer", where=where.value)
