"""What holds for every test: nothing may be left over, and what must be built is built once."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent


def _children() -> set[int]:
    try:
        text = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    except OSError:
        return set()
    return {int(pid) for pid in text.split()}


def _segments() -> set[str]:
    """Ours in shared memory, but for those that name a living process: another run on this machine, not a leftover."""
    shm = Path("/dev/shm")
    names = (
        {entry.name for entry in shm.iterdir() if entry.name.startswith(("edge", "station"))} if shm.is_dir() else set()
    )
    return {name for name in names if not any(Path(f"/proc/{pid}").exists() for pid in re.findall(r"\d+", name))}


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    """Fails a test that leaves a thread, a child process or a shared-memory segment behind."""
    threads, children, segments = set(threading.enumerate()), _children(), _segments()
    yield
    deadline = time.monotonic() + 5
    while True:
        left = [
            t.name
            for t in threading.enumerate()
            if t not in threads and t.is_alive() and not t.name.startswith("asyncio_")
        ]
        kids = _children() - children
        shm = _segments() - segments
        if not (left or kids or shm):
            return
        if time.monotonic() > deadline:
            pytest.fail(f"left over: threads {left}, processes {sorted(kids)}, shared memory {sorted(shm)}")
        time.sleep(0.02)


@pytest.fixture(autouse=True)
async def no_task_left_over() -> object:
    """Fails an asynchronous test that leaves a task running."""
    yield
    current = asyncio.current_task()
    for _ in range(10):  # a loop's own short tasks (accepting a connection) may need a turn to end
        await asyncio.sleep(0)
    left = [task.get_name() for task in asyncio.all_tasks() if task is not current and not task.done()]
    if left:
        pytest.fail(f"left over: tasks {left}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real defect pictures, which the product does not need; its tests skip loudly without it."""
    folder = REPO.parent / "shared" / "data"
    if not (folder / "manifest.csv").is_file():
        pytest.skip(f"LOUD SKIP: no real pictures at {folder}: verdicts on real rails and tiles are NOT tested here")
    return folder
