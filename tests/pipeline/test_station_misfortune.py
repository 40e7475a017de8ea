"""What goes wrong beside a line: each misfortune ends in reject, with its reason, and the line goes on."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from drivers.camera.producer.scene import SceneFaults
from tests.pipeline.rig import (
    balanced,
    decided,
    descendants,
    program,
    records,
    status,
    until,
    write_config,
    write_pictures,
)

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Endless parts: the cell shows the folder's pictures over and over."""
    return write_config(tmp_path, write_pictures(tmp_path / "pictures"), cell__parts=100_000)


def scene_of(config: Path) -> Path:
    return Path(yaml.safe_load(config.read_text(encoding="utf-8"))["cameras"]["line"]["scene"])


def reasons(config: Path) -> Counter[str]:
    return Counter(row["reason"] for row in records(config) if not row["late"])


def fault_codes(config: Path) -> set[str]:
    return {fault["code"] for fault in status(config)["faults"]}


def all_is_well_after(config: Path, station: Any, cell: Any) -> None:
    """Parts are judged again, then both stop; ledger and truth hold."""
    before = decided(config)
    until("parts are judged again", lambda: decided(config) >= before + 5)
    assert cell.stop() == 0, cell.text()
    assert station.stop() == 0, station.text()
    assert balanced(station.result()["ledger"])
    truth = cell.result()
    assert truth["unaccounted"] == 0
    assert truth["escapes"] == 0
    assert "Traceback" not in station.text() + cell.text()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"incomplete_after_lines": 100, "incomplete_frames": 2}, "incomplete frame"),
        ({"drop_frames": 2}, "no frame"),
        ({"stale_frames": 2}, "stale frame"),
        ({"freeze_frames": 2}, "frozen picture"),
        ({"duplicate_id_frames": 2}, "stale frame"),
    ],
)
def test_a_picture_that_is_not_whole_and_new_is_a_forced_reject(
    config: Path, fault: dict[str, int], reason: str
) -> None:
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        until("parts are judged", lambda: decided(config) >= 3)
        with closing(SceneFaults.attach(scene_of(config))) as faults:
            for name, value in fault.items():
                setattr(faults, name, value)
        until(f"a part is rejected: {reason}", lambda: reasons(config)[reason] >= 1)
        all_is_well_after(config, station, cell)


def test_a_killed_worker_costs_its_part_and_comes_back(config: Path) -> None:
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        until("parts are judged", lambda: decided(config) >= 3)
        (worker,) = descendants(station.process.pid, "station.workers.worker")
        os.kill(worker, signal.SIGKILL)
        until(
            "another worker is there",
            lambda: descendants(station.process.pid, "station.workers.worker") not in ([], [worker]),
        )
        all_is_well_after(config, station, cell)
    assert station.result()["worker_restarts"] == 1
    assert any(fault["code"] == "E302" for fault in station.result()["faults"])


def test_a_stuck_worker_is_seen_and_replaced(tmp_path: Path) -> None:
    config = write_config(tmp_path, write_pictures(tmp_path / "pictures"), cell__parts=100_000, recipe__deadline_ms=500)
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        until("parts are judged", lambda: decided(config) >= 3)
        (worker,) = descendants(station.process.pid, "station.workers.worker")
        os.kill(worker, signal.SIGSTOP)
        until("its part met the deadline", lambda: reasons(config)["deadline"] >= 1)
        until(
            "it was replaced", lambda: descendants(station.process.pid, "station.workers.worker") not in ([], [worker])
        )
        all_is_well_after(config, station, cell)


def test_a_killed_capture_process_comes_back_by_itself(config: Path) -> None:
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        until("parts are judged", lambda: decided(config) >= 3)
        (capture,) = descendants(station.process.pid, "drivers.camera.capture")
        os.kill(capture, signal.SIGKILL)
        until("E101 was said", lambda: "E101" in (config.parent / "station.log").read_text(encoding="utf-8"))
        all_is_well_after(config, station, cell)


def test_an_unplugged_camera_rejects_and_comes_back_when_plugged(config: Path) -> None:
    with program("run", config) as station, program("simulate", config, "--quiet") as cell:
        until("parts are judged", lambda: decided(config) >= 3)
        with closing(SceneFaults.attach(scene_of(config))) as faults:
            faults.unplugged = 1
            until("the camera is down", lambda: "E101" in fault_codes(config))
            faults.unplugged = 0
        until("the camera is up", lambda: "E101" not in fault_codes(config))
        all_is_well_after(config, station, cell)


def test_a_killed_cell_leaves_no_part_undecided_and_a_new_one_goes_on(config: Path) -> None:
    with program("run", config) as station:
        with program("simulate", config, "--quiet") as cell:
            until("parts are judged", lambda: decided(config) >= 3)
            cell.kill()
        until("the PLC is missed", lambda: "E201" in fault_codes(config))
        until("nothing is in flight", lambda: status(config)["ledger"]["in_flight"] == 0)
        with program("simulate", config, "--quiet") as second:
            all_is_well_after(config, station, second)


def test_a_killed_station_means_reject_and_the_next_one_goes_on(config: Path) -> None:
    with program("simulate", config, "--quiet") as cell:
        with program("run", config) as first:
            until("parts are judged", lambda: decided(config) >= 5)
            known = {row["part_uid"] for row in records(config)}
            first.kill()
        assert known <= {row["part_uid"] for row in records(config)}, "a record was lost"
        with program("run", config) as second:
            until("the second station judges", lambda: decided(config) >= 5)
            uids = [row["part_uid"] for row in records(config)]
            assert len(uids) == len(set(uids))
            assert second.stop() == 0
        assert cell.stop() == 0
    truth = cell.result()
    assert truth["unaccounted"] == 0
    assert truth["escapes"] == 0


def test_bad_pictures_are_forced_rejects_and_the_run_goes_on(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", each=2)
    sound = folder / "defect-free"
    (sound / "a-no-picture.png").write_bytes(b"this is not a picture")
    (sound / "b-empty.png").write_bytes(b"")
    cv2.imwrite(str(sound / "c-black.png"), np.zeros((256, 128), np.uint8))
    cv2.imwrite(str(sound / "d-white.png"), np.full((256, 128), 255, np.uint8))
    cv2.imwrite(str(sound / "e-too-large.png"), np.full((1000, 1000), 120, np.uint8))
    config = write_config(tmp_path, folder)
    with program("run", config) as station, program("simulate", config) as cell:
        assert cell.ended() == 0, cell.text()
        assert station.stop() == 0
    rows = {Path(row["name"]).name: row for row in cell.result()["parts"]}
    assert len(rows) == 11
    for name in ("a-no-picture.png", "b-empty.png", "c-black.png", "d-white.png", "e-too-large.png"):
        assert rows[name]["bin"] == "reject", name
    forced = Counter(row["reason"] for row in records(config) if row["verdict"] == "forced")
    assert sum(forced.values()) == 5
    assert forced["saturated picture"] == 1
    assert station.result()["ledger"]["passed"] == 2
    assert "Traceback" not in station.text() + cell.text()
