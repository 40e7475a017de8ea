"""What a technician types: `station camera …` as programs, against the simulated camera, MVTec's, and a recording."""

from __future__ import annotations

import csv
import io
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from station.cli.exits import BAD_INPUT, CANNOT_START, FAILED, OK
from tests.camera_kinds import VIKY, need_simulated
from tests.camera_replay import FRAMES, record, recorded_picture
from tests.camera_scene import HEIGHT_PX, WIDTH_PX, World, same_picture, turning_world
from tests.unit.models_bundle import TINY_BUNDLE

REPO = Path(__file__).resolve().parents[2]
LIMIT_S = 45.0


def station(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "station", "camera", *(str(each) for each in arguments)],
        cwd=REPO,
        env={**os.environ, "GENICAM_GENTL64_PATH": "", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def write_config(folder: Path, **cameras: dict[str, Any]) -> Path:
    """A configuration with these cameras; its model is not there, which is nothing to a camera."""
    views = [{"name": name, "camera": name, "bundle": "none"} for name in cameras]
    values = {
        "name": "bench",
        "cameras": cameras,
        "plc": {"port": 15020, "peer": "simulated"},
        "recipe": {"name": "none", "deadline_ms": 400, "views": views},
        "page": {"port": 8090},
        "metrics": {"port": 9108},
    }
    path = folder / "bench.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def simulated(world: World, **changes: object) -> dict[str, Any]:
    return {"scene": str(world.path), "width_px": WIDTH_PX, "lines_per_frame": HEIGHT_PX, **changes}


@contextmanager
def pulses(world: World, picture: int) -> Iterator[None]:
    """A part on every turn, booked a few turns ahead, until the test is done."""
    done = threading.Event()

    def book() -> None:
        while not done.is_set():
            while world.pulse(picture) < world.count() + 4 * world.scene.counts_per_turn:
                pass
            done.wait(0.05)

    thread = threading.Thread(target=book, name="pulses")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    need_simulated()
    with turning_world(tmp_path / "scene") as world:
        yield world


def test_list_tells_every_camera_of_every_producer(world: World) -> None:
    del world
    done = station("list", environment={"GENICAM_GENTL64_PATH": f"/nowhere{os.pathsep}{VIKY.parent}"})
    assert done.returncode == OK, done.stderr
    heading, *rows = done.stdout.splitlines()
    assert heading.split() == ["PRODUCER", "VENDOR", "MODEL", "SERIAL", "VERSION", "TRANSPORT", "ACCESS"]
    assert len([row for row in rows if row.startswith("viky.cti") and " Viky " in row and row.endswith("free")]) == 3
    assert [row for row in rows if row.startswith("simulated") and " LINE01 " in row]


@pytest.mark.parametrize(
    ("content", "sentence"), [(None, "does not exist"), ("not a library", "it cannot be used")], ids=["none", "text"]
)
def test_a_producer_that_is_none_is_a_sentence(tmp_path: Path, content: str | None, sentence: str) -> None:
    path = tmp_path / "vendor.cti"
    if content is not None:
        path.write_text(content)
    done = station("list", "--producer", path)
    assert done.returncode == CANNOT_START
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_features_are_a_table_to_read_and_one_for_a_spreadsheet() -> None:
    table = station("features", "--producer", VIKY, "--serial", "1")
    assert table.returncode == OK, table.stderr
    assert "ImageFormatControl" in table.stdout.splitlines()
    assert [line for line in table.stdout.splitlines() if line.split()[:2] == ["PixelFormat", "RGBa8"]]
    spreadsheet = station("features", "--producer", VIKY, "--serial", "1", "--csv")
    rows = {row["feature"]: row for row in csv.DictReader(io.StringIO(spreadsheet.stdout))}
    assert rows["PixelFormat"]["offers"].split() == ["RGBa8", "Mono8"]
    assert rows["Width"]["access"] == "read/write"
    assert "width" in rows["Width"]["description"].lower()


def test_features_of_a_camera_that_is_not_there_name_those_that_are() -> None:
    done = station("features", "--producer", VIKY, "--serial", "77")
    assert done.returncode == CANNOT_START
    assert "camera 77 is not there, found 0, 1, 2" in done.stderr


def test_features_of_a_configured_camera_are_those_of_its_serial(tmp_path: Path, world: World) -> None:
    done = station("features", write_config(tmp_path, shank=simulated(world)), "--csv")
    assert done.returncode == OK, done.stderr
    rows = {row["feature"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert rows["DeviceSerialNumber"]["value"] == "LINE01"
    assert "Encoder0" in rows["TriggerSource"]["offers"].split() or "Encoder0" in rows["EncoderSelector"]["offers"]


def test_grab_saves_the_picture_that_the_station_would_inspect(tmp_path: Path, world: World) -> None:
    index, expected = world.add_part(7)
    config, out = write_config(tmp_path, shank=simulated(world)), tmp_path / "part.png"
    with pulses(world, index):
        done = station("grab", config, "--out", out)
    assert done.returncode == OK, done.stderr
    assert f"{out}: {WIDTH_PX}x{HEIGHT_PX} Mono8, frame 1" in done.stdout
    seen = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    assert same_picture(seen.astype(np.uint8), expected)


def test_with_a_model_the_part_is_found_and_measured_as_the_recipe_does(tmp_path: Path, world: World) -> None:
    index, _ = world.add_part(7)
    config = write_config(tmp_path, shank=simulated(world))
    values = yaml.safe_load(config.read_text())
    values["recipe"]["views"][0]["bundle"] = str(TINY_BUNDLE)
    config.write_text(yaml.safe_dump(values))
    with pulses(world, index):
        done = station("grab", config, "--out", tmp_path / "part.png")
    assert done.returncode == OK, done.stderr
    assert "of the part, " in done.stdout


def test_grab_in_full_depth_keeps_twelve_bits(tmp_path: Path, world: World) -> None:
    index, expected = world.add_part(7)
    config = write_config(tmp_path, shank=simulated(world, pixel_format="Mono12p"))
    out = tmp_path / "deep.png"
    with pulses(world, index):
        done = station("grab", config, "--out", out, "--full-depth")
    assert done.returncode == OK, done.stderr
    seen = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    assert seen.dtype == np.uint16
    assert seen.any()
    assert np.array_equal((seen >> 8)[1:], expected[1:])


def test_a_recording_is_grabbed_and_then_replayed_as_a_camera(tmp_path: Path, world: World) -> None:
    index, expected = world.add_part(9)
    config, folder = write_config(tmp_path, shank=simulated(world)), tmp_path / "recording"
    with pulses(world, index):
        done = station("grab", config, "--out", folder, "--frames", 4)
    assert done.returncode == OK, done.stderr
    assert f"{folder}: a recording of 4 pictures" in done.stdout
    again = station("grab", config, "--out", folder, "--frames", 4)
    assert again.returncode == BAD_INPUT
    assert "holds a recording already" in again.stderr
    replay = {
        "producer": "replay", "scene": "recording", "width_px": WIDTH_PX, "lines_per_frame": HEIGHT_PX,
    }  # fmt: skip
    shown = station("grab", write_config(tmp_path, shank=replay), "--out", tmp_path / "again.png")
    assert shown.returncode == OK, shown.stderr
    seen = cv2.imread(str(tmp_path / "again.png"), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    assert same_picture(seen.astype(np.uint8), expected)


def test_with_a_software_trigger_the_command_starts_each_picture_itself(tmp_path: Path) -> None:
    record(tmp_path / "r")
    replay = {"producer": "replay", "scene": "r", "width_px": 320, "lines_per_frame": 200}
    done = station(
        "grab", write_config(tmp_path, head=replay), "--out", tmp_path / "out", "--frames", FRAMES,
        "--trigger", "software",
    )  # fmt: skip
    assert done.returncode == OK, done.stderr
    for number in range(FRAMES):
        seen = cv2.imread(str(tmp_path / "out" / f"{number + 1:06}.png"), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(seen, recorded_picture(number))


def test_a_camera_that_waits_for_a_pulse_is_told_so_and_leaves_no_recording(tmp_path: Path, world: World) -> None:
    config = write_config(tmp_path, shank=simulated(world))
    done = station("grab", config, "--out", tmp_path / "r", "--timeout", 0.5)
    assert done.returncode == FAILED
    assert "camera shank sent no picture within 0.5 s: it waits for Line1; try --trigger off" in done.stderr
    assert not (tmp_path / "r").exists()


@contextmanager
def tuning(config: Path, output: int) -> Iterator[subprocess.Popen[bytes]]:
    """`station camera tune` with frames by the encoder alone, writing to `output`; killed at the limit."""
    process = subprocess.Popen(
        [sys.executable, "-m", "station", "camera", "tune", str(config), "--trigger", "off"],
        cwd=REPO, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
    )  # fmt: skip
    watchdog = threading.Timer(LIMIT_S, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        watchdog.join()
        process.kill()
        process.wait()


def test_tune_writes_a_line_a_second_where_there_is_no_terminal(tmp_path: Path, world: World) -> None:
    config = write_config(tmp_path, shank=simulated(world))
    ours, theirs = os.pipe()
    with tuning(config, theirs) as process, os.fdopen(ours, encoding="utf-8") as lines:
        os.close(theirs)
        line = next(line for line in lines if "counts a line" in line)
        process.send_signal(signal.SIGINT)
        assert process.wait() == OK
    for figure in ("mean ", "saturated ", "sharpness ", "µs a line", "4.00 counts a line", "0 lost"):
        assert figure in line
    assert "\x1b" not in line


def test_tune_on_a_terminal_draws_in_place_until_ctrl_c(tmp_path: Path, world: World) -> None:
    config = write_config(tmp_path, shank=simulated(world))
    ours, theirs = pty.openpty()
    with tuning(config, theirs) as process, os.fdopen(ours, "rb", buffering=0) as screen:
        os.close(theirs)
        shown = b""
        while shown.count("µs a line".encode()) < 3:
            shown += screen.read(65536)
        process.send_signal(signal.SIGINT)
        assert process.wait() == OK
    text = shown.decode(errors="replace")
    assert "camera shank: Edge Inspection (Simulated)" in text
    assert "histogram  0 [" in text
    assert "\x1b[7A" in text  # seven lines up: it is drawn over
    assert "Traceback" not in text


def test_which_of_several_cameras_is_asked_and_a_wrong_name_is_answered_with_the_right_ones(tmp_path: Path) -> None:
    record(tmp_path / "r")
    replay = {"producer": "replay", "scene": "r", "width_px": 320, "lines_per_frame": 200}
    config = write_config(tmp_path, shank=replay, head=replay)
    unsaid = station("tune", config)
    assert unsaid.returncode == BAD_INPUT
    assert "there are 2 cameras: say which with --camera head|shank" in unsaid.stderr
    wrong = station("tune", config, "--camera", "hed")
    assert wrong.returncode == BAD_INPUT
    assert "there is no camera 'hed' in the configuration: it has head, shank" in wrong.stderr
    right = station("tune", config, "--camera", "head", "--seconds", 3)
    assert right.returncode == OK, right.stderr


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({"width_px": "wide"}, BAD_INPUT, "cameras.shank.width_px: 'wide' is not a whole number"),
        ({"width_px": 644}, CANNOT_START, "feature Width does not take 644: the camera offers 16 to"),
        ({"features": {"Zoom": 2}}, CANNOT_START, "feature Zoom (wanted 2) is not in the camera"),
        ({"serial": "LINE77"}, CANNOT_START, "camera LINE77 is not there, found"),
        ({"producer": "vendor.cti", "scene": None}, CANNOT_START, "vendor.cti does not exist"),
        ({"producer": "replay", "scene": "none"}, CANNOT_START, "frames.csv cannot be read"),
    ],
    ids=["type", "width", "feature", "serial", "producer", "recording"],
)
def test_what_is_wrong_is_one_sentence_and_never_a_traceback(
    tmp_path: Path, world: World, change: dict[str, Any], code: int, sentence: str
) -> None:
    config = write_config(tmp_path, shank=simulated(world, **change))
    done = station("grab", config, "--out", tmp_path / "x.png", "--timeout", 5)
    assert done.returncode == code, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--out", "x.png", "--frames", 3), "x.png is one picture, and --frames 3 are more: name a folder"),
        (("--out", "no/such/folder/x.png"), "there is no folder"),
        (("--out", "folder", "--full-depth"), "a recording has 8 bits of grey and no more"),
    ],
)
def test_what_cannot_be_saved_is_said_before_the_camera_is_opened(
    tmp_path: Path, arguments: tuple[object, ...], sentence: str
) -> None:
    replay = {"producer": "replay", "scene": "none", "width_px": 320, "lines_per_frame": 200}
    done = station("grab", write_config(tmp_path, shank=replay), *arguments)
    assert done.returncode == BAD_INPUT
    assert sentence in done.stderr
