"""A camera opened through harvesters: the only place that touches harvesters and the GenICam binding.

It lives in the capture process, off the main thread (harvesters replaces SIGINT's handler on the main thread), and
must not know sockets or rings. What the libraries raise becomes CameraLostError or CameraError: one sentence.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.camera.features import FeatureRefusedError, FeatureWrite, apply_writes
from drivers.camera.interface import CameraError, CameraIdentity

WAIT_MS = 100
_PAYLOAD_IMAGE, _PAYLOAD_CHUNK = 1, 4
_ACCESS_STATUS_OPEN = (5, 6)
_SIMULATED_PRODUCERS = ("viky.cti", "TLSimu.cti")


class CameraLostError(Exception):
    """The camera is not there (any more), or not free: worth trying again. One sentence."""


@dataclass(frozen=True, slots=True)
class Received:
    """A buffer from the producer; `raw` belongs to us until it is queued back."""

    raw: Any
    frame_id: int
    timestamp_ns: int | None
    encoder_count: int | None
    is_image: bool
    width_px: int
    height_px: int
    lines: int
    padding_px: int
    pixels: NDArray[np.uint8]
    """The whole buffer, one dimension."""


class _LastWords(logging.Handler):
    """harvesters only logs why a producer cannot be loaded; this keeps the last such line."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.words = record.getMessage().splitlines()[0]


