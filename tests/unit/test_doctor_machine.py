"""The doctor's looks at the machine: ports, disk, clock, memory, network, USB, systemd, what is left over."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from station.doctor import clock, disk, kernel, network, permissions, ports, service
from station.doctor.box import is_station
from tests.doctor_box import a_box, camera, only, statuses
from tests.nobody import folder_of_somebody_else, rights_of_nobody

CPUS = "sys/devices/system/cpu"


def test_free_ports_are_free(tmp_path: Path) -> None:
    assert statuses(ports.ports(a_box(tmp_path))) == ["ok", "ok", "ok"]


def test_a_port_in_use_names_who_has_it(tmp_path: Path) -> None:
    program = (
        "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); "
        "print(s.getsockname()[1], flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        page, metrics, plc = ports.ports(a_box(tmp_path, page={"port": port}))
        other.communicate("")
    assert (page.status, metrics.status, plc.status) == ("bad", "ok", "ok")
    assert f"process {other.pid}: {sys.executable}" in page.what
    assert "page.port" in page.what_to_do


def test_a_port_that_a_station_has_is_no_fault() -> None:
    assert is_station("/opt/station/.venv/bin/python /opt/station/.venv/bin/station run /etc/station/station.yaml")
    assert not is_station("python -m http.server")
    assert not is_station("station check a.yaml")


def test_an_address_that_is_not_this_machines_is_bad(tmp_path: Path) -> None:
    page, metrics, _ = ports.ports(a_box(tmp_path, page={"host": "192.0.2.1"}, metrics={"host": "no-such.invalid"}))
    assert (page.status, "does not have this address" in page.what) == ("bad", True)
    assert (metrics.status, "cannot resolve" in metrics.what or "can resolve" in metrics.what) == ("bad", True)


def test_where_the_station_is_the_client_it_needs_no_port_for_the_plc(tmp_path: Path) -> None:
    assert len(list(ports.ports(a_box(tmp_path, plc={"role": "client"})))) == 2


def test_the_disk_of_this_test_is_good_and_nothing_is_left_on_it(tmp_path: Path) -> None:
    box = a_box(tmp_path)
    before = sorted(tmp_path.iterdir())
    for look in (disk.writable, disk.latency):
        assert only(look(box)).status in ("ok", "note")
    assert "will be made in" in only(disk.writable(box)).what
    assert sorted(tmp_path.iterdir()) == before


def test_a_records_folder_that_cannot_be_written_is_bad(tmp_path: Path) -> None:
    nowhere = only(disk.latency(a_box(tmp_path, records={"folder": "/proc/station"})))
    assert (nowhere.status, nowhere.what.startswith("/proc: a test write failed")) == ("bad", True)
    file = tmp_path / "file"
    file.touch()
    finding = only(disk.writable(a_box(tmp_path, records={"folder": str(file)})))
    assert (finding.status, "is no folder" in finding.what) == ("bad", True)


def test_a_folder_of_somebody_else_says_whose_it_should_be(tmp_path: Path) -> None:
    with folder_of_somebody_else() as folder:
        (folder / "closed").mkdir(mode=0o700)
        box = a_box(tmp_path, records={"folder": str(folder)})
        closed = a_box(tmp_path, records={"folder": str(folder / "closed" / "deeper")})
        with rights_of_nobody(folder):
            finding, write = only(disk.writable(box)), only(disk.latency(box))
            unseen = only(disk.writable(closed))
    assert (finding.status, "chown" in finding.what_to_do) == ("bad", True)
    assert (write.status, "Permission denied" in write.what) == ("bad", True)
    assert unseen.status == "bad"


def test_pictures_that_may_take_more_than_there_is_are_noted(tmp_path: Path) -> None:
    assert only(disk.room(a_box(tmp_path, pictures={"budget_gb": 1e9}))).status == "note"
    assert only(disk.room(a_box(tmp_path, pictures={"budget_gb": 0.001, "free_gb_min": 0.0}))).status in ("ok", "bad")


@pytest.mark.parametrize(
    ("kind", "status"), [("ext4", "ok"), ("xfs", "ok"), ("tmpfs", "note"), ("nfs4", "bad"), ("vfat", "bad")]
)
def test_the_kind_of_file_system_decides(tmp_path: Path, kind: str, status: str) -> None:
    mounts = f"1 1 8:1 / / rw - ext4 /dev/a rw\n2 1 0:9 / {tmp_path} rw,relatime shared:4 - {kind} host:/x rw\n"
    finding = only(disk.kind(a_box(tmp_path, {"proc/self/mountinfo": mounts})))
    assert (finding.status, kind in finding.what) == (status, True)


def test_a_clock_before_the_newest_record_or_the_program_is_bad(tmp_path: Path) -> None:
    box = a_box(tmp_path)
    assert only(clock.plausible(box)).status == "ok"
    box.records.mkdir()
    record = box.records / "parts.sqlite"
    record.touch()
    assert only(clock.plausible(box)).status == "ok"
    os.utime(record, (time.time(), time.time() + 86_400))
    finding = only(clock.plausible(box))
    assert (finding.status, "there are records of" in finding.what) == ("bad", True)
    assert only(clock.plausible(box, 0.0)).what.startswith("the clock shows 1970-01-01")
    assert only(clock.synchronised(box)).status in ("ok", "note")


def test_memory_is_reckoned_by_the_cameras_rings(tmp_path: Path) -> None:
    free = {"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    1048576 kB\n"}
    assert only(permissions.memory(a_box(tmp_path, free))).status == "ok"
    many = a_box(tmp_path, free, cameras=camera(ring_slots=64))
    assert only(permissions.memory(many)).status == "bad"


def test_a_usb_camera_that_may_not_be_opened_names_the_group(tmp_path: Path) -> None:
    devices = "sys/bus/usb/devices"
    box = a_box(
        tmp_path,
        {
            f"{devices}/2-1/busnum": "2",
            f"{devices}/2-1/devnum": "99",
            f"{devices}/2-1:1.0/bInterfaceClass": "ef",
            f"{devices}/2-1:1.0/bInterfaceSubClass": "05",
            f"{devices}/2-2:1.0/bInterfaceClass": "03",
            "sys/module/usbcore/parameters/usbfs_memory_mb": "16",
        },
    )
    opened, room = permissions.usb(box)
    assert (opened.status, opened.what.startswith("/dev/bus/usb/002/099")) == ("bad", True)
    assert "usermod -aG plugdev" in opened.what_to_do
    assert (room.status, "16 MB" in room.what) == ("bad", True)


def test_no_usb_camera_is_noted(tmp_path: Path) -> None:
    assert (
        only(permissions.usb(a_box(tmp_path, {"sys/bus/usb/devices/2-2:1.0/bInterfaceClass": "03"}))).status == "note"
    )


def test_small_packets_are_noted_and_small_buffers_are_bad(tmp_path: Path) -> None:
    def of(mtu: str, rmem: str) -> list[str]:
        box = a_box(
            tmp_path,
            {
                "sys/class/net/nocard0/device/x": "",
                "sys/class/net/nocard0/operstate": "up\n",
                "sys/class/net/nocard0/mtu": mtu,
                "sys/class/net/bridge0/mtu": "1500",
                "proc/sys/net/core/rmem_max": rmem,
            },
        )
        return statuses([*network.interfaces(box), *network.kernel_buffers(box)])

    assert of("1500\n", "212992\n") == ["note", "bad"]
    assert of("9000\n", "33554432\n") == ["ok", "ok"]


def test_without_a_network_card_a_gige_camera_cannot_be(tmp_path: Path) -> None:
    assert only(network.interfaces(a_box(tmp_path, {"sys/class/net/lo/mtu": "65536"}))).status == "bad"


def test_a_processor_that_saves_power_is_noted(tmp_path: Path) -> None:
    slow = {f"{CPUS}/cpu0/cpufreq/scaling_governor": "powersave\n"}
    finding = only(kernel.governor(a_box(tmp_path, slow)))
    assert (finding.status, "powersave" in finding.what) == ("note", True)
    fast = {f"{CPUS}/cpu0/cpufreq/scaling_governor": "performance\n"}
    assert only(kernel.governor(a_box(tmp_path, fast))).status == "ok"
    assert only(kernel.cores(a_box(tmp_path, classifier={"processes": 16, "threads": 16}))).status == "note"


def test_a_worker_without_its_station_is_left_over(tmp_path: Path) -> None:
    def of(first: str) -> list[str]:
        worker = "/opt/python\0-m\0station.workers.worker\0{}\0"
        return statuses(
            service.left_over(
                a_box(
                    tmp_path,
                    {
                        "proc/1/cmdline": first,
                        "proc/1/status": "PPid:\t0\n",
                        "proc/70/cmdline": worker,
                        "proc/70/status": "Name:\tpython\nPPid:\t1\n",
                        "proc/71/cmdline": worker,
                        "proc/71/status": "Name:\tpython\nPPid:\t7\n",
                    },
                )
            )
        )

    assert of("/sbin/init\0") == ["bad"]
    assert of("/opt/python\0/opt/bin/station\0run\0a.yaml\0") == ["ok"]  # a container: the station is the first process


def unit(folder: Path, text: str) -> None:
    """A systemctl that answers so."""
    program = folder / "systemctl"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ("LoadState=not-found", ["note"], "not installed"),
        ("LoadState=loaded\nUnitFileState=enabled\nType=notify\nWatchdogUSec=5s\nActiveState=active", ["ok"], "5s"),
        ("LoadState=loaded\nUnitFileState=disabled\nType=simple\nWatchdogUSec=0", ["note", "bad"], "no watchdog"),
        ("", ["note"], "systemd does not answer"),
    ],
)
def test_what_systemd_knows_of_the_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: list[str], words: str
) -> None:
    unit(tmp_path, answer)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    findings = list(service.systemd(a_box(tmp_path)))
    assert (statuses(findings), words in findings[-1].what) == (status, True)


def test_a_notify_socket_that_is_not_there_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit(tmp_path, "")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    assert statuses(service.systemd(a_box(tmp_path))) == ["bad", "note"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        assert statuses(service.systemd(a_box(tmp_path))) == ["note"]
