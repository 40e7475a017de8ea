"""The ledger file: there after a restart, for one station alone, and never in the line's way."""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from station.core.ledger import LedgerCounts, LedgerError
from station.core.reasons import Outcome
from station.ledger import LedgerFile, LedgerFileError, Sums

LIMIT_S = 20.0
HEADER_BYTES = 4096
PASSED, REJECTED, FORCED = Outcome.PASSED, Outcome.REJECTED, Outcome.FORCED


@contextmanager
def a_ledger(path: Path, **more: Any) -> Iterator[LedgerFile]:
    ledger = LedgerFile(path, **more)
    try:
        yield ledger
    finally:
        assert ledger.close(LIMIT_S)


def used(path: Path, **more: Any) -> None:
    """A run that ends with 3 and 5 in flight, and the results of 1 (withdrawn) and 4 not taken."""
    with a_ledger(path, **more) as ledger:
        for part_seq in range(1, 6):
            ledger.triggered(part_seq)
        ledger.decided(2, PASSED)
        ledger.decided(1, PASSED)
        ledger.decided(4, REJECTED)
        assert ledger.taken(2)
        ledger.withdrawn(1)


class Disk:
    """Told what the disk does, and what was said of it."""

    def __init__(self) -> None:
        self.heard: list[str | None] = []
        self._changed = threading.Condition()
        self.broken: OSError | None = None

    def tell(self, sentence: str | None) -> None:
        with self._changed:
            self.heard.append(sentence)
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.heard) >= count, LIMIT_S), self.heard

    def fdatasync(self, descriptor: int) -> None:
        if self.broken:
            raise self.broken
        os.fdatasync(descriptor)

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        if self.broken:
            raise self.broken
        return os.pwrite(descriptor, data, offset)


def test_a_new_file_begins_at_zero(tmp_path: Path) -> None:
    with a_ledger(tmp_path / "new" / "folder" / "parts.ledger") as ledger:
        recovered = ledger.recovered
        assert (recovered.sums, recovered.in_flight, recovered.not_taken) == (Sums(), (), ())
        assert (recovered.last_event_unix_ns, recovered.sentence) == (None, None)
        assert ledger.counts == LedgerCounts(0, 0, 0, 0, 0)


def test_a_restart_rejects_what_was_in_flight_and_says_whose_result_was_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    used(path)
    with a_ledger(path) as ledger:
        recovered = ledger.recovered
        assert recovered.in_flight == (3, 5)
        assert recovered.not_taken == ((1, FORCED), (4, REJECTED))
        assert recovered.sums == Sums(triggers=5, passed=1, rejected=1, forced=3, withdrawn=1)
        assert recovered.sentence is None
        assert recovered.last_event_unix_ns is not None
        assert ledger.counts.balanced
        assert ledger.counts.in_flight == 0
        ledger.triggered(3)  # the numbers are free again


