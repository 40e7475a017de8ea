"""The fail-safe test through real programs: passed on a good line, failed on each bad one, and led by a person."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from station.cli.failsafe_client import FailsafeClient
from station.cli.stopping import PARENT_PIPE
from station.failsafe.plan import LineFacts, plan_for
from station.failsafe.state import FailsafeState
from station.failsafe.verify import verify
from tests.pipeline.rig import CLASSES, Program, program, status, until, write_config, write_pictures
from tests.pipeline.running_line import event_rows, fault_codes

PLAN = plan_for(LineFacts(CLASSES, 1500, 600, confirms=True))
STUCK_OPEN = {"line_fault": "gate-stuck-open"}


def failsafe(*words: str) -> subprocess.Popen[str]:
    """`station failsafe ...`; a person's answers go to its standard input."""
    pipe, env = subprocess.PIPE, {name: value for name, value in os.environ.items() if name != PARENT_PIPE}
    command = [sys.executable, "-m", "station", "failsafe", *words]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, env=env)


def test_every_step_passes_on_the_simulated_line_and_the_report_is_sealed(tmp_path: Path) -> None:
    config = write_config(tmp_path, write_pictures(tmp_path / "pictures"), gate=True)
    (tmp_path / "out").mkdir()
    with failsafe(str(config), "--simulated", "--operator", "Anna", "--out", str(tmp_path / "out")) as test:
        said, _ = test.communicate(timeout=120)
    assert test.returncode == 0, said
    assert "PASSED: all 8 steps were as they must be. With simulated camera and PLC" in said
    assert "Traceback" not in said
    (path,) = (tmp_path / "out").glob("*.json")
    written = tmp_path / "records" / "failsafe" / path.name
    assert written.read_bytes() == path.read_bytes()
    assert verify([written.parent]) == (verify([written])[0], [])
    report = json.loads(path.read_bytes())["report"]
    assert (report["station"], report["operator"], report["result"]) == ("rig", "Anna", "passed")
    assert report["simulated"] == ["camera", "PLC"]
    assert [step["verdict"] for step in report["steps"]] == ["passed"] * 8
    for step in report["steps"][:-1]:
        expected = "good" if step["key"] == "good" else "chute"
        assert (step["went_by_sensor"], step["went_by_person"]) == (expected, expected), step
    marked = {row["detail"]: row["part_seq"] for row in event_rows(config, "fail-safe test")}
    assert [marked[f"step {step.key}"] for step in PLAN.steps] == [step["part_seq"] for step in report["steps"]]
    with failsafe("verify", str(written)) as test:
        said, _ = test.communicate(timeout=60)
    assert (test.returncode, "as it was written: PASSED" in said) == (0, True)
    written.write_bytes(written.read_bytes().replace(b"Anna", b"Bert"))
    with failsafe("verify", str(written)) as test:
        said, _ = test.communicate(timeout=60)
    assert (test.returncode, "the content was changed" in said) == (1, True)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Program]]:
    """A station and its cell, whose PLC does not mind a station that is silent for less than 5 s."""
    folder = tmp_path_factory.mktemp("line")
    config = write_config(
        folder, write_pictures(folder / "pictures"), gate=True, cell__station_heartbeat_ms=5_000,
        cell__operator_clears_after_ms=1_500,
    )  # fmt: skip
    with program("run", config), program("simulate", config, "--infeed", "--quiet") as cell:
        until("the line is ready", lambda: status(config)["state"]["name"] == "READY")
        yield config, cell


def page_of(config: Path) -> str:
    return f"http://127.0.0.1:{yaml.safe_load(config.read_text(encoding='utf-8'))['page']['port']}/"


def ask(cell: Program, *requests: dict[str, Any]) -> None:
    assert cell.process.stdin is not None
    for request in requests:
        cell.process.stdin.write(json.dumps(request).encode() + b"\n")
    cell.process.stdin.flush()


def ready_for(config: Path, client: FailsafeClient, key: str) -> None:
    """A new test in which all steps before this one are left out; the line waits for this one's part."""
    until("the line is empty", lambda: status(config)["ledger"]["in_flight"] == 0)
    until("the line is ready", lambda: client.state()["line_waits"] is None)
    client.do("start", operator="Anna")
    for step in PLAN.steps:
        if step.key == key:
            break
        client.do("skip", reason="another step is tried")
    client.do("ready")


def in_phase(client: FailsafeClient, *phases: str) -> FailsafeState:
    return until(
        f"the test is at {phases}", lambda: state if (state := client.state())["phase"] in phases else None, 60
    )


