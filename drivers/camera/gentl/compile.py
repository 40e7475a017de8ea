"""Compiles a GenTL producer: its own sources and the shared ones of this folder, into one library.

In a temporary folder and with a rename at the end, so that two processes may do it at once and a running station never
sees half a library. A library carries the digest of what it was made of, because the times of installed files say
nothing. Knows no producer: each one's `build.py` says what it is made of.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

GENTL_FOLDER = Path(__file__).parent
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
    "-Wl,-z,nodelete",  # harvesters unloads a producer on update(): thread-locals, conditions and GObject's types stay
)
BUILD_LIMIT_S = 120.0


class BuildError(Exception):
    """A producer cannot be built; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one producer is made of, besides the shared sources."""

    name: str  # of the library, without its suffix
    called: str  # in sentences
    folder: Path
    flags: tuple[str, ...]
    link: tuple[str, ...]  # after the sources
    generated: Mapping[str, str] = field(default_factory=dict[str, str])  # file name: text
    advice: Mapping[str, str] = field(default_factory=dict[str, str])  # words of the compiler's: the sentence instead

    def sources(self, *suffixes: str) -> list[Path]:
        """Files of the producer's folder and of the shared one, by name."""
        files = [*self.folder.iterdir(), *GENTL_FOLDER.iterdir()]
        return sorted((path for path in files if path.suffix in suffixes), key=lambda path: path.name)


def sources_mark(recipe: Recipe) -> bytes:
    """What a library of the present sources, generated files and flags carries in its read-only data."""
    digest = hashlib.sha256()
    for source in recipe.sources(".c", ".h"):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    digest.update("".join(recipe.generated.values()).encode() + repr((recipe.flags, recipe.link)).encode())
    return f"{recipe.name} sources {digest.hexdigest()}".encode()


def is_current(recipe: Recipe, producer: Path) -> bool:
    """The library is there and was built from the present sources."""
    return producer.exists() and sources_mark(recipe) in producer.read_bytes()


def compile_producer(recipe: Recipe, producer: Path, extra_flags: tuple[str, ...]) -> Path:
    """Compile and link. BuildError without a compiler, in a read-only folder, or with the first error."""
    compiler = os.environ.get("CC") or next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
    if compiler is None or shutil.which(compiler) is None:
        raise BuildError(
            f"{recipe.called} needs a C compiler and none was found (cc, gcc, clang, or CC): "
            "install one, e.g. the package build-essential"
        )
    try:
        folder = tempfile.mkdtemp(prefix=f".{recipe.name}-", dir=producer.parent)
    except OSError as error:
        raise BuildError(f"{producer.parent} cannot be written ({error.strerror}): build where it can") from error
    try:
        return _compile(recipe, compiler, Path(folder), producer, extra_flags)
    finally:
        shutil.rmtree(folder)


def _compile(recipe: Recipe, compiler: str, folder: Path, producer: Path, extra_flags: tuple[str, ...]) -> Path:
    mark = f'const char gentl_sources[] __attribute__((used)) = "{sources_mark(recipe).decode()}";\n'
    for name, text in {**recipe.generated, "sources_mark.c": mark}.items():
        (folder / name).write_text(text)
    fresh = folder / producer.name
    command = [compiler, *recipe.flags, *extra_flags, f"-I{folder}", f"-I{recipe.folder}", f"-I{GENTL_FOLDER}"]
    command += ["-o", str(fresh), *map(str, [*recipe.sources(".c"), *sorted(folder.glob("*.c"))]), *recipe.link]
    try:
        done = subprocess.run(  # noqa: S603 - the compiler and our own sources
            command, capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{compiler} did not finish {recipe.called} in {BUILD_LIMIT_S:.0f} s") from error
    if done.returncode != 0:
        raise BuildError(_why_not(recipe, compiler, done.stderr))
    fresh.replace(producer)
    return producer


def _why_not(recipe: Recipe, compiler: str, said: str) -> str:
    known = [sentence for words, sentence in recipe.advice.items() if words in said]
    if known:
        return known[0]
    lines = said.splitlines()
    errors = [line for line in lines if "error" in line or "undefined" in line] or lines
    return f"{compiler} could not build {recipe.called}: {errors[0] if errors else 'no message'}"


def report(make: Callable[[], Path]) -> int:
    """What a `build.py` does as a program: 0 and the library's path, or 1 with one sentence on standard error."""
    try:
        path = make()
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0
