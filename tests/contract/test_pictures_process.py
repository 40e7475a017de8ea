"""The real picture process: it dies, hangs, cannot be started; no slot is lost, and it comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.interface import RingLayout
from station.config.model_people import Pictures
from station.core.reasons import Reason
from station.pictures import keeper as keeper_module
from station.pictures.encoding import decoded
from station.pictures.link import Peer, PictureLink, spawn_process
from station.pictures.plan import PicturePlan
from station.pictures.wire import HEAD_BYTES_MAX, WireError, packed, read_message
from tests.contract.pictures_line import FIRST_UID, LIMIT_S, ThreadPeer, a_line, until


class Spawned:
    """Starts real processes and remembers them."""

    def __init__(self) -> None:
        self.pids: list[int] = []

    async def __call__(self, plan: PicturePlan, control: socket.socket) -> Peer:
        peer = await spawn_process(plan, control)
        assert isinstance(peer, asyncio.subprocess.Process)
        self.pids.append(peer.pid)
        return peer


async def test_a_picture_goes_through_another_process_and_comes_back_byte_for_byte(tmp_path: Path) -> None:
    async with a_line(tmp_path, spawn=Spawned(), lossless_every=1) as line:
        (picture,) = line.part(FIRST_UID, Reason.DEFECT)
        await line.files_are(1)
        found = line.store.picture(FIRST_UID, "mantle")
        assert found is not None
        np.testing.assert_array_equal(decoded(found[0]), picture)


async def test_a_process_that_is_killed_loses_no_slot_is_said_and_comes_back(tmp_path: Path) -> None:
    spawned = Spawned()
    async with a_line(tmp_path, spawn=spawned) as line:
        line.part(FIRST_UID)
        await until(lambda: line.keeper.link.written["pass"] == 1 and not line.status.waiting, "the first picture")
        os.kill(spawned.pids[0], signal.SIGSTOP)
        line.part(FIRST_UID + 1)
        line.part(FIRST_UID + 2)
        await asyncio.sleep(0)
        assert len(line.ring.held) == 2
        os.kill(spawned.pids[0], signal.SIGKILL)
        await until(lambda: "E508" in line.codes(), "the fault")
        await line.files_are(2)
        assert {int(path.stem) - FIRST_UID for path in line.files()} == {0, 2}, "the one in hand is lost"
        await until(lambda: "E508" not in line.codes(), "the fault's end")
        assert (line.keeper.link.restarts, line.keeper.dropped) == (1, 1)
        await until(lambda: line.keeper.link.written["pass"] == 2, "what was written is still counted")


async def test_a_process_that_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = Spawned()
    monkeypatch.setattr(keeper_module, "PictureLink", Impatient)
    async with a_line(tmp_path, spawn=spawned) as line:
        line.part(FIRST_UID)
        await line.files_are(1)
        os.kill(spawned.pids[0], signal.SIGSTOP)
        line.part(FIRST_UID + 1)
        await line.slots_are_back()
        await until(lambda: len(spawned.pids) == 2, "another process")
        line.part(FIRST_UID + 2)
        await line.files_are(2)


class Impatient(PictureLink):
    """Takes a fraction of a second for too long."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named, job_limit_s=0.3)  # type: ignore[arg-type,misc]


async def test_a_process_that_cannot_be_started_costs_pictures_and_nothing_else(tmp_path: Path) -> None:
    async def none(plan: PicturePlan, control: socket.socket) -> Peer:
        raise OSError(12, "Cannot allocate memory")

    async with a_line(tmp_path, spawn=none, held=2) as line:
        await until(lambda: "E508" in line.codes(), "the fault")
        for n in range(4):
            line.part(FIRST_UID + n)
        assert len(line.ring.held) == 2
        assert line.keeper.dropped == 2
    assert line.keeper.dropped == 4


@pytest.mark.parametrize(
    "words",
    [b"\xff" * 40, packed({})[:5], packed({"x": 1})[:8] + b"[[[[[[[", (HEAD_BYTES_MAX + 1).to_bytes(4, "big") * 2],
)
async def test_a_process_that_says_nonsense_is_replaced(tmp_path: Path, words: bytes) -> None:
    spawns = 0

    async def nonsense(plan: PicturePlan, control: socket.socket) -> Peer:
        nonlocal spawns
        spawns += 1
        if spawns > 1:
            return ThreadPeer(plan, control)
        control.sendall(words)
        return Gone()

    async with a_line(tmp_path, spawn=nonsense) as line:
        await until(lambda: spawns == 2, "another process")
        line.part(FIRST_UID)
        await line.files_are(1)


async def test_a_message_that_says_it_is_huge_is_refused_before_it_is_waited_for() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(packed({"status": 1}, b"body") + (HEAD_BYTES_MAX + 1).to_bytes(4, "big") + bytes(4))
    assert await read_message(reader) == ({"status": 1}, b"body")
    with pytest.raises(WireError, match="a message of"):
        await asyncio.wait_for(read_message(reader), LIMIT_S)


class Gone:
    """A process that has ended."""

    async def wait(self) -> None:
        return

    def kill(self) -> None:
        raise ProcessLookupError


def test_a_plan_survives_the_command_line() -> None:
    plan = PicturePlan({"head-1": RingLayout(5, 4, 4096, 48, 64)}, "/a b/ü", Pictures(budget_gb=1.5), 7, 9)
    assert PicturePlan.from_json(plan.to_json()) == plan