def test_what_a_restart_found_is_said_at_each_start_until_it_was_noted(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    used(path)
    with a_ledger(path) as ledger:
        assert ledger.recovered.in_flight == (3, 5)
    with a_ledger(path) as ledger:
        assert ledger.recovered.in_flight == ()
        assert ledger.recovered.not_taken == ((1, FORCED), (4, REJECTED), (3, FORCED), (5, FORCED))
        ledger.triggered(6)
        ledger.decided(6, PASSED)
        ledger.recovery_noted()
    with a_ledger(path) as ledger:
        assert ledger.recovered.not_taken == ((6, PASSED),)
        assert ledger.recovered.sums == Sums(triggers=6, passed=2, rejected=1, forced=3, withdrawn=1)


class KilledError(BaseException):
    """Stands for the end of the process between two writes."""


@pytest.mark.parametrize("writes", [0, 1])
def test_a_station_killed_while_it_recovers_leaves_the_rest_to_the_next_start(tmp_path: Path, writes: int) -> None:
    path, left = tmp_path / "parts.ledger", [None] * writes

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        if not left:
            raise KilledError
        left.pop()
        return os.pwrite(descriptor, data, offset)

    used(path)
    with pytest.raises(KilledError):
        LedgerFile(path, pwrite=pwrite)
    with a_ledger(path) as ledger:
        recovered = ledger.recovered
        assert recovered.in_flight == (3, 5)[writes:]
        assert recovered.not_taken == ((1, FORCED), (4, REJECTED), (3, FORCED))[: 2 + writes]
        assert recovered.sums == Sums(triggers=5, passed=1, rejected=1, forced=3, withdrawn=1)


def test_a_contradiction_is_refused_and_a_result_that_nobody_waits_for_is_only_told(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    with a_ledger(path) as ledger:
        ledger.triggered(1)
        with pytest.raises(LedgerError, match="part number 1 is still in flight"):
            ledger.triggered(1)
        ledger.decided(1, PASSED)
        with pytest.raises(LedgerError, match="part number 1 is not in flight"):
            ledger.decided(1, PASSED)
        assert ledger.taken(1)
        assert not ledger.taken(1)
        with pytest.raises(LedgerError, match="part number 1 has no PASS"):
            ledger.withdrawn(1)
    with a_ledger(path) as ledger:
        assert ledger.recovered.sums == Sums(triggers=1, passed=1)
        assert ledger.recovered.not_taken == ()


def test_the_file_never_grows_and_its_room_is_taken_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    with a_ledger(path, entries=32) as ledger:
        size = path.stat().st_size
        assert size == HEADER_BYTES + 32 * 64
        assert path.stat().st_blocks * 512 >= size
        for part_seq in range(1, 500):
            ledger.triggered(part_seq)
            ledger.decided(part_seq, PASSED)
            assert ledger.taken(part_seq)
        assert path.stat().st_size == size
    with a_ledger(path) as ledger:
        assert ledger.recovered.sums == Sums(triggers=499, passed=499)
        assert path.stat().st_size == size


def test_a_second_station_on_the_same_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    script = "import sys, pathlib, station.ledger as l\ntry: l.LedgerFile(pathlib.Path(sys.argv[1]))\n"
    script += "except l.LedgerFileError as error: print(error)\n"
    with a_ledger(path) as ledger:
        ledger.triggered(1)
        command = [sys.executable, "-c", script, path]
        said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LIMIT_S)
        assert said.stdout == (
            f"The ledger file {path} is in use by another station on this machine; "
            "stop that one, or give this one a folder of its own.\n"
        ), said.stderr
        ledger.decided(1, PASSED)
    with a_ledger(path) as ledger:
        assert ledger.recovered.sums == Sums(triggers=1, passed=1)


def spoiled(path: Path, how: str) -> str:
    """Spoils the file; what the sentence then says of it."""
    data = bytearray(path.read_bytes())
    if how == "foreign":
        path.write_text("a shopping list\n" * 20)
        return "is no ledger file, or its first bytes are damaged"
    if how == "foreign behind a blank header":
        path.write_bytes(bytes(HEADER_BYTES + 4096) + b"something of somebody")
        return "is no ledger file, or its first bytes are damaged"
    if how == "newer layout":
        body = struct.pack("<12sHHI", b"part ledger\0", 2, 80, 4096)
        data[: len(body) + 4] = body + struct.pack("<I", zlib.crc32(body))
        path.write_bytes(data)
        return "has layout 2, this station knows layout 1"
    if how == "cut short":
        path.write_bytes(data[:-100])
        return f"is cut short: {len(data) - 100} bytes, expected {len(data)}"
    path.write_bytes(data[:HEADER_BYTES] + bytes(byte ^ 0x55 for byte in data[HEADER_BYTES:]))
    return "has no readable entry"


@pytest.mark.parametrize(
    "how", ["foreign", "foreign behind a blank header", "newer layout", "cut short", "damaged throughout"]
)
def test_a_file_that_cannot_be_read_is_put_aside_and_the_station_starts(tmp_path: Path, how: str) -> None:
    path = tmp_path / "parts.ledger"
    used(path)
    words = spoiled(path, how)
    content = path.read_bytes()
    with a_ledger(path) as ledger:
        sentence = ledger.recovered.sentence
        assert sentence is not None
        assert sentence.startswith(f"The ledger file {path} {words}; it was renamed parts.ledger.unreadable-")
        assert "what lies between camera and gate is rejected" in sentence
        assert ledger.recovered.sums == Sums()
        (aside,) = tmp_path.glob("parts.ledger.unreadable-*")
        assert aside.read_bytes() == content
        assert aside.name in sentence
        ledger.triggered(1)
    with a_ledger(path) as ledger:
        assert ledger.recovered.in_flight == (1,)
        assert ledger.recovered.sentence is None


def test_files_put_aside_in_the_same_second_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    for number in range(3):
        path.write_text(f"foreign {number}")
        with a_ledger(path) as ledger:
            assert ledger.recovered.sentence is not None
    kept = sorted(aside.read_text() for aside in tmp_path.glob("parts.ledger.unreadable-*"))
    assert kept == ["foreign 0", "foreign 1", "foreign 2"]


def test_a_start_that_was_cut_off_while_it_made_the_file_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    for size in (0, 1000, HEADER_BYTES + 4096 * 64):
        path.write_bytes(bytes(size))
        with a_ledger(path) as ledger:
            assert ledger.recovered.sentence is None
    assert list(tmp_path.iterdir()) == [path]


def test_damaged_entries_are_said_and_the_parts_whose_numbers_are_lost_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    used(path)
    data = bytearray(path.read_bytes())
    data[HEADER_BYTES + 3 * 64 + 20] ^= 1  # the trigger of part 4: with it those before are in doubt
    path.write_bytes(data)
    with a_ledger(path) as ledger:
        recovered = ledger.recovered
        assert recovered.in_flight == (5,)
        assert recovered.in_flight_unknown == 1
        assert recovered.sums == Sums(triggers=5, passed=1, rejected=1, forced=3, withdrawn=1)
        assert recovered.sentence is not None
        assert recovered.sentence.startswith(f"The ledger file {path} has 1 damaged entries")
        assert ledger.counts.balanced


@pytest.mark.parametrize("obstacle", ["folder", "pipe", "file for a folder"])
def test_a_path_where_no_file_can_be_is_refused_in_one_sentence(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / "parts.ledger"
    if obstacle == "folder":
        path.mkdir()
    elif obstacle == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("")
        path = path / "parts.ledger"
    with pytest.raises(LedgerFileError, match=f"^The ledger file {path} "):
        LedgerFile(path)


def test_a_failing_sync_is_said_once_and_once_when_it_is_over(tmp_path: Path) -> None:
    path, disk = tmp_path / "parts.ledger", Disk()
    with a_ledger(path, on_disk=disk.tell, fdatasync=disk.fdatasync) as ledger:
        disk.broken = OSError(errno.EIO, "Input/output error")
        ledger.triggered(1)
        disk.wait_for(1)
        for part_seq in range(2, 100):
            ledger.triggered(part_seq)
        assert disk.heard == [f"The ledger file {path} cannot be brought to the disk: Input/output error."]
        disk.broken = None
        disk.wait_for(2)
    assert disk.heard[1:] == [None]


def test_what_the_disk_refuses_is_written_once_it_takes_it_again(tmp_path: Path) -> None:
    path, disk = tmp_path / "parts.ledger", Disk()
    with a_ledger(path, on_disk=disk.tell, pwrite=disk.pwrite) as ledger:
        ledger.triggered(1)
        disk.broken = OSError(errno.EIO, "Input/output error")
        for part_seq in range(2, 10):
            ledger.triggered(part_seq)
            ledger.decided(part_seq, PASSED)
        assert ledger.counts == LedgerCounts(9, 8, 0, 0, 1)
        assert disk.heard == [f"The ledger file {path} cannot be written: Input/output error."]
        disk.broken = None
        assert ledger.taken(2)
        assert disk.heard[1:] == [None]
    with a_ledger(path) as ledger:
        assert ledger.recovered.in_flight == (1,)
        assert [part_seq for part_seq, _ in ledger.recovered.not_taken] == list(range(3, 10))
        assert ledger.recovered.sums == Sums(triggers=9, passed=8, forced=1)
        assert ledger.recovered.sentence is None


def test_a_sync_that_hangs_holds_up_no_event_and_no_end(tmp_path: Path) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def fdatasync(descriptor: int) -> None:
        hangs.set()
        assert goes_on.wait(LIMIT_S)
        os.fdatasync(descriptor)

    with a_ledger(tmp_path / "parts.ledger", fdatasync=fdatasync) as ledger:
        ledger.triggered(1)
        assert hangs.wait(LIMIT_S)
        for part_seq in range(2, 1000):
            ledger.triggered(part_seq)
        assert not ledger.close(timeout_s=0.01)
        goes_on.set()


def test_a_file_deleted_under_the_station_is_said(tmp_path: Path) -> None:
    path, disk = tmp_path / "parts.ledger", Disk()
    with a_ledger(path, on_disk=disk.tell) as ledger:
        path.unlink()
        ledger.triggered(1)
        disk.wait_for(1)
        assert disk.heard[0] is not None
        assert disk.heard[0].startswith(f"The ledger file {path} was deleted or replaced while in use")
        ledger.decided(1, PASSED)


def test_all_is_synced_before_the_file_is_let_go(tmp_path: Path) -> None:
    at_sync: list[bytes] = []
    path = tmp_path / "parts.ledger"

    def fdatasync(descriptor: int) -> None:
        at_sync.append(path.read_bytes())

    with a_ledger(path, fdatasync=fdatasync) as ledger:
        for part_seq in range(1, 100):
            ledger.triggered(part_seq)
    assert at_sync[-1] == path.read_bytes()


def test_closing_twice_is_harmless_and_the_file_is_free_then(tmp_path: Path) -> None:
    path = tmp_path / "parts.ledger"
    ledger = LedgerFile(path)
    assert ledger.close(LIMIT_S)
    assert ledger.close(LIMIT_S)
    with pytest.raises(LedgerError, match="closed: part number 1 cannot be triggered"):
        ledger.triggered(1)
    with closing(LedgerFile(path)) as next_one:
        assert next_one.recovered.sums == Sums()
    with pytest.raises(ValueError, match="16 entries or more, got 8"):
        LedgerFile(path, entries=8)