@pytest.mark.parametrize(
    ("key", "fed", "sentence"),
    [
        ("good", [{"part": "spot"}], "The station said REJECT spot."),
        ("good", [{"part": "good", "line_fault": "gate-stuck-closed"}], "into the reject chute instead of"),
        ("defect-spot", [{"part": "good"}], "The station said PASS."),
        ("defect-hole", [{"part": "hole", **STUCK_OPEN}], "to the good side instead of"),
        ("no-image", [{"part": "good", **STUCK_OPEN}], "to the good side instead of"),
        ("late-verdict", [{"part": "good", **STUCK_OPEN}], "to the good side instead of"),
        ("silent-plc", [{"part": "good", **STUCK_OPEN}, {"plc": "silent", "for_ms": 2600}], "to the good side instead"),
        ("silent-station", [{"part": "good"}], "to the good side instead of into the reject chute"),
        ("withheld-gate", [{"part": "spot"}], "did not say that the reject is not confirmed"),
    ],
)
def test_a_line_that_does_not_do_what_the_step_tries_fails_it_and_stands(
    line: tuple[Path, Program], key: str, fed: list[dict[str, Any]], sentence: str
) -> None:
    config, cell = line
    client = FailsafeClient(page_of(config))
    ready_for(config, client, key)
    ask(cell, *fed)
    in_phase(client, "way", "over")
    ask(cell, {"run_out": True})
    state = in_phase(client, "over")
    ended = next(step for step in state["steps"] if step["key"] == key)
    assert (state["result"], ended["verdict"]) == ("failed", "failed")
    assert sentence in ended["why"]
    assert "E441" in fault_codes(config)
    report = Path(str(state["report"]))
    assert json.loads(report.read_bytes())["report"]["result"] == "failed"
    assert verify([report])[1] == []
    said = (config.parent / "station.log").read_text(encoding="utf-8")
    assert f"The guided fail-safe test failed at step {ended['title']}" in said


def test_after_a_failed_step_the_line_stands_until_somebody_clears_the_error(line: tuple[Path, Program]) -> None:
    config, cell = line
    client = FailsafeClient(page_of(config))
    ready_for(config, client, "good")
    ask(cell, {"part": "spot"}, {"run_out": True})
    in_phase(client, "over")
    until("the line stands", lambda: "the fail-safe test failed" in str(client.state()["line_waits"]))
    assert status(config)["state"]["sentence"] == "The line stands: the fail-safe test failed."
    triggers = status(config)["ledger"]["triggers"]
    ask(cell, {"part": "good"}, {"run_out": True})
    until("the cell's operator clears the error", lambda: client.state()["line_waits"] is None)
    until("the part comes only then", lambda: status(config)["ledger"]["triggers"] > triggers)
    until("it has gone", lambda: status(config)["ledger"]["in_flight"] == 0)


def said_by(test: subprocess.Popen[str], words: str) -> str:
    """Read on until these words were said; the test's own limit ends it where they never are."""
    assert test.stdout is not None
    said = ""
    while words not in said:
        more = test.stdout.read(1)
        assert more, f"it ended without saying {words!r}:\n{said}"
        said += more
    return said


@pytest.mark.timeout(120)
def test_a_person_is_led_step_by_step_and_ctrl_c_aborts_with_a_report(line: tuple[Path, Program]) -> None:
    config, cell = line
    client = FailsafeClient(page_of(config))
    until("the line is ready", lambda: client.state()["line_waits"] is None)
    with failsafe(str(config), "--operator", "Bert", "--witness") as test:
        assert test.stdin is not None
        said_by(test, "Step 1 of 8: Good part")
        said_by(test, "Enter when you are ready")
        test.stdin.write("\n")
        test.stdin.flush()
        said_by(test, "Lay the part on now")
        ask(cell, {"part": "good"}, {"run_out": True})
        said_by(test, "g for the good side")
        test.stdin.write("g\n")
        test.stdin.flush()
        said_by(test, "Good part: PASSED")
        said_by(test, "Enter when you are ready")
        test.stdin.write("s\nno such part at hand\n")
        test.stdin.flush()
        said_by(test, "Defect: spot: SKIPPED")
        said_by(test, "Enter when you are ready")
        test.send_signal(signal.SIGINT)
        said = said_by(test, "Report: ")
        assert "The test is aborted; nothing stays broken." in said
        assert "INCOMPLETE: aborted by the operator." in said
        assert test.wait(20) == 1
    report = json.loads(Path(str(client.state()["report"])).read_bytes())["report"]
    assert (report["operator"], report["result"]) == ("Bert", "incomplete")
    assert [step["verdict"] for step in report["steps"][:3]] == ["passed", "skipped", "not done"]
    assert report["steps"][1]["why"] == "no such part at hand"


def test_without_a_station_one_sentence_says_so(tmp_path: Path) -> None:
    config = write_config(tmp_path, write_pictures(tmp_path / "pictures", 1), gate=True)
    with failsafe(str(config)) as test:
        said, _ = test.communicate(timeout=60)
    assert test.returncode == 3
    assert "no station answers" in said
    assert said.count("\n") == 1
