"""Rights as a user has them who owns nothing: root, who may do everything, becomes that user for a while."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65_534


@contextmanager
def folder_of_somebody_else() -> Generator[Path]:
    """A folder that everybody may look into and nobody may write, as seen by the process meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield folder
        folder.chmod(0o700)


@contextmanager
def rights_of_nobody(folder: Path) -> Generator[None]:
    """Nothing in `folder` may be written, and files of mode 0 not be read."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)