class Session:
    """One open camera, from create to destroy. Use it from one thread, and not the main thread."""

    def __init__(self, producer: str, serial: str) -> None:
        self._core: Any = importlib.import_module("harvesters.core")
        self._timeout: Any = importlib.import_module("genicam.gentl").TimeoutException
        self._producer, self._serial = producer, serial
        self._words = _LastWords()
        log = logging.getLogger("harvesters")
        log.propagate = False
        log.addHandler(self._words)
        self._harvester: Any = self._core.Harvester(logger=log)
        try:
            self._harvester.add_file(producer, check_existence=True, check_validity=True)
        except OSError as error:
            raise CameraError(
                f"GenTL producer {producer} cannot be loaded ({error}): set camera.producer to a .cti file"
            ) from error
        self._acquirer: Any = None
        self._monitor: Any = None
        self._encoder_chunk = False

    def open(self, writes: tuple[FeatureWrite, ...], buffers: int, *, encoder_chunk: bool) -> CameraIdentity:
        """Find, open, configure and start the camera. CameraLostError may pass by itself; CameraError does not."""
        self.close()
        self._find()
        try:
            self._acquirer = self._harvester.create({"serial_number": self._serial})
        except Exception as error:
            raise CameraLostError(_why_not_opened(self._serial, error)) from error
        try:
            nodes = self._acquirer.remote_device.node_map
            apply_writes(nodes, writes)
            self._acquirer.num_buffers = buffers
            self._encoder_chunk = encoder_chunk
            self._acquirer.start()
            # harvesters' own fetch hands an incomplete buffer back to the producer before anyone can copy its valid
            # lines; the monitor behind it is the binding's public class.
            self._monitor = next(iter(self._acquirer._new_buffer_event_monitor_dict.values()))  # noqa: SLF001
            return self._identity(nodes)
        except FeatureRefusedError as error:
            raise CameraError(f"camera {self._serial}: {error}") from error
        except Exception as error:
            raise CameraLostError(
                f"camera {self._serial} did not start: {_first_line(error)}; check its cable and power"
            ) from error

    def _find(self) -> None:
        self._words.words = ""
        self._harvester.update()  # destroys what was open and unloads the producer: only ever called when closed
        found = [str(info.serial_number) for info in self._harvester.device_info_list]
        if not found and self._words.words:
            raise CameraError(
                f"GenTL producer {self._producer} cannot be used ({self._words.words}): set camera.producer to a "
                "working .cti file"
            )
        if self._serial not in found:
            listed = f"found {', '.join(found)}" if found else "found no camera at all"
            raise CameraLostError(
                f"camera {self._serial} is not there, {listed} through {Path(self._producer).name}: check "
                "camera.serial, cable and power"
            )

    def _identity(self, nodes: Any) -> CameraIdentity:
        info: Any = self._acquirer.device
        vendor = str(info.vendor)
        simulated = "simulated" in vendor.lower() or Path(self._producer).name in _SIMULATED_PRODUCERS
        return CameraIdentity(
            vendor, str(info.model), str(info.serial_number), str(info.version), self._producer, simulated
        )

    def wait(self) -> Received | None:
        """The next buffer, complete or not; None after WAIT_MS without one."""
        try:
            self._monitor.update_event_data(WAIT_MS)
        except self._timeout:
            return None
        except Exception as error:
            raise CameraLostError(f"camera {self._serial} stopped delivering: {_first_line(error)}") from error
        raw = self._monitor.buffer
        try:
            return self._received(raw)
        except Exception as error:
            self.queue(raw)
            raise CameraLostError(
                f"camera {self._serial} delivered a buffer that cannot be read: {_first_line(error)}"
            ) from error

    def _received(self, raw: Any) -> Received:
        width, height = int(raw.width), int(raw.height)
        padding = int(_told(raw, "padding_x") or 0)
        line_bytes = max(1, width + padding)
        lines = height
        if not raw.is_complete():
            delivered = _told(raw, "delivered_image_height")
            filled = int(raw.size_filled) // line_bytes
            lines = min(height, filled, height if delivered is None else int(delivered))
        return Received(
            raw=raw,
            frame_id=int(raw.frame_id),
            timestamp_ns=_told(raw, "timestamp_ns"),
            encoder_count=self._encoder_count(raw) if self._encoder_chunk else None,
            is_image=int(raw.payload_type) in (_PAYLOAD_IMAGE, _PAYLOAD_CHUNK),
            width_px=width,
            height_px=height,
            lines=lines,
            padding_px=padding,
            pixels=np.frombuffer(raw.raw_buffer, np.uint8)[int(_told(raw, "image_offset") or 0) :],
        )

    def _encoder_count(self, raw: Any) -> int | None:
        """ChunkEncoderValue of the frame's first line; None when the buffer came without its chunks."""
        if not raw.is_containing_chunk_data():
            return None
        try:
            self._acquirer._update_chunk_data(buffer=raw, is_manual=True)  # noqa: SLF001 - else a Buffer a frame
            return int(self._acquirer.remote_device.node_map.ChunkEncoderValue.value)
        except Exception:  # noqa: BLE001 - an unreadable chunk is a missing chunk
            return None

    def queue(self, raw: Any) -> None:
        """Give a buffer back. Not cleared: the binding would write all of it with zeros, 4 ms of CPU at 20 MB."""
        with contextlib.suppress(Exception):  # a lost camera's buffers cannot be queued, nor need they be
            raw.parent.queue_buffer(raw, False)

    def check(self) -> None:
        """Raise CameraLostError when the transport says that the camera has gone."""
        try:
            status = int(self._acquirer.device.access_status)
        except Exception as error:
            raise CameraLostError(f"camera {self._serial} does not answer: {_first_line(error)}") from error
        if status not in _ACCESS_STATUS_OPEN:
            raise CameraLostError(f"camera {self._serial} is gone: check its cable and power")

    def close(self) -> None:
        """Stop and destroy. Idempotent; a lost camera makes the library raise on the way, and that is ignored."""
        acquirer, self._acquirer, self._monitor = self._acquirer, None, None
        if acquirer is None:
            return
        for step in (acquirer.stop, acquirer.destroy):
            with contextlib.suppress(Exception):
                step()

    def end(self) -> None:
        """Close and unload the producer. The session cannot be used again."""
        self.close()
        with contextlib.suppress(Exception):
            self._harvester.reset()


def _told(raw: Any, fact: str) -> Any:
    """A fact about a buffer that the producer may not tell."""
    try:
        return getattr(raw, fact)
    except Exception:  # noqa: BLE001 - NotAvailable, NotImplemented, InvalidParameter: producers differ
        return None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _why_not_opened(serial: str, error: Exception) -> str:
    if type(error).__name__ in ("AccessDeniedException", "ResourceInUseException", "BusyException"):
        return f"camera {serial} is in use by another program: close that one first"
    return f"camera {serial} cannot be opened: {_first_line(error)}"
