"""Lines that a person types. It must not know what is asked.

Not `sys.stdin.readline()`: a Ctrl-C that comes just before the read begins is kept until the next line there, and the
program seems to hang.
"""

from __future__ import annotations

import os
import select
from typing import Final

LOOK_AGAIN_S: Final = 0.2


class Keyboard:
    """Reads a descriptor line by line; a signal is answered at the latest after LOOK_AGAIN_S."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._read = b""

    def line(self) -> str:
        """The next line without its end. The end of the input is as good as Ctrl-C: KeyboardInterrupt."""
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._descriptor], [], [], LOOK_AGAIN_S)
            if not ready:
                continue
            more = os.read(self._descriptor, 4096)
            if not more:
                raise KeyboardInterrupt
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(errors="replace")
