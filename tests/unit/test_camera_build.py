"""Building the producers: when, and what is said when it cannot be done; the simulated one's registers agree."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from drivers.camera.aravis import build as aravis
from drivers.camera.gentl.compile import BuildError
from drivers.camera.producer import build as simulated
from drivers.camera.producer import describe
from drivers.camera.producer.describe_xml import device_xml
from drivers.camera.producer.feature_table import AREA_FEATURES, LINE_FEATURES, Feature

NAMESPACE = "{http://www.genicam.org/GenApi/Version_1_1}"
CALLED = {simulated: "the simulated camera", aravis: "the GigE Vision producer"}
each_producer = pytest.mark.parametrize("build", [simulated, aravis], ids=["simulated", "aravis"])


@each_producer
def test_without_a_compiler_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, build: ModuleType
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=f"{CALLED[build]} needs a C compiler and none was found"):
        build.build(tmp_path / build.PRODUCER.name)
    assert list(tmp_path.iterdir()) == []


@each_producer
def test_a_failing_compiler_gives_its_first_error_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, build: ModuleType
) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'x.c:1: error: too bad' >&2\nexit 1\n")
    compiler.chmod(0o755)
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.setenv("CC", str(compiler))
    with pytest.raises(BuildError, match=rf"could not build {CALLED[build]}: x\.c:1: error: too bad"):
        build.build(folder / build.PRODUCER.name)
    assert list(folder.iterdir()) == []


@each_producer
def test_it_is_current_only_when_it_carries_the_mark_of_its_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, build: ModuleType
) -> None:
    library = tmp_path / build.PRODUCER.name
    assert not build.is_current(library)
    library.write_bytes(b"\x7fELF simcam sources of another day")
    assert not build.is_current(library)
    library.write_bytes(b"\x7fELF" + build.sources_mark() + b"\0")
    assert build.is_current(library)
    monkeypatch.setattr(build, "FLAGS", (*build.FLAGS, "-O3"))
    assert not build.is_current(library)


def test_registers_do_not_overlap_and_the_c_names_are_unique() -> None:
    spans = [
        (address, address + (describe.TEXT_BYTES if feature.kind == "text" else 8 * feature.registers))
        for feature, address in describe.addressed()
    ]
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))
    names = re.findall(r"^    (\w+) = ", describe.registers_header(), re.MULTILINE)
    assert len(names) == len(set(names))


def test_a_feature_of_both_cameras_has_as_many_registers_in_each() -> None:
    of_line = {feature.name: feature.registers for feature in LINE_FEATURES}
    for feature in AREA_FEATURES:
        assert of_line.get(feature.name, feature.registers) == feature.registers, feature.name


@pytest.mark.parametrize(("area", "features"), [(False, LINE_FEATURES), (True, AREA_FEATURES)], ids=["line", "area"])
def test_every_register_in_a_description_is_one_in_the_header(area: bool, features: tuple[Feature, ...]) -> None:
    places = {feature.name: address for feature, address in describe.addressed()}
    root = ET.fromstring(device_xml(places, area=area))
    header = describe.registers_header()
    elsewhere = {feature.name for feature in features if feature.kind in ("chunk", "event", "local")}
    found = 0
    for tag in ("IntReg", "FloatReg", "StringReg"):
        for node in root.iter(f"{NAMESPACE}{tag}"):
            name = node.attrib["Name"].removesuffix("Reg")
            if name in elsewhere:
                continue
            address = node.findtext(f"{NAMESPACE}Address")
            assert f"    REG_{describe.c_name(name)} = {address}," in header
            found += 1
    assert found == len(features) - len(elsewhere)


@pytest.mark.parametrize("area", [False, True], ids=["line", "area"])
def test_every_name_that_a_description_refers_to_is_a_node_of_it(area: bool) -> None:
    places = {feature.name: address for feature, address in describe.addressed()}
    root = ET.fromstring(device_xml(places, area=area))
    names = [
        node.attrib["Name"]
        for node in root.iter()
        if "Name" in node.attrib and not node.tag.endswith(("EnumEntry", "pVariable"))
    ]
    assert len(names) == len(set(names))
    pointing = ("pValue", "pIsLocked", "pIsAvailable", "pSelected", "pIndex", "pFeature", "pPort", "pVariable")
    for kind in pointing:
        for node in root.iter(f"{NAMESPACE}{kind}"):
            assert node.text in names, (kind, node.text)
