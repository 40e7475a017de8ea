"""The doctor's looks at the station: configuration, cameras, engine, models, PLC, certificates, users; the command."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.access.passwords import Cost, hash_password
from station.access.roles import Role
from station.access.users import User
from station.access.users_file import UsersFile
from station.cli.arguments import run_command
from station.cli.exits import FAILED, OK
from station.doctor import access, cameras, configuration, engine, plc
from station.doctor.finding import Check, all_good, examine, note, ok
from tests.conftest import REPO
from tests.doctor_box import a_box, camera, demo_with, free_port, only, statuses
from tests.tls_certificates import Authority

TINY = REPO / "tests" / "data" / "tiny_bundle"


def test_the_demo_is_good_and_the_exit_code_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["doctor", str(demo_with(tmp_path)), "--json"]) == OK
    document = json.loads(capsys.readouterr().out)
    assert document["good"] is True
    groups = list(dict.fromkeys(finding["group"] for finding in document["findings"]))
    assert groups == [
        "configuration", "cameras", "permissions", "clock", "disk", "ports",
        "engine", "plc", "page", "service", "kernel",
    ]  # fmt: skip
    assert all(finding["what_to_do"] for finding in document["findings"] if finding["status"] != "ok")
    proved = [finding["what"] for finding in document["findings"] if finding["check"] == "models"]
    assert "engine loads" in proved[0]
    assert "reproduces its golden set" in proved[1]
    assert "its deadline is 800 ms" in proved[2]


def test_a_configuration_that_cannot_be_read_is_told_with_its_lines_and_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "station.yaml"
    path.write_text("name: demo\ncamera: {}\n")
    assert run_command(["doctor", str(path)]) == FAILED
    said = capsys.readouterr().out
    assert f"  BAD   {path}:2: camera: unknown key" in said
    assert "        -> mend this line" in said
    assert "must be mended (BAD)" in said


def test_a_configuration_with_a_missing_model_is_bad_and_the_other_checks_go_on(tmp_path: Path) -> None:
    path = demo_with(tmp_path)
    path.write_text(path.read_text().replace("models/bundles/mantle", "models/bundles/nothing"))
    findings = list(configuration.whole(path))
    assert "bad" in statuses(findings)
    assert configuration.keys_alone(path) is not None


def test_a_check_that_hangs_is_left_behind_and_one_that_fails_is_a_finding() -> None:
    go = threading.Event()

    def hangs() -> Any:
        go.wait(20)
        yield ok("too late")

    def fails() -> Any:
        yield ok("so far")
        raise RuntimeError("a mistake of the program")

    started = time.monotonic()
    try:
        late, failed, good = examine(
            [
                Check("disk", "hangs", hangs, 0.05),
                Check("disk", "fails", fails),
                Check("disk", "good", lambda: [note("known", "look")]),
            ]
        )
        assert time.monotonic() - started < 15
    finally:
        go.set()
    assert only(late.findings).what == "no answer within 0.05 s"
    assert "RuntimeError: a mistake of the program" in only(failed.findings).what
    assert [all_good([each]) for each in (late, failed, good)] == [False, False, True]


def test_a_missing_producer_and_a_wrong_serial_are_bad(tmp_path: Path) -> None:
    missing = a_box(tmp_path, cameras=camera(producer="no/such.cti"))
    assert "no/such.cti does not exist" in only(cameras.cameras(missing)).what
    nonsense = tmp_path / "nonsense.cti"
    nonsense.write_text("this is no library")
    finding = only(cameras.cameras(a_box(tmp_path, cameras=camera(producer=str(nonsense)))))
    assert (finding.status, finding.what.startswith("producer of line:")) == ("bad", True)
    finding = only(cameras.cameras(a_box(tmp_path, cameras=camera(serial="LINE99"))))
    assert (finding.status, "finds no camera LINE99; it finds AREA01, LINE01" in finding.what) == ("bad", True)


def test_which_transport_a_producer_may_speak_is_told_by_its_name(tmp_path: Path) -> None:
    def of(producer: str) -> tuple[bool, bool]:
        box = a_box(tmp_path, cameras=camera(producer=producer))
        return cameras.speaks_gige(box), cameras.speaks_usb(box)

    assert of("simulated") == (False, False)
    assert of("aravis") == (True, False)
    assert of("/opt/maker/ProducerGEV.cti") == (True, False)
    assert of("/opt/maker/ProducerU3V.cti") == (False, True)
    assert of("/opt/maker/Producer.cti") == (True, True)


def test_a_processor_without_its_instructions_is_bad(tmp_path: Path) -> None:
    assert only(engine.processor(a_box(tmp_path))).status in ("ok", "note")
    old = a_box(tmp_path, {"proc/cpuinfo": "flags\t\t: fpu sse sse2\nFeatures\t: fp\n"})
    assert only(engine.processor(old)).status == "bad"


def test_a_model_that_is_too_slow_for_its_deadline_is_bad(tmp_path: Path) -> None:
    box = a_box(tmp_path)
    text = box.path.read_text().replace("deadline_ms: 800", "deadline_ms: 0.01")
    text = text.replace(str((REPO / "models" / "bundles" / "mantle").resolve()), str(TINY))
    keys = f"models: {{trusted_keys: ['{TINY.parent / 'tiny-key.pub'}']}}\n"
    box.path.write_text(text[: text.index("cell:")] + keys)  # a cell would ask for more time itself
    findings = list(engine.models(box))
    assert (statuses(findings), "its deadline is 0 ms" in findings[-1].what) == (["ok", "ok", "bad"], True)


def test_an_altered_model_is_not_proved(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(REPO / "models" / "bundles" / "mantle", bundle)
    with (bundle / "network.tflite").open("ab") as network:
        network.write(b"x")
    path = demo_with(tmp_path)
    path.write_text(path.read_text().replace(str((REPO / "models" / "bundles" / "mantle").resolve()), str(bundle)))
    finding = only(configuration.whole(path))
    assert (finding.status, "network.tflite" in finding.what) == ("bad", True)


def test_a_plc_that_does_not_answer_is_bad_and_one_that_is_simulated_only_noted(tmp_path: Path) -> None:
    real = {"role": "client", "peer": "real", "host": "127.0.0.1"}
    finding = only(plc.reach(a_box(tmp_path, plc={**real, "port": free_port()})))
    assert (finding.status, "Connection refused" in finding.what) == ("bad", True)
    assert only(plc.reach(a_box(tmp_path, plc={**real, "peer": "simulated", "port": free_port()}))).status == "note"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert only(plc.reach(a_box(tmp_path, plc={**real, "port": port}))).status == "ok"


def test_a_real_plc_cannot_reach_loopback(tmp_path: Path) -> None:
    assert statuses(plc.reach(a_box(tmp_path))) == ["ok"]
    assert statuses(plc.reach(a_box(tmp_path, plc={"peer": "real"}))) == ["ok", "bad"]


def test_expired_certificates_of_plc_and_page_are_bad(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    old, good = str(authority.issue("old", hours=-1)), str(authority.issue("server", hours=24 * 90))
    ca = str(authority.file)
    assert (
        only(plc.certificates(a_box(tmp_path, plc={"tls": {"certificate": old, "key": old, "ca": ca}}))).status == "bad"
    )
    assert (
        only(plc.certificates(a_box(tmp_path, plc={"tls": {"certificate": good, "key": good, "ca": ca}}))).status
        == "ok"
    )
    assert only(plc.certificates(a_box(tmp_path))).status == "ok"
    finding = only(access.https(a_box(tmp_path, page={"tls_certificate": old, "tls_key": old})))
    assert (finding.status, "has expired on" in finding.what) == ("bad", True)


def test_a_certificate_that_ends_soon_and_a_key_that_others_may_read_are_noted(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("server", hours=24 * 90)
    box = a_box(tmp_path, page={"host": "0.0.0.0", "tls_certificate": str(pem), "tls_key": str(pem)})
    pem.chmod(0o644)
    assert statuses(access.https(box)) == ["note", "ok"]
    pem.chmod(0o600)
    assert statuses(access.https(box)) == ["ok"]
    assert statuses(access.https(box, datetime.now(UTC) + timedelta(days=80))) == ["note"]


def test_a_page_on_the_network_without_https_is_bad(tmp_path: Path) -> None:
    assert "in clear" in only(access.https(a_box(tmp_path, page={"host": "0.0.0.0"}))).what
    assert only(access.https(a_box(tmp_path))).status == "ok"


def test_a_broken_users_file_is_bad_and_no_engineer_is_noted(tmp_path: Path) -> None:
    box = a_box(tmp_path)
    assert only(access.users(box)).status == "ok"
    file = UsersFile(box.records / "users.json")
    kept = hash_password("long enough", Cost(passes=1, memory_kib=8))
    file.change(lambda users: {"tom": User("tom", Role.VIEWER, "en", kept)})
    assert only(access.users(box)).status == "note"
    file.change(lambda users: {"eva": User("eva", Role.ENGINEER, "en", kept)})
    assert only(access.users(box)).status == "ok"
    os.truncate(file.path, 20)
    assert only(access.users(box)).status == "bad"
