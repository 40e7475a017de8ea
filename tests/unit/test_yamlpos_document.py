"""What the YAML reader takes, refuses, and where it says that something lies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from station.config.faults import ConfigError, ConfigFault
from station.config.yaml_compose import YamlDocument, dotted, read_yaml
from station.config.yaml_core import ScalarError, core_scalar


def read(folder: Path, text: str | bytes) -> YamlDocument:
    path = folder / "station.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


def the_only_fault(folder: Path, text: str | bytes) -> ConfigFault:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    (fault,) = caught.value.faults
    return fault


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("True", "True"),
        ("on", "on"),
        ("yes", "yes"),
        ("no", "no"),
        ("12:30", "12:30"),
        ("12:30:00", "12:30:00"),
        ("2024-01-01", "2024-01-01"),
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("0", 0),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("null", None),
        ("~", None),
        ("", None),
        ("1.2.3", "1.2.3"),
        ("192.168.0.1", "192.168.0.1"),
    ],
)
def test_an_unquoted_scalar_means_what_the_core_schema_says(text: str, value: object) -> None:
    got = core_scalar(text)
    assert (type(got), got) == (type(value), value)


@pytest.mark.parametrize("text", ["012", "-012", "00", "08", ".nan", ".inf", "-.inf", "1e999", "9" * 5000])
def test_a_scalar_that_two_readers_would_take_differently_is_refused(text: str) -> None:
    with pytest.raises(ScalarError) as caught:
        core_scalar(text)
    assert caught.value.wrong
    assert caught.value.right


def test_quotes_make_text_of_anything(tmp_path: Path) -> None:
    assert read(tmp_path, "a: '012'\nb: \"true\"\nc: ''\n").data == {"a": "012", "b": "true", "c": ""}


def test_each_value_has_its_line(tmp_path: Path) -> None:
    document = read(tmp_path, "# first\na: 1\nb:\n  c: 2\n  d:\n    - x\n    - e: 3\nf:\n")
    places = {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "d"): 5,
        ("b", "d", 0): 6,
        ("b", "d", 1, "e"): 7,
    }
    assert {place: document.line_of(place) for place in places} == places
    assert document.line_of(("f",)) == 8
    assert document.line_of(("b", "absent")) == 3


def test_a_value_on_the_line_below_its_key_has_its_own_line(tmp_path: Path) -> None:
    assert read(tmp_path, "a:\n  text\n").line_of(("a",)) == 2


def test_duplicate_keys_are_all_named_with_the_first_ones_line(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n")
    assert [str(fault).removeprefix(document.file) for fault in sorted(document.faults)] == [
        ":2: b.c: is there twice, first in line 2, keep one of the two",
        ":3: a: is there twice, first in line 1, keep one of the two",
        ":4: a: is there twice, first in line 1, keep one of the two",
    ]
    assert document.data["a"] == 1


def test_an_anchor_may_be_used_twice(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


def test_a_merged_mapping_gives_way_to_the_own_keys_and_the_nearer_base_wins(tmp_path: Path) -> None:
    text = "o: &o {z: 9, y: 9}\nb: &b {<<: *o, x: 1, y: 1}\nc: &c {x: 2, w: 2}\nd:\n  <<: [*b, *c]\n  w: 3\n"
    document = read(tmp_path, text)
    assert document.data["d"] == {"w": 3, "x": 1, "y": 1, "z": 9}
    assert document.line_of(("d", "x")) == 2
    assert not document.faults


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: &x {b: *x}", "&x a: &y\n  b: *y", "&r {a: *r}"])
def test_an_anchor_that_holds_itself_is_refused(tmp_path: Path, text: str) -> None:
    document = read(tmp_path, text)
    assert [fault.wrong for fault in document.faults] == ["an anchor holds itself"]


@pytest.mark.parametrize("text", ["a: &x {<<: *x, b: 1}", "a: {<<: 3}", "a: {<<: [1]}", "a: &x {b: {<<: *x}}"])
def test_a_merge_of_itself_or_of_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert [fault.wrong for fault in read(tmp_path, text).faults] == ["can merge other mappings only"]


def test_aliases_of_aliases_cannot_eat_the_memory(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "stands for more than" in the_only_fault(tmp_path, "\n".join(lines)).wrong


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "a: !!int '3'", "a: !mine {b: 1}"])
def test_tags_are_refused(tmp_path: Path, text: str) -> None:
    (fault,) = read(tmp_path, text).faults
    assert fault.key == "a"
    assert "tag" in fault.wrong


@pytest.mark.parametrize("text", ["? [1, 2]\n: x\n", "? {a: 1}\n: x\n", "'': x\n"])
def test_a_key_that_is_no_word_is_refused(tmp_path: Path, text: str) -> None:
    assert [fault.wrong for fault in read(tmp_path, text).faults] == ["a key must be a word"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        ("- a\n- b\n", 1, "holds no mapping"),
        ("\nhello\n", 2, "holds no mapping"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "is not valid YAML here"),
        ("a: 1\n\tb: 2\n", 2, "is not valid YAML here"),
        ("a: b: c\n", 1, "is not valid YAML here"),
        ("a: 'open\nb: 2\n", 2, "is not valid YAML here"),
        ("a: *nowhere\n", 1, "is not valid YAML here"),
        ("a: 1\n---\nb: 2\n", 2, "is not valid YAML here"),
        (b"a: 1\nb: caf\xe9\n", 2, "is not UTF-8"),
        ("a: 1\nb: \x07\n", 2, "holds a control character"),
        ("a: " + "[" * 300_000, 1, "is nested more than 64 deep"),
        ("a: 1\n" * 300_000, 1, "is larger than"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault_with_its_line(
    tmp_path: Path, text: str | bytes, line: int, words: str
) -> None:
    fault = the_only_fault(tmp_path, text)
    assert (fault.line, fault.key) == (line, "(file)")
    assert words in fault.wrong
    assert fault.right


def test_a_byte_order_mark_and_windows_line_ends_are_harmless(tmp_path: Path) -> None:
    document = read(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert document.data == {"a": 1, "b": 2}
    assert document.line_of(("b",)) == 2


def test_a_missing_file_and_a_directory_are_one_fault_each(tmp_path: Path) -> None:
    for path, words in [(tmp_path / "none.yaml", "does not exist"), (tmp_path, "is a directory")]:
        with pytest.raises(ConfigError, match=words) as caught:
            read_yaml(path)
        assert len(caught.value.faults) == 1
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path / "no\0name")


def test_a_path_is_written_as_the_file_nests() -> None:
    assert dotted(("cameras", 0, "serial")) == "cameras[0].serial"
    assert dotted(()) == "(file)"


def is_quoted_or_plainly_text(text: str) -> bool:
    """PyYAML writes 0E0 without quotes: text in YAML 1.1, a number in the core schema."""
    if yaml.safe_dump(text)[0] in "'\"":
        return True
    try:
        return core_scalar(text) == text
    except ScalarError:
        return False


texts = st.text(max_size=12).filter(is_quoted_or_plainly_text)
keys = st.text(min_size=1, max_size=6).filter(is_quoted_or_plainly_text)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(data=st.dictionaries(keys, plain_values, min_size=1, max_size=5))
def test_what_was_dumped_with_quotes_comes_back(tmp_path_factory: pytest.TempPathFactory, data: object) -> None:
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_text(yaml.safe_dump(data, default_style=None), encoding="utf-8")
    document = read_yaml(path)
    assert document.data == data
    assert not document.faults


@given(text=st.text(max_size=60))
def test_no_text_ends_in_anything_but_values_or_faults(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_bytes(text.encode())
    try:
        faults = read_yaml(path).faults
    except ConfigError as error:
        faults = error.faults
    line_ends = len(re.findall("[\n\r\x85\u2028\u2029]", text))
    assert all(fault.line <= line_ends + 1 for fault in faults)
