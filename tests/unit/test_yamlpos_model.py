"""A configuration file against a model: every fault at once, with line, key and what would be right."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from station.config.faults import ConfigError, ConfigFault
from station.config.yaml_positions import load_yaml_document, load_yaml_model


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Server(Section):
    role: Literal["server"]
    port: int = Field(ge=1, le=65535, description="TCP port to listen on.")


class Client(Section):
    role: Literal["client"]
    address: str
    server: bool = False


Plc = Annotated[Server | Client, Field(discriminator="role")]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Camera(Section):
    exposure_us: float | None = Field(None, gt=0, le=1e6)
    serial: str = Field("x", min_length=1, pattern="^[a-z0-9]+$")
    roi_px: tuple[int, int] = (1, 1)
    features: dict[str, bool | int | float | str] = {}


class Station(Section):
    camera: Camera
    plc: Plc | None = None
    more: list[Plc] = []
    colour: Colour = Colour.RED
    folder: Path = Path()
    level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"
    dry: bool = False
    address: str = ""

    @model_validator(mode="after")
    def _dry_needs_a_folder(self) -> Station:
        if self.dry and self.folder == Path():
            raise ValueError("dry is true but folder is not given")
        return self


def faults_of(folder: Path, text: str) -> list[str]:
    path = folder / "station.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_yaml_model(path, Station)
    assert str(caught.value) == "\n".join(str(fault) for fault in caught.value.faults)
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


def test_a_right_file_becomes_the_model(tmp_path: Path) -> None:
    path = tmp_path / "station.yaml"
    path.write_text(
        "camera:\n  exposure_us: 40\n  roi_px: [5472, 3648]\n  features: {Gain: 1.5, On: on, N: 3, B: true}\n"
        "plc: {role: client, address: 10.0.0.1}\ncolour: blue\nfolder: var\n"
    )
    station = load_yaml_model(path, Station)
    assert station.camera.features == {"Gain": 1.5, "On": "on", "N": 3, "B": True}
    assert station.camera.roi_px == (5472, 3648)
    assert (station.colour, station.folder) == (Colour.BLUE, Path("var"))
    assert isinstance(station.plc, Client)


def test_every_fault_is_found_at_once_and_at_its_line(tmp_path: Path) -> None:
    text = """\
camera:
  exposure_uss: 40
  serial: 12
  roi_px: [1, 2.5]
  features: {Gain: [1]}
plc:
  role: server
  port: 70000
level: INFOO
colour: green
dry: on
folder: 012
folder: x
"""
    assert faults_of(tmp_path, text) == [
        "station.yaml:2: camera.exposure_uss: unknown key, did you mean 'exposure_us'?",
        "station.yaml:3: camera.serial: 12 is not text, write it in quotes: '12'",
        "station.yaml:4: camera.roi_px[1]: 2.5 is not a whole number, write a whole number",
        "station.yaml:5: camera.features.Gain: a list is not allowed, "
        "write true or false or a whole number or a number or text",
        "station.yaml:8: plc.port: 70000 is not allowed, at most 65535",
        "station.yaml:9: level: 'INFOO' is not allowed, write 'DEBUG', 'INFO' or 'WARNING' (did you mean 'INFO'?)",
        "station.yaml:10: colour: 'green' is not allowed, write 'red' or 'blue'",
        "station.yaml:11: dry: 'on' is not true or false, write true or false",
        "station.yaml:12: folder: 012 is ambiguous (some readers take a leading 0 as octal), "
        "write 12 for the number or '012' in quotes for text",
        "station.yaml:13: folder: is there twice, first in line 12, keep one of the two",
    ]


def test_a_missing_key_is_told_at_the_mapping_that_lacks_it_with_its_meaning(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "\nplc:\n  role: server\n") == [
        "station.yaml:2: camera: is missing, add 'camera: …'",
        "station.yaml:2: plc.port: is missing, add 'port: …' (TCP port to listen on)",
    ]


def test_a_misspelled_required_key_is_one_fault_and_not_two(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "camera: {}\nplc: {role: server, prot: 502}\n") == [
        "station.yaml:2: plc.prot: unknown key, did you mean 'port'?"
    ]


def test_a_misspelled_key_beside_the_right_one_hides_no_fault_of_that_one(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "camera: {}\nplc:\n  role: server\n  prot: 1\n  port: 0\n") == [
        "station.yaml:4: plc.prot: unknown key, did you mean 'port'?",
        "station.yaml:5: plc.port: 0 is not allowed, at least 1",
    ]


def test_an_unknown_key_far_from_all_others_lists_the_known_ones_of_its_level(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "camera:\n  zzz: 1\n")
    assert fault.endswith("unknown key, known here: exposure_us, serial, roi_px, features")


def test_paths_in_unions_and_lists_leave_the_tag_out(tmp_path: Path) -> None:
    text = """\
