"""Building the producer over libaravis: what it says without it, and its declarations of a library not its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drivers.camera.aravis import build

LIMIT_S = 50.0
DECLARATIONS = build.FOLDER / "libaravis.h"


def test_without_libaravis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("LOUD SKIP: no C compiler: the linker's words about a missing libaravis are NOT tested")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(build, "LIBRARIES", ("libaravis-9.9.so.0",))
    with pytest.raises(build.BuildError, match=r"needs libaravis-9\.9\.so\.0, which is not installed"):
        build.build(tmp_path / "arvtl.cti")
    assert list(tmp_path.iterdir()) == []


def test_our_declarations_are_those_of_the_library(tmp_path: Path) -> None:
    """Functions by the compiler, which sees both; numbers by what two programs print."""
    cflags = _cflags()
    names = sorted(set(re.findall(r"\bARV_[A-Z_0-9]+(?= *=|,)", DECLARATIONS.read_text())))
    assert len(names) > 15
    prints = "".join(f'    printf("{name} %d\\n", {name});\n' for name in names)
    said = [
        _printed(tmp_path / str(number), f"{headers}#include <stdio.h>\nint main(void)\n{{\n{prints}}}\n", cflags)
        for number, headers in enumerate(('#include <arv.h>\n#include "libaravis.h"\n', '#include "libaravis.h"\n'))
    ]
    assert said[0] == said[1]


def _cflags() -> list[str]:
    if shutil.which("pkg-config") is not None and shutil.which("cc") is not None:
        command = ["pkg-config", "--cflags", "aravis-0.8"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        if done.returncode == 0:
            return done.stdout.split()
    pytest.skip("LOUD SKIP: no libaravis-dev: our declarations are NOT compared with the library's headers")


def _printed(program: Path, source: str, cflags: list[str]) -> str:
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", *cflags, f"-I{build.FOLDER}", "-x", "c", "-"]
    subprocess.run([*command, "-o", str(program)], input=source, text=True, timeout=LIMIT_S, check=True)
    return subprocess.run([program], capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout
