"""Building the simulated producer: when, and what it says when it cannot."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from drivers.camera.producer import build, describe

NAMESPACE = "{http://www.genicam.org/GenApi/Version_1_1}"


def test_without_a_compiler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.BuildError, match="needs a C compiler and none was found"):
        build.build(tmp_path / "simcam.cti")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_compiler_gives_its_first_error_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'x.c:1: error: too bad' >&2\nexit 1\n")
    compiler.chmod(0o755)
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.setenv("CC", str(compiler))
    with pytest.raises(build.BuildError, match=r"x\.c:1: error: too bad"):
        build.build(folder / "simcam.cti")
    assert list(folder.iterdir()) == []


def test_it_is_current_only_while_no_source_is_newer(tmp_path: Path) -> None:
    library = tmp_path / "simcam.cti"
    assert not build.is_current(library)
    library.touch()
    assert build.is_current(library)
    os.utime(library, (0, 0))
    assert not build.is_current(library)


def test_registers_do_not_overlap_and_the_c_names_are_unique() -> None:
    addresses = [address for _, address in describe.addressed()]
    assert addresses == sorted(set(addresses))
    names = re.findall(r"^    (\w+) = ", describe.registers_header(), re.MULTILINE)
    assert len(names) == len(set(names))


def test_every_register_in_the_description_is_one_in_the_header() -> None:
    root = ET.fromstring(describe.device_xml())
    header = describe.registers_header()
    chunks = {chunk.name for chunk in describe.CHUNKS}
    found = 0
    for tag in ("IntReg", "FloatReg", "StringReg"):
        for node in root.iter(f"{NAMESPACE}{tag}"):
            name = node.attrib["Name"].removesuffix("Reg")
            if name in chunks:
                continue
            address = node.findtext(f"{NAMESPACE}Address")
            assert address is not None
            assert f"    REG_{describe.c_name(name)} = {address.replace('0x', '0x')}," in header
            found += 1
    assert found == len(describe.FEATURES) - len(chunks)
