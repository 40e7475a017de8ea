"""Builds arvtl.cti, the GenTL producer over the system's libaravis, next to its sources.

`python -m drivers.camera.aravis.build` builds only when a source is newer, in a temporary folder and with a rename at
the end, so that two processes may do it at once. It is optional: a station with a vendor's producer needs none of this.
The linker is given libaravis by its run-time name, so no development package is needed, and it checks every name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
GENTL_FOLDER = FOLDER.parent / "producer"
PRODUCER = FOLDER / "arvtl.cti"
LIBRARIES = ("libaravis-0.8.so.0", "libgobject-2.0.so.0", "libglib-2.0.so.0")
FLAGS = (
    "-std=gnu11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fPIC",
    "-shared",
    "-pthread",
    "-fvisibility=hidden",
    "-Wl,--no-undefined",  # a name that libaravis has not is said here, not at the first call
    "-Wl,-z,nodelete",  # harvesters unloads a producer on update(), and GObject's types cannot register twice
)
BUILD_LIMIT_S = 120.0


class BuildError(Exception):
    """The producer cannot be built; the message is one sentence."""


def is_current(producer: Path = PRODUCER) -> bool:
    """The library is there and no source is newer."""
    sources = [*FOLDER.glob("*.c"), *FOLDER.glob("*.h"), GENTL_FOLDER / "gentl.h", Path(__file__)]
    return producer.exists() and producer.stat().st_mtime >= max(p.stat().st_mtime for p in sources)


def build(producer: Path = PRODUCER, extra_flags: tuple[str, ...] = ()) -> Path:
    """Compile and link. BuildError without a compiler or libaravis, in a read-only folder, or with the first error."""
    compiler = os.environ.get("CC") or next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
    if compiler is None or shutil.which(compiler) is None:
        raise BuildError(
            "the GigE Vision producer needs a C compiler and none was found (cc, gcc, clang, or CC): "
            "install one, e.g. the package build-essential"
        )
    try:
        folder = tempfile.mkdtemp(prefix=".arvtl-", dir=producer.parent)
    except OSError as error:
        raise BuildError(f"{producer.parent} cannot be written ({error.strerror}): build where it can") from error
    try:
        return _compile(compiler, Path(folder), producer, extra_flags)
    finally:
        shutil.rmtree(folder)


def _compile(compiler: str, folder: Path, producer: Path, extra_flags: tuple[str, ...]) -> Path:
    fresh = folder / producer.name
    sources = sorted(str(source) for source in FOLDER.glob("*.c"))
    command = [compiler, *FLAGS, *extra_flags, f"-I{FOLDER}", f"-I{GENTL_FOLDER}", "-o", str(fresh), *sources]
    command += [f"-l:{library}" for library in LIBRARIES]
    try:
        done = subprocess.run(  # noqa: S603 - the compiler and our own sources
            command, capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{compiler} did not finish the GigE Vision producer in {BUILD_LIMIT_S:.0f} s") from error
    if done.returncode != 0:
        raise BuildError(_why_not(compiler, done.stderr))
    fresh.replace(producer)
    return producer


def _why_not(compiler: str, said: str) -> str:
    missing = [library for library in LIBRARIES if f":{library}" in said]
    if missing:
        return (
            f"the GigE Vision producer needs {missing[0]}, which is not installed: install libaravis 0.8.26 or newer, "
            "e.g. the package libaravis-0.8-0"
        )
    lines = said.splitlines()
    errors = [line for line in lines if "error" in line or "undefined" in line] or lines
    return f"{compiler} could not build the GigE Vision producer: {errors[0] if errors else 'no message'}"


def aravis_producer() -> Path:
    """The library's path; builds it first when that is needed."""
    return PRODUCER if is_current() else build()


def main() -> int:
    """Build when needed; 0, or 1 with one sentence on standard error."""
    try:
        path = aravis_producer()
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
