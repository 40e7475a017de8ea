"""The work of `station users`: changes to the users' file of a configuration's records folder."""

from __future__ import annotations

import argparse
import dataclasses
import getpass
import sys
from pathlib import Path
from typing import Any

from station.access.passwords import hash_password, objection_to
from station.access.roles import Role
from station.access.users import MOST_USERS, User, UsersError, check_name
from station.access.users_file import FILE, UsersFile
from station.cli.check import faults_text
from station.cli.exits import CANNOT_START, OK, UserError
from station.config.faults import ConfigError
from station.config.model import StationConfig
from station.config.yaml_positions import load_yaml_model


def run_users(options: argparse.Namespace) -> int:
    """Run the users command."""
    file = UsersFile(_records_folder(options.config) / FILE)
    try:
        match options.users_command:
            case "list":
                _list(file)
            case "add":
                _add(file, options)
            case "set":
                _set(file, options)
            case "password":
                _password(file, options)
            case _:
                _remove(file, options.name)
    except UsersError as error:
        raise UserError(str(error), CANNOT_START) from None
    return OK


def _records_folder(path: Path) -> Path:
    try:
        config = load_yaml_model(path, StationConfig)
    except ConfigError as error:
        raise UserError(faults_text(path, error)) from None
    return (path.resolve().parent / config.records.folder).resolve()


def _list(file: UsersFile) -> None:
    found = file.read()
    for user in sorted(found.values(), key=lambda each: each.name):
        print(f"{user.name:<31}  {user.role:<10}  {user.language}")
    if not found:
        print(f"{file.path}: no users; add one with: station users add CONFIG NAME --role engineer")


def _add(file: UsersFile, options: argparse.Namespace) -> None:
    name: str = options.name
    if name in file.read():
        raise UserError(f"user {name} is there already; 'station users set' or 'station users password' change it")
    check_name(name)
    new = User(name, Role(options.role), options.language or "en", hash_password(_new_password(options)))

    def add(found: dict[str, User]) -> dict[str, User]:
        if len(found) >= MOST_USERS:
            raise UsersError(f"there are {MOST_USERS} users already; remove one first.")
        return {**found, name: new}

    file.change(add)
    print(f"user {name} can log in as {new.role}")


def _set(file: UsersFile, options: argparse.Namespace) -> None:
    changes: dict[str, Any] = {}
    if options.role is not None:
        changes["role"] = Role(options.role)
    if options.language is not None:
        changes["language"] = options.language
    if not changes:
        raise UserError("say what to set: --role or --language")
    changed = file.change(
        lambda found: {**found, options.name: dataclasses.replace(_of(found, options.name), **changes)}
    )
    user = changed[options.name]
    print(f"user {user.name} is {user.role}, language {user.language}")


def _password(file: UsersFile, options: argparse.Namespace) -> None:
    _of(file.read(), options.name)
    changes = {"password_hash": hash_password(_new_password(options))}
    _changed(file, options.name, changes)
    print(f"user {options.name} has a new password; who is logged in with the old one is out")


def _changed(file: UsersFile, name: str, changes: dict[str, Any]) -> User:
    return file.change(lambda found: {**found, name: dataclasses.replace(_of(found, name), **changes)})[name]


def _remove(file: UsersFile, name: str) -> None:
    def remove(found: dict[str, User]) -> dict[str, User]:
        _of(found, name)
        return {key: user for key, user in found.items() if key != name}

    left = file.change(remove)
    print(f"user {name} can no longer log in")
    if not any(user.role is Role.ENGINEER for user in left.values()):
        print("no engineer is left: add one with: station users add CONFIG NAME --role engineer", file=sys.stderr)


def _of(found: dict[str, User], name: str) -> User:
    if name not in found:
        raise UserError(f"there is no user {name!r}; there are: {', '.join(sorted(found)) or 'none'}")
    return found[name]


def _new_password(options: argparse.Namespace) -> str:
    if options.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise UserError("there is no terminal to ask for the password; give it with --password-stdin")
    else:
        try:
            password = getpass.getpass(f"New password of {options.name}: ")
            again = getpass.getpass("Again: ")
        except (EOFError, KeyboardInterrupt):
            raise UserError("no password, so nothing was changed") from None
        if password != again:
            raise UserError("these are two different passwords; nothing was changed")
    objection = objection_to(password, options.name)
    if objection is not None:
        raise UserError(objection)
    return password
