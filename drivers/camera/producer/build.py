"""Builds simcam.cti, the simulated GenTL producer, next to its sources.

`python -m drivers.camera.producer.build` builds only when the library is not of these sources.
"""

from __future__ import annotations

import sys
from pathlib import Path

from drivers.camera.gentl import compile as gentl
from drivers.camera.gentl.compile import FLAGS
from drivers.camera.gentl.compile import BuildError as BuildError
from drivers.camera.producer import describe

FOLDER = Path(__file__).parent
PRODUCER = FOLDER / "simcam.cti"


def _recipe() -> gentl.Recipe:
    generated = {"registers.h": describe.registers_header(), "registers.c": describe.xml_source()}
    return gentl.Recipe("simcam", "the simulated camera", FOLDER, FLAGS, ("-lm",), generated)


def sources_mark() -> bytes:
    """What a library of the present sources, description and flags carries in its read-only data."""
    return gentl.sources_mark(_recipe())


def is_current(producer: Path = PRODUCER) -> bool:
    """The library is there and was built from the present sources."""
    return gentl.is_current(_recipe(), producer)


def build(producer: Path = PRODUCER, extra_flags: tuple[str, ...] = ()) -> Path:
    """Compile and link. BuildError without a compiler, in a read-only folder, or with the first error."""
    return gentl.compile_producer(_recipe(), producer, extra_flags)


def built_producer() -> Path:
    """The library's path; builds it first when that is needed."""
    return PRODUCER if is_current() else build()


if __name__ == "__main__":
    sys.exit(gentl.report(built_producer))
