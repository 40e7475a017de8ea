"""A GenTL producer loaded through harvesters, and the cameras that it finds.

Must not know how a camera is configured. What the libraries raise becomes one sentence.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
from pathlib import Path
from typing import Any

from drivers.camera.binding_words import first_line
from drivers.camera.interface import CameraError

_BUSY = ("AccessDeniedException", "ResourceInUseException", "BusyException")


class CameraLostError(Exception):
    """The camera is not there (any more), or not free: worth trying again. One sentence."""


class _LastWords(logging.Handler):
    """harvesters only logs why a producer cannot be loaded; this keeps the last such line."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.words = record.getMessage().splitlines()[0]


class Producer:
    """One producer in this process: a second harvesters object on the same file would see no cameras."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._words = _LastWords()
        log = logging.getLogger("harvesters")
        log.propagate = False
        log.addHandler(self._words)
        core: Any = importlib.import_module("harvesters.core")
        self._harvester: Any = core.Harvester(logger=log)
        try:
            self._harvester.add_file(path, check_existence=True, check_validity=True)
        except OSError as error:
            raise CameraError(
                f"GenTL producer {path} cannot be loaded ({error}): set producer to a .cti file"
            ) from error

    def create(self, serial: str) -> Any:
        """The harvesters acquirer of this camera. Only to be called while none is open: the producer is loaded anew."""
        self._find(serial)
        try:
            return self._harvester.create({"serial_number": serial})
        except Exception as error:
            if type(error).__name__ in _BUSY:
                raise CameraLostError(f"camera {serial} is in use by another program: close that one first") from error
            raise CameraLostError(f"camera {serial} cannot be opened: {first_line(error)}") from error

    def _find(self, serial: str) -> None:
        self._words.words = ""
        self._harvester.update()  # destroys what was open and unloads the producer
        found = [str(info.serial_number) for info in self._harvester.device_info_list]
        if not found and self._words.words:
            raise CameraError(
                f"GenTL producer {self._path} cannot be used ({self._words.words}): set producer to a working .cti file"
            )
        if serial not in found:
            listed = f"found {', '.join(found)}" if found else "found no camera at all"
            raise CameraLostError(
                f"camera {serial} is not there, {listed} through {Path(self._path).name}: check "
                "its serial, cable and power"
            )

    def forget(self) -> None:
        """Let go of the acquirers that were destroyed; harvesters would keep them until the next look round."""
        self._harvester.image_acquirers.clear()

    def unload(self) -> None:
        """Unload the producer, with what is still open."""
        with contextlib.suppress(Exception):
            self._harvester.reset()
