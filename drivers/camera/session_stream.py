"""The data stream of an open camera: buffers announced, queued, waited for, flushed and revoked by ourselves.

harvesters' own start and stop are not used: stop() on a camera that has gone raises before it has flushed and revoked
anything (which leaves drivers in a state that only a new process cures), start() queues buffers before a canary can
be written into them, and fetch() gives incomplete buffers back before their valid lines can be copied.
Must not know pixels, frames or slots.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.camera.canary import Canary

_NEVER_TAKEN_BACK: list[bytes] = []
"""Memory that a producer would not give back and may still write into: it stays until the process ends."""


class Stream:
    """The first data stream of a harvesters acquirer. Exceptions of the binding pass through it."""

    def __init__(self, acquirer: Any) -> None:
        self._gentl: Any = importlib.import_module("genicam.gentl")
        self._acquirer = acquirer
        self._nodes: Any = acquirer.remote_device.node_map
        self._source: Any = acquirer.data_streams[0]
        # The binding's public class; harvesters keeps it to itself.
        self._monitor: Any = next(iter(acquirer._new_buffer_event_monitor_dict.values()))  # noqa: SLF001
        self._announced: list[Any] = []
        self._raw: list[bytes] = []
        self._memory: list[NDArray[np.uint8]] = []
        self._canary: Canary | None = None
        self._underruns = self._underruns_told = 0

    def announce(self, buffers: int, canary: Canary | None) -> None:
        """Announce so many buffers (or as many as the producer needs at least) of the present payload's size."""
        source = self._source
        size = int(source.payload_size if source.defines_payload_size() else self._nodes.PayloadSize.value)
        with contextlib.suppress(self._gentl.GenericException):  # it may not tell (harvesters: not all do)
            buffers = max(buffers, int(source.buffer_announce_min))
        self._canary = canary
        for index in range(buffers):
            raw = bytes(size)  # the binding takes nothing else
            self._raw.append(raw)
            self._memory.append(_writable(raw))
            self._announced.append(source.announce_buffer(self._gentl.BufferToken(raw, index)))

    def start(self) -> None:
        """Queue every buffer and let the camera fill them."""
        for memory, buffer in zip(self._memory, self._announced, strict=True):
            self._queue(buffer, memory)
        self._lock(1)
        self._source.start_acquisition(self._gentl.ACQ_START_FLAGS_LIST.ACQ_START_FLAGS_DEFAULT, -1)
        self._nodes.AcquisitionStart.execute()

    def stop(self) -> None:
        """Stop, and empty every queue. Each step is tried whatever became of the one before it."""
        answers = _tried(lambda: self._nodes.AcquisitionStop.execute())  # noqa: PLW0108 - the look-up may fail, too
        if answers:  # each further question to a camera that has gone costs its whole time-out
            self._lock(0)
        _tried(lambda: self._source.stop_acquisition(self._gentl.ACQ_STOP_FLAGS_LIST.ACQ_STOP_FLAGS_KILL))
        _tried(lambda: self._source.flush_buffer_queue(self._gentl.ACQ_QUEUE_TYPE_LIST.ACQ_QUEUE_ALL_DISCARD))
        _tried(self._monitor.flush_event_queue)
        adapter = self._acquirer._chunk_adapter  # noqa: SLF001 - it points into a buffer
        if adapter is not None:
            _tried(adapter.detach_buffer)
        self._acquirer._has_attached_chunk = False  # noqa: SLF001

    def revoke(self) -> None:
        """Take the buffers back from the producer; to be called after stop()."""
        for buffer, raw in zip(self._announced, self._raw, strict=True):
            if not _tried(lambda buffer=buffer: self._source.revoke_buffer(buffer)):
                _NEVER_TAKEN_BACK.append(raw)
        self._announced.clear()
        self._memory.clear()
        self._raw.clear()

    def wait(self, limit_ms: int) -> Any | None:
        """The next filled buffer, complete or not; None when there is none in time."""
        try:
            self._monitor.update_event_data(limit_ms)
        except self._gentl.TimeoutException:
            return None
        return self._monitor.buffer

    def chunks(self, raw: Any) -> bool:
        """Bring the node map's chunks up to date with this buffer; False when it carries none."""
        if not raw.is_containing_chunk_data():
            return False
        self._acquirer._update_chunk_data(buffer=raw, is_manual=True)  # noqa: SLF001 - else a harvesters Buffer a frame
        return True

    def stale_rows(self, raw: Any, first: int, last: int) -> int:
        """Canary rows found as they were queued in the bytes `first` to `last` of a delivered buffer."""
        if self._canary is None:
            return 0
        return self._canary.intact(self._memory[int(raw.context)], first, last)

    def give_back(self, raw: Any) -> None:
        """Queue a delivered buffer again."""
        self._queue(raw, self._memory[int(raw.context)])

    def _queue(self, buffer: Any, memory: NDArray[np.uint8]) -> None:
        if self._canary is not None:
            self._canary.write(memory)
        # Not cleared: the binding would write all of it with zeros, 4 ms of CPU at 20 MB.
        self._source.queue_buffer(buffer, False)

    @property
    def underruns(self) -> int:
        """Frames the producer had no buffer for, 0 where it tells none; never falls, though some count per start."""
        with contextlib.suppress(Exception):  # not told, or gone: the check of the device says which
            told = int(self._source.num_underrun)
            self._underruns += told - self._underruns_told if told >= self._underruns_told else told
            self._underruns_told = told
        return self._underruns

    def _lock(self, locked: int) -> None:
        _tried(lambda: setattr(self._nodes.TLParamsLocked, "value", locked))  # SFNC < 2.0 has no such feature


def _writable(raw: bytes) -> NDArray[np.uint8]:
    """The memory of announced bytes, to be written: it is the producer's to write, whatever Python says of bytes."""
    address = np.frombuffer(raw, np.uint8).ctypes.data
    return np.ctypeslib.as_array((ctypes.c_uint8 * len(raw)).from_address(address))


def _tried(step: Callable[[], object]) -> bool:
    """Whether a step of putting away went well; what a camera that has gone makes of it does not matter."""
    try:
        step()
    except Exception:  # noqa: BLE001 - GenTL, GenApi and attribute errors alike
        return False
    return True
