"""Builds simcam.cti, the simulated GenTL producer, next to its sources.

`python -m drivers.camera.producer.build` builds only when the library is not of these sources (it carries their digest:
the times of installed files say nothing), in a temporary folder and with a rename at the end, so that two processes may
do it at once and a running station never sees half a library.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from drivers.camera.producer import describe

FOLDER = Path(__file__).parent
PRODUCER = FOLDER / "simcam.cti"
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
    "-Wl,-z,nodelete",  # harvesters unloads a producer on update(); our thread-locals and conditions stay
)
BUILD_LIMIT_S = 120.0


class BuildError(Exception):
    """The producer cannot be built; the message is one sentence."""


def sources_mark() -> bytes:
    """What a library of the present sources, description and flags carries in its read-only data."""
    digest = hashlib.sha256()
    for source in sorted((*FOLDER.glob("*.c"), *FOLDER.glob("*.h"))):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    digest.update(describe.registers_header().encode() + describe.xml_source().encode() + repr(FLAGS).encode())
    return b"simcam sources " + digest.hexdigest().encode()


def is_current(producer: Path = PRODUCER) -> bool:
    """The library is there and was built from the present sources."""
    return producer.exists() and sources_mark() in producer.read_bytes()


def build(producer: Path = PRODUCER, extra_flags: tuple[str, ...] = ()) -> Path:
    """Compile and link. BuildError without a compiler, in a read-only folder, or with the first error."""
    compiler = os.environ.get("CC") or next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
    if compiler is None or shutil.which(compiler) is None:
        raise BuildError(
            "the simulated camera needs a C compiler and none was found (cc, gcc, clang, or CC): "
            "install one, e.g. the package build-essential"
        )
    try:
        folder = tempfile.mkdtemp(prefix=".simcam-", dir=producer.parent)
    except OSError as error:
        raise BuildError(f"{producer.parent} cannot be written ({error.strerror}): build where it can") from error
    try:
        return _compile(compiler, Path(folder), producer, extra_flags)
    finally:
        shutil.rmtree(folder)


def _compile(compiler: str, folder: Path, producer: Path, extra_flags: tuple[str, ...]) -> Path:
    (folder / "registers.h").write_text(describe.registers_header())
    mark = f'const char simcam_sources[] __attribute__((used)) = "{sources_mark().decode()}";\n'
    (folder / "registers.c").write_text(describe.xml_source() + mark)
    fresh = folder / producer.name
    sources = sorted(str(source) for source in FOLDER.glob("*.c"))
    command = [compiler, *FLAGS, *extra_flags, f"-I{folder}", f"-I{FOLDER}", "-o", str(fresh)]
    command += [*sources, str(folder / "registers.c"), "-lm"]
    try:
        done = subprocess.run(  # noqa: S603 - the compiler and our own sources
            command, capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{compiler} did not finish the simulated camera in {BUILD_LIMIT_S:.0f} s") from error
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
        raise BuildError(f"{compiler} could not build the simulated camera: {errors[0] if errors else 'no message'}")
    fresh.replace(producer)
    return producer


def built_producer() -> Path:
    """The library's path; builds it first when that is needed."""
    return PRODUCER if is_current() else build()


def main() -> int:
    """Build when needed; 0, or 1 with one sentence on standard error."""
    try:
        path = built_producer()
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