camera: {}
more:
  - role: server
    port: 1
  - role: client
    adress: x
    server: 3
  - role: sever
  - port: 5
  - 7
"""
    assert faults_of(tmp_path, text) == [
        "station.yaml:6: more[1].adress: unknown key, did you mean 'address'?",
        "station.yaml:7: more[1].server: 3 is not true or false, write true or false",
        "station.yaml:8: more[2].role: 'sever' is not allowed, write one of 'server', 'client'",
        "station.yaml:9: more[3].role: is missing, it says which kind this is",
        "station.yaml:10: more[4]: 7 is not a mapping, write a mapping (indented lines of 'key: value')",
    ]


def test_a_tag_that_is_also_a_key_does_not_lead_astray(tmp_path: Path) -> None:
    text = "camera: {}\nplc:\n  role: client\n  address: 3\n  client: 1\n"
    assert faults_of(tmp_path, text) == [
        "station.yaml:4: plc.address: 3 is not text, write it in quotes: '3'",
        "station.yaml:5: plc.client: unknown key, known here: role, address, server",
    ]


def test_the_same_key_and_value_at_two_levels_are_told_apart(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "camera: {}\naddress: 3\nplc:\n  role: client\n  address: 3\n") == [
        "station.yaml:2: address: 3 is not text, write it in quotes: '3'",
        "station.yaml:5: plc.address: 3 is not text, write it in quotes: '3'",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("exposure_us: '40'", "'40' is not a number, write it without quotes"),
        ("exposure_us: soon", "'soon' is not a number, write a number"),
        ("exposure_us: true", "true is not a number, write a number"),
        ("exposure_us: 0", "0 is not allowed, more than 0.0"),
        ("exposure_us: 1e7", "10000000.0 is not allowed, at most 1000000.0"),
        ("exposure_us: [1]", "a list is not a number, write a number"),
        ("serial:", "nothing (an empty value) is not text, write text"),
        ("serial: ''", "'' has 0 characters, at least 1"),
        ("serial: A", "'A' is not allowed, it must match ^[a-z0-9]+$"),
        ("roi_px: [1]", "is missing, the list needs more entries"),
        ("roi_px: [1, 2, 3]", "a list has 3 entries, at most 2"),
        ("roi_px: 3", "3 is not a list, write a list (lines that begin with '- ')"),
        ("features: 3", "3 is not a mapping, write a mapping (indented lines of 'key: value')"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(tmp_path: Path, line: str, told: str) -> None:
    (fault,) = faults_of(tmp_path, f"camera:\n  {line}\n")
    assert fault.startswith("station.yaml:2: camera.")
    assert fault.split(": ", 2)[2] == told


def test_a_check_of_the_model_itself_is_told_in_its_own_words(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "dry: true\ncamera: {}\n") == [
        "station.yaml:1: (file): dry is true but folder is not given"
    ]


def test_a_check_across_keys_gets_its_line_from_the_document(tmp_path: Path) -> None:
    path = tmp_path / "station.yaml"
    path.write_text("camera: {}\nplc:\n  role: server\n  port: 502\n")
    _, document = load_yaml_document(path, Station)
    fault = document.fault(("plc", "port"), "502 is taken by the metrics", "give each its own port")
    assert str(fault) == f"{path}:4: plc.port: 502 is taken by the metrics, give each its own port"
    assert document.fault(("plc",), "x", at_key=True).line == 2


def test_text_faults_and_model_faults_come_together_even_where_the_values_are_right(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "camera: {}\ncamera: {}\n") == [
        "station.yaml:2: camera: is there twice, first in line 1, keep one of the two"
    ]


def test_an_error_without_faults_and_a_line_zero_are_our_own_mistakes() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ConfigError([])
    with pytest.raises(ValueError, match="starts at 1"):
        ConfigFault("f", 0, "k", "w", "r")
