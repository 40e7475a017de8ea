"""Each fault of the line by script, through both programs: what the station says and does, and that parts flow again.

The station runs once for the whole file; the parts come as they are asked for, so each test knows its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from drivers.cell import causes
from tests.pipeline.rig import LIMIT_S, Program, balanced, program, status, until, write_config, write_pictures
from tests.pipeline.running_line import PATIENT, comes_up, fault_codes, in_log, line_events, parts_asked_for

pytestmark = pytest.mark.timeout(150)
SOUND, SPOT = "good", "spot"
GOES_ON, STANDS = False, True
# A busy test machine is no fault of the line: more time for all that is not tested here. The PLC's troubles last 1.5 s.
SLOW: dict[str, object] = {
    **PATIENT, "cell__rate_parts_per_s": 6, "cell__operator_clears_after_ms": 700, "cell__reply_timeout_ms": 1000,
    "cell__station_heartbeat_ms": 1000, "plc__heartbeat_timeout_ms": 1000, "encoder__silence_ms": 1000,
}  # fmt: skip


@dataclass
class AskedLine:
    """Both programs. `ask` and wait for the rows; what the page said meanwhile is kept."""

    config: Path
    station: Program
    cell: Program
    asked: int = 0
    codes: set[str] = field(default_factory=set)
    headlines: set[str] = field(default_factory=set)

    def ask(self, *parts: dict[str, str]) -> list[dict[str, Any]]:
        """Show these parts, let the belt run empty, and give their rows in the order in which they were asked for."""
        stdin = self.cell.process.stdin
        assert stdin is not None
        for wanted in (*parts, {"run_out": True}):
            stdin.write(json.dumps(wanted).encode() + b"\n")
        stdin.flush()
        first, self.asked = self.asked, self.asked + len(parts)
        until(f"{len(parts)} parts are in their bins", self._looked_until_binned, LIMIT_S * 2)
        return [row for row in parts_asked_for(self.cell) if row["n"] > first]

    def begin(self) -> None:
        """Forget what was said before."""
        self.codes.clear()
        self.headlines.clear()

    @property
    def stood(self) -> bool:
        """Whether the line stood until somebody cleared the error."""
        return any(headline.startswith("The line stands") for headline in self.headlines)

    def _looked_until_binned(self) -> bool:
        shown = status(self.config)
        self.codes |= {fault["code"] for fault in shown["faults"]}
        self.headlines.add(shown["state"]["sentence"])
        assert balanced(shown["ledger"])
        return len(parts_asked_for(self.cell)) >= self.asked


@contextmanager
def asked_line(folder: Path, **changes: object) -> Iterator[AskedLine]:
    """A line that waits for parts to be asked for; at its end the books must be right."""
    pictures = write_pictures(folder / "pictures")
    config = write_config(folder, pictures, gate=True, **SLOW, **changes)
    with program("run", config) as station, program("simulate", config, "--infeed") as cell:
        comes_up(config, station)
        yield AskedLine(config, station, cell)
        assert cell.stop() == 0, cell.text()
        until("nothing is in flight", lambda: status(config)["ledger"]["in_flight"] == 0)
        assert station.stop() == 0, station.text()
    truth, ledger = cell.result(), station.result()["ledger"]
    assert balanced(ledger)
    assert (truth["escapes"], truth["unaccounted"]) == (0, 0)
    stuck_open = sum(row["line_fault"] == "gate-stuck-open" for row in truth["parts"])
    assert truth["escapes_by_gate"] == stuck_open + truth["extra_parts"]["passed"]
    assert truth["extra_parts"]["passed"] == 0
    assert ledger["triggers"] <= truth["triggered"] <= ledger["triggers"] + truth["plc"]["links_lost"]
    assert "Traceback" not in station.text() + cell.text()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskedLine]:
    """One line for all faults that come by script."""
    with asked_line(tmp_path_factory.mktemp("line")) as line:
        yield line


def faulty(line: AskedLine, part: str, kind: str) -> dict[str, Any]:
    """Two parts, the one with the fault, and more behind it; the row of that one."""
    line.begin()
    rows = line.ask(
        {"part": SOUND}, {"part": SPOT}, {"part": part, "line_fault": kind},
        {"part": SPOT}, {"part": SOUND}, {"part": SPOT}, {"part": SOUND},
    )  # fmt: skip
    assert not [row for row in rows if row["label"] != "defect-free" and row["bin"] == "next-station"] or (
        kind == "gate-stuck-open"
    )
    hit = next(row for row in rows if row["line_fault"] is not None)
    assert hit["line_fault"] == kind
    return hit


def flows_again(line: AskedLine) -> None:
    """Without anybody's help (but the simulated operator's) sound parts pass and defective ones do not."""
    until("the line does not stand", lambda: "stands" not in status(line.config)["state"]["sentence"])
    rows = line.ask({"part": SOUND}, {"part": SPOT}, {"part": SOUND})
    assert [row["bin"] for row in rows] == ["next-station", "spot", "next-station"], rows


@pytest.mark.parametrize(
    ("kind", "part", "event", "code", "stands", "expected"),
    [
        (
            "gate-stuck-open", SPOT, "reject not confirmed", "E432", STANDS,
            {"gate": "open", "cause": causes.GATE_STAYED_OPEN},
        ),
        (
            "gate-stuck-closed", SOUND, "unexpected reject", "E433", GOES_ON,
            {"bin": "reject", "cause": causes.GATE_STAYED_SHUT},
        ),
        ("reject-sensor-dead", SPOT, "reject not confirmed", "E432", STANDS, {"bin": "spot", "confirmed": False}),
        ("falls-off", SOUND, "part missing", "E434", GOES_ON, {"bin": "floor"}),
        ("extra-part", SOUND, "unexpected part", "E435", STANDS, {}),
        ("encoder-jump", SOUND, "tracking lost", "E430", STANDS, {}),
        ("encoder-back", SOUND, "tracking lost", "E430", STANDS, {}),
        ("link-cut", SOUND, "tracking lost", "E430", GOES_ON, {"bin": "reject", "cause": causes.LINK_LOST}),
    ],
)  # fmt: skip
def test_what_is_found_between_trigger_and_gate_is_said_and_answered_and_parts_flow_again(
    line: AskedLine, kind: str, part: str, event: str, code: str, stands: bool, expected: dict[str, object]
) -> None:
    before = line_events(line.config, event)
    hit = faulty(line, part, kind)
    until(f"the station said: {event}", lambda: line_events(line.config, event) > before)
    assert in_log(line.config, code)
    assert {key: hit[key] for key in expected} == expected
    assert line.stood == stands, line.headlines
    flows_again(line)


@pytest.mark.parametrize(
    ("kind", "code", "hit_is_rejected"),
    [
        ("air-low", "E436", True),
        ("bin-full", "E437", False),
        ("plc-silent", "E202", False),
        ("plc-stands", "E202", False),
    ],
)
def test_what_lasts_is_shown_as_long_as_it_lasts_and_the_line_goes_on_by_itself(
    line: AskedLine, kind: str, code: str, hit_is_rejected: bool
) -> None:
    hit = faulty(line, SOUND, kind)
    assert code in line.codes
    if hit_is_rejected:
        assert hit["bin"] == "reject"
    until("it is over", lambda: code not in fault_codes(line.config))
    flows_again(line)
    assert not line.stood, line.headlines


@pytest.mark.parametrize("stop_line", [False, True])
@pytest.mark.parametrize(
    ("alarms", "parts", "code"),
    [
        ({"consecutive_rejects": 4}, (SPOT, SPOT, SPOT, SPOT), "E438"),
        ({"reject_rate": 0.6, "reject_rate_parts": 6}, (SPOT, SPOT, SOUND, SPOT, SOUND, SPOT), "E439"),
    ],
)
def test_too_many_rejects_are_said_and_stop_the_line_only_where_the_recipe_wants_it(
    tmp_path: Path, alarms: dict[str, float], parts: tuple[str, ...], code: str, stop_line: bool
) -> None:
    with asked_line(tmp_path, recipe__alarms={**alarms, "stop_line": stop_line}) as line:
        line.ask(*({"part": SOUND} for _ in parts))
        assert code not in fault_codes(line.config)
        line.begin()
        rows = line.ask(*({"part": part} for part in parts))
        assert [row["bin"] == "next-station" for row in rows] == [part == SOUND for part in parts]
        assert code in line.codes
        assert line.stood == stop_line, line.headlines
        assert in_log(line.config, code)
        flows_again(line)
