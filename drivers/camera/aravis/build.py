"""Builds arvtl.cti, the GenTL producer over the system's libaravis, next to its sources.

`python -m drivers.camera.aravis.build` builds only when the library is not of these sources. It is optional: a station
with a vendor's producer needs none of this. The linker is given libaravis by its run-time name, so no development
package is needed, and it checks every name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from drivers.camera.gentl import compile as gentl
from drivers.camera.gentl.compile import BuildError as BuildError

FOLDER = Path(__file__).parent
PRODUCER = FOLDER / "arvtl.cti"
LIBRARIES = ("libaravis-0.8.so.0", "libgobject-2.0.so.0", "libglib-2.0.so.0")
FLAGS = (*gentl.FLAGS, "-Wl,--no-undefined")  # a name that libaravis has not is said here, not at the first call


def _recipe() -> gentl.Recipe:
    missing = {
        f":{library}": (
            f"the GigE Vision producer needs {library}, which is not installed: install libaravis 0.8.26 or newer, "
            "e.g. the package libaravis-0.8-0"
        )
        for library in LIBRARIES
    }
    link = tuple(f"-l:{library}" for library in LIBRARIES)
    return gentl.Recipe("arvtl", "the GigE Vision producer", FOLDER, FLAGS, link, advice=missing)


def sources_mark() -> bytes:
    """What a library of the present sources and flags carries in its read-only data."""
    return gentl.sources_mark(_recipe())


def is_current(producer: Path = PRODUCER) -> bool:
    """The library is there and was built from the present sources."""
    return gentl.is_current(_recipe(), producer)


def build(producer: Path = PRODUCER, extra_flags: tuple[str, ...] = ()) -> Path:
    """Compile and link. BuildError without a compiler or libaravis, in a read-only folder, or with the first error."""
    return gentl.compile_producer(_recipe(), producer, extra_flags)


def aravis_producer() -> Path:
    """The library's path; builds it first when that is needed."""
    return PRODUCER if is_current() else build()


if __name__ == "__main__":
    sys.exit(gentl.report(aravis_producer))
