"""Keeps what a native library prints on standard error, so that it reaches people only when it matters."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Generator

_STDERR = 2


@contextlib.contextmanager
def native_words_kept() -> Generator[Callable[[], str]]:
    """Within the block, standard error of the whole process goes aside; the yielded function gives it as text.

    For the short, single-threaded moment of loading a library: what other threads print meanwhile is kept aside too.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as aside:
        before = os.dup(_STDERR)
        try:
            os.dup2(aside.fileno(), _STDERR)
            yield lambda: _read(aside.fileno())
        finally:
            os.dup2(before, _STDERR)
            os.close(before)


def _read(fd: int) -> str:
    size = os.fstat(fd).st_size
    return os.pread(fd, size, 0).decode(errors="replace")
