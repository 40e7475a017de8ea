"""A camera opened through harvesters. This and the other session files alone touch harvesters and the GenICam binding.

It lives in the capture process, off the main thread (harvesters replaces SIGINT's handler on the main thread), and
must not know sockets or rings. What the libraries raise becomes CameraLostError or CameraError: one sentence.
"""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path
from typing import Any

from drivers.camera.aliases import SFNC, Family, family_of, find_node
from drivers.camera.binding_words import first_line
from drivers.camera.canary import Canary
from drivers.camera.chunks import ChunkReader
from drivers.camera.features import FeatureRefusedError, apply_writes
from drivers.camera.interface import CameraError, CameraIdentity
from drivers.camera.pixels import FORMATS, line_bytes
from drivers.camera.session_buffer import Received, read_buffer
from drivers.camera.session_events import RemoteEvents
from drivers.camera.session_producer import CameraLostError, Producer
from drivers.camera.session_stream import Stream
from drivers.camera.wire import Plan

_ACCESS_UNKNOWN, _ACCESS_OPEN = 0, (5, 6)
_SIMULATED_PRODUCERS = ("viky.cti", "TLSimu.cti")


class Session:
    """One camera, opened as the plan says, as often as needed. Use it from one thread, and not the main thread."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._producer = Producer(plan.producer)
        self._acquirer: Any = None
        self._family: Family = SFNC
        self._stream: Stream | None = None
        self._chunks: ChunkReader | None = None
        self._events: RemoteEvents | None = None
        self._register: Any = None
        self._fire: Any = None

    def open(self) -> CameraIdentity:
        """Find, open, configure and start the camera. CameraLostError may pass by itself; CameraError does not."""
        self.close()
        serial = self._plan.serial
        self._acquirer = self._producer.create(serial)
        try:
            self._configure()
            return self._identity()
        except (FeatureRefusedError, CameraError) as error:
            raise CameraError(f"camera {serial}: {error}") from error
        except Exception as error:
            raise CameraLostError(
                f"camera {serial} did not start: {first_line(error)}; check its cable and power"
            ) from error

    def _configure(self) -> None:
        plan, nodes = self._plan, self._acquirer.remote_device.node_map
        stream = self._stream = Stream(self._acquirer)
        apply_writes(nodes, plan.writes, plan.model)
        family = self._family = family_of(nodes, plan.model)
        self._chunks = ChunkReader(nodes, family, plan.chunks, by_line=plan.chunks_by_line) if plan.chunks else None
        self._events = RemoteEvents(self._acquirer, family, plan.events)
        encoder = find_node(nodes, family, "EncoderValue") if plan.counts_per_frame else None
        self._register = find_node(nodes, family, "Width") if encoder is None else encoder
        self._fire = find_node(nodes, family, "TriggerSoftware") if plan.software_trigger else None
        if plan.software_trigger and self._fire is None:
            raise CameraError("feature TriggerSoftware is not in the camera: set frame_trigger to an input line")
        stream.announce(plan.buffers, _canary(nodes))
        stream.start()

    def _identity(self) -> CameraIdentity:
        info: Any = self._acquirer.device
        vendor, producer = str(info.vendor), self._plan.producer
        simulated = "simulated" in vendor.lower() or Path(producer).name in _SIMULATED_PRODUCERS
        return CameraIdentity(vendor, str(info.model), str(info.serial_number), str(info.version), producer, simulated)

    def restart(self) -> None:
        """Stop the stream, empty its queues and start it again, the camera staying open."""
        stream = self._open_stream()
        try:
            stream.stop()
            stream.start()
        except Exception as error:
            raise CameraLostError(f"camera {self._plan.serial} did not start again: {first_line(error)}") from error

    def wait(self, limit_ms: int) -> Received | None:
        """The next buffer, complete or not; None when there is none in time."""
        stream = self._open_stream()
        try:
            raw = stream.wait(limit_ms)
        except Exception as error:
            raise CameraLostError(f"camera {self._plan.serial} stopped delivering: {first_line(error)}") from error
        if raw is None:
            return None
        try:
            return read_buffer(stream, raw, self._chunks)
        except Exception as error:
            self.give_back(raw)
            raise CameraLostError(
                f"camera {self._plan.serial} delivered a buffer that cannot be read: {first_line(error)}"
            ) from error

    def give_back(self, raw: Any) -> None:
        """Give a buffer back to the producer. A lost camera's buffers cannot be given back, nor need they be."""
        with contextlib.suppress(Exception):
            self._open_stream().give_back(raw)

    def fire(self) -> None:
        """Take one picture now; does nothing on a camera that is not triggered by software."""
        if self._fire is None:
            return
        try:
            self._fire.execute()
        except Exception as error:
            raise CameraLostError(f"camera {self._plan.serial} takes no trigger: {first_line(error)}") from error

    def check(self) -> int | None:
        """Ask the transport and the camera itself whether it is there; CameraLostError says that it is not.

        Returns the encoder's register where the plan has frames watched by it.
        """
        try:
            status = self._access()
            count = int(self._register.get_value(ignore_cache=True))
            if self._events is not None:
                self._events.poll()
        except Exception as error:
            raise CameraLostError(
                f"camera {self._plan.serial} does not answer: {first_line(error)}; check its cable and power"
            ) from error
        if status not in (_ACCESS_UNKNOWN, *_ACCESS_OPEN):
            raise CameraLostError(f"camera {self._plan.serial} is gone: check its cable and power")
        return count if self._plan.counts_per_frame else None

    def _access(self) -> int:
        try:
            return int(self._acquirer.device.access_status)
        except Exception as error:
            if type(error).__name__ == "NotImplementedException":
                return _ACCESS_UNKNOWN
            raise

    @property
    def underruns(self) -> int:
        """Frames the producer had no buffer for since open()."""
        return 0 if self._stream is None else self._stream.underruns

    @property
    def missed(self) -> dict[str, int]:
        """Events counted since open(), by name."""
        return {} if self._events is None else self._events.counts

    def close(self) -> None:
        """Stop, flush, revoke, destroy. Idempotent; what a lost camera makes the library raise is ignored."""
        acquirer, self._acquirer = self._acquirer, None
        stream, self._stream = self._stream, None
        self._chunks = self._events = self._register = self._fire = None
        if acquirer is None:
            return
        if stream is not None:
            stream.stop()
            stream.revoke()
        modules = [*acquirer.data_streams, acquirer.device]
        chunk_adapter = acquirer._chunk_adapter  # noqa: SLF001
        with contextlib.suppress(Exception):
            acquirer.destroy()
        for module in modules:  # destroy() ends at the first thing that a lost camera refuses
            with contextlib.suppress(Exception):
                if module.is_open():
                    module.close()
        # Both libraries tie a finalizer to each of these that holds on to the very object it waits for: 220 kB of node
        # maps a time would stay until the process ends.
        self._producer.forget()
        acquirer._finalizer.detach()  # noqa: SLF001
        if chunk_adapter is not None:
            chunk_adapter._finalizer.detach()  # noqa: SLF001
        del acquirer, modules, stream, chunk_adapter
        gc.collect()

    def end(self) -> None:
        """Close and unload the producer. The session cannot be used again."""
        self.close()
        self._producer.unload()

    def _open_stream(self) -> Stream:
        if self._stream is None:
            raise CameraLostError(f"camera {self._plan.serial} is not open")
        return self._stream


def _canary(nodes: Any) -> Canary | None:
    """For pictures as they are configured; none where the camera does not tell their layout."""
    try:
        row_bytes = line_bytes(FORMATS[str(nodes.PixelFormat.value)], int(nodes.Width.value))
        return Canary(int(nodes.Height.value), row_bytes, row_bytes)
    except Exception:  # noqa: BLE001 - no such feature, not to be read, a format that nobody here knows
        return None
