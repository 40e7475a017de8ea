"""`station users`: what it prints, what it writes, and how it says no."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from station.access.passwords import Cost, fits, hash_password
from station.access.roles import Role
from station.access.users import User
from station.access.users_file import FILE, UsersFile
from station.cli.arguments import run_command
from station.cli.exits import BAD_INPUT, CANNOT_START, OK
from tests.conftest import REPO


@pytest.fixture
def config(tmp_path: Path) -> Path:
    text = (REPO / "deploy" / "demo.yaml").read_text()
    path = tmp_path / "deploy" / "station.yaml"
    path.parent.mkdir()
    path.write_text(text.replace("bundle: ", "bundle: no/such/"))  # users must be changeable even then
    return path


def users(monkeypatch: pytest.MonkeyPatch, command: str, config: Path, *more: str, password: str | None = None) -> int:
    if password is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        more = (*more, "--password-stdin")
    return run_command(["users", command, str(config), *more])


def with_tom(config: Path) -> Path:
    file = UsersFile(config.parent.parent / "var" / "demo" / FILE)
    tom = User("tom", Role.VIEWER, "en", hash_password("long enough", Cost(passes=1, memory_kib=8)))
    file.change(lambda users: {"tom": tom})
    return file.path


def test_a_user_is_added_changed_and_removed(
    monkeypatch: pytest.MonkeyPatch, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert users(monkeypatch, "list", config) == OK
    assert "no users; add one" in capsys.readouterr().out
    assert users(monkeypatch, "add", config, "eva", "--role", "engineer", password="long enough") == OK
    assert users(monkeypatch, "add", config, "tom", "--role=viewer", "--language=de", password="long enough") == OK
    assert users(monkeypatch, "set", config, "tom", "--role", "technician") == OK
    assert users(monkeypatch, "password", config, "tom", password="another one") == OK
    capsys.readouterr()
    assert users(monkeypatch, "list", config) == OK
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["eva", "engineer", "en"], ["tom", "technician", "de"]]
    (file,) = config.parent.parent.rglob(FILE)
    tom = UsersFile(file).read()["tom"]
    assert (tom.role, tom.language, fits("another one", tom.password_hash)) == (Role.TECHNICIAN, "de", True)
    assert users(monkeypatch, "remove", config, "eva") == OK
    assert "no engineer is left" in capsys.readouterr().err
    assert list(UsersFile(file).read()) == ["tom"]


@pytest.mark.parametrize(
    ("command", "more", "password", "words"),
    [
        ("add", ("Eva", "--role", "viewer"), "long enough", "is no user name"),
        ("add", ("eva", "--role", "viewer"), "short", "8 to 256 characters, found 5"),
        ("add", ("tom", "--role", "viewer"), "long enough", "user tom is there already"),
        ("password", ("eva",), "long enough", "there is no user 'eva'; there are: tom"),
        ("remove", ("eva",), None, "there is no user 'eva'; there are: tom"),
        ("set", ("tom",), None, "--role or --language"),
        ("set", ("tom", "--language", "fr"), None, "expected a language of en, de, found 'fr'"),
        ("add", ("eva", "--role", "viewer"), None, "--password-stdin"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    config: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    more: tuple[str, ...],
    password: str | None,
    words: str,
) -> None:
    file = with_tom(config)
    before = file.read_bytes()
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert users(monkeypatch, command, config, *more, password=password) in (BAD_INPUT, CANNOT_START)
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert file.read_bytes() == before


def test_a_broken_file_or_configuration_is_said_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = with_tom(config)
    file.write_text("{")
    assert users(monkeypatch, "remove", config, "tom") == CANNOT_START
    assert str(file) in capsys.readouterr().err
    assert file.read_text() == "{"
    config.write_text("name: [")
    assert users(monkeypatch, "list", config) == BAD_INPUT
    assert users(monkeypatch, "list", config.parent / "no.yaml") == BAD_INPUT
