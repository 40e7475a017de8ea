"""The users' file: whole or refused with one sentence, for its owner alone; passwords; the sessions' bound."""

from __future__ import annotations

import asyncio
import io
import multiprocessing
import threading
from pathlib import Path
from typing import Any

import pytest

from station.access.first_user import make_first_user
from station.access.passwords import (
    BusyError,
    Cost,
    PasswordThread,
    fits,
    generated,
    hash_password,
    is_hash,
    objection_to,
)
from station.access.roles import Role, needed_by, needs
from station.access.sessions import Sessions
from station.access.users import User, UsersError, check_name, users_of
from station.access.users_file import FILE, UsersFile

QUICK = Cost(passes=1, memory_kib=8)
GOOD = hash_password("long enough", QUICK)


def row(**changes: Any) -> str:
    import json

    return json.dumps({"name": "eva", "role": "viewer", "language": "en", "password": GOOD, **changes})


def document(*rows: str, version: int = 1) -> str:
    return f'{{"version": {version}, "users": [{", ".join(rows)}]}}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "expected an object"),
        ("{}", "'version' 1"),
        (document(version=2), "newer program"),
        ('{"version": 1, "users": {}}', "a list 'users'"),
        (document("7"), "user 1: expected an object"),
        (document(row(), row(admin=True)), "user 2: expected an object of language, name, password, role"),
        (document(row(name=7)), "user 1: expected text"),
        (document(row(name="Eva Müller")), "'Eva Müller' is no user name"),
        (document(row(role="root")), "eva: expected a role of viewer, technician, engineer, found 'root'"),
        (document(row(role="none")), "eva: expected a role"),
        (document(row(language="fr")), "eva: expected a language of en, de, found 'fr'"),
        (document(row(password="secret")), "eva: the password is no argon2id hash"),
        (document(row(password=GOOD.replace("argon2id", "argon2i"))), "no argon2id hash"),
        (document(row(), row()), "user eva is there twice"),
        (document(*(row(name=f"u{n}") for n in range(201))), "at most 200 users, found 201"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsersError) as error:
        users_of(text)
    assert words in str(error.value)
    path = tmp_path / FILE
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(UsersError) as error:
        UsersFile(path).read()
    assert str(error.value).startswith(f"{path}: ")
    assert "station users" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_written_is_read_again_and_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    file = UsersFile(tmp_path / "var" / FILE)
    assert (file.read(), file.stamp()) == ({}, None)
    eva = User("eva", Role.ENGINEER, "de", GOOD)
    file.change(lambda users: {"eva": eva})
    assert file.read() == {"eva": eva}
    assert file.path.stat().st_mode & 0o777 == 0o600
    stamp = file.stamp()
    file.change(lambda users: {**users, "tom": User("tom", Role.VIEWER, "en", GOOD)})
    assert (sorted(file.read()), file.stamp() == stamp) == (["eva", "tom"], False)
    assert sorted(path.name for path in file.path.parent.iterdir()) == [FILE, f"{FILE}.lock"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = UsersFile(tmp_path / FILE)
    file.change(lambda users: {"eva": User("eva", Role.ENGINEER, "de", GOOD)})
    file.path.chmod(0o640)
    with pytest.raises(UsersError, match="chmod 600"):
        file.read()


def test_no_half_change_is_left_where_the_disk_or_the_change_says_no(tmp_path: Path) -> None:
    file = UsersFile(tmp_path / FILE)
    file.change(lambda users: {"eva": User("eva", Role.ENGINEER, "de", GOOD)})
    before = file.path.read_bytes()

    def refuse(users: dict[str, User]) -> dict[str, User]:
        raise UsersError("no")

    with pytest.raises(UsersError):
        file.change(refuse)
    assert file.path.read_bytes() == before
    elsewhere = UsersFile(Path("/proc/nowhere") / FILE)
    with pytest.raises(UsersError, match="/proc/nowhere"):
        elsewhere.change(lambda users: users)
    with pytest.raises(UsersError, match=r"Is a directory"):
        UsersFile(_folder(tmp_path / "users")).read()


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _add(path: Path, name: str) -> None:
    UsersFile(path).change(lambda users: {**users, name: User(name, Role.VIEWER, "en", GOOD)})


def test_changes_of_several_programs_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / FILE
    programs = [multiprocessing.get_context("fork").Process(target=_add, args=(path, f"u{n}")) for n in range(8)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(20)
    assert sorted(UsersFile(path).read()) == [f"u{n}" for n in range(8)]


def test_the_first_user_is_made_once_and_the_shown_password_is_right(tmp_path: Path) -> None:
    file = UsersFile(tmp_path / FILE)
    password = file.make_first()
    assert password is not None
    (first,) = file.read().values()
    assert (first.name, first.role) == ("engineer", Role.ENGINEER)
    assert fits(password, first.password_hash)
    assert password not in file.path.read_text()
    assert file.make_first() is None
    file.change(lambda users: {})
    assert file.make_first() is None  # whoever removed everybody meant it


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_first_password_is_shown_at_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    file, journal = UsersFile(tmp_path / FILE), io.StringIO()
    assert "station users add" in str(make_first_user(file, journal))
    assert (journal.getvalue(), file.stamp()) == ("", None)
    terminal = Terminal()
    assert make_first_user(file, terminal) is None
    shown = terminal.getvalue().splitlines()[0].split()[-1]
    assert fits(shown, file.read()["engineer"].password_hash)
    again = Terminal()
    assert make_first_user(file, again) is None
    assert make_first_user(file, journal) is None
    assert again.getvalue() == ""


def test_a_password_fits_its_own_hash_alone() -> None:
    kept = hash_password("pässword ✓", QUICK)
    assert is_hash(kept)
    assert fits("pässword ✓", kept)
    assert not fits("password ✓", kept)
    assert not fits("x", "$argon2id$v=19$m=8,t=1,p=1$broken")
    assert not fits("", None)


def test_guessable_passwords_are_refused_and_generated_ones_are_not() -> None:
    for bad in ("", "short", "x" * 257, "aaaaaaaaaaaa", "technician", "Technician"):
        assert objection_to(bad, "technician")
    passwords = {generated() for _ in range(20)}
    assert len(passwords) == 20
    assert [objection_to(password, "engineer") for password in passwords] == [None] * 20


@pytest.mark.parametrize("name", ["", "Eva", "7up", "a b", "x" * 32, "a\n", "../x", "(nobody logged in)"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(UsersError):
        check_name(name)


async def test_one_password_is_checked_at_a_time_and_few_may_wait() -> None:
    thread, go, running = PasswordThread(max_waiting=3, nice=0), threading.Event(), list[str]()
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def work() -> int:
        running.append(threading.current_thread().name)
        loop.call_soon_threadsafe(begun.set)
        go.wait(20)
        return len(running)

    waiting = [asyncio.create_task(thread.run(work)) for _ in range(3)]
    try:
        await asyncio.wait_for(begun.wait(), 20)
        with pytest.raises(BusyError):
            await thread.run(work)
        assert len(running) == 1
        go.set()
        assert await asyncio.gather(*waiting) == [1, 2, 3]
        assert await thread.run(work) == 4
    finally:
        go.set()
        thread.close()
    assert all(name.startswith("passwords") for name in running)


def test_sessions_are_bounded_and_the_oldest_gives_way() -> None:
    sessions = Sessions(60, most=3, clock_s=lambda: 0.0)
    tokens = [sessions.begin("eva", GOOD)[0] for _ in range(4)]
    assert [sessions.of(token) is not None for token in tokens] == [False, True, True, True]
    assert len(sessions) == 3
    assert len(set(tokens)) == 4
    sessions.end_all_of("eva")
    assert len(sessions) == 0


def test_csrf_tokens_belong_to_one_session_of_one_process() -> None:
    sessions, restarted = Sessions(60), Sessions(60)
    (_, first), (_, second) = sessions.begin("eva", GOOD), sessions.begin("eva", GOOD)
    tokens = [sessions.csrf(each) for each in (None, first, second)] + [restarted.csrf(None)]
    assert len(set(tokens)) == 4
    assert sessions.csrf_fits(first, tokens[1])
    assert not any(sessions.csrf_fits(first, token) for token in (tokens[0], tokens[2], tokens[3], "", "ä\udcff"))


async def test_roles_are_in_order_and_a_handler_says_what_it_needs() -> None:
    order = [Role.NONE, Role.VIEWER, Role.TECHNICIAN, Role.ENGINEER]
    assert [[role.may(needed) for needed in order] for role in order] == [[n <= m for n in range(4)] for m in range(4)]

    async def handler(request: Any) -> Any:
        return request

    assert needed_by(handler) is None
    assert needed_by(needs(Role.ENGINEER, handler)) is Role.ENGINEER
