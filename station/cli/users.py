"""`station users list|add|password|set|remove CONFIG ...`: who may log in at the page.

Works while the station runs, which hears of it within a second, and where the rest of the configuration is broken.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from station.access.roles import USER_ROLES


def add_users_commands(subparsers: Any) -> None:
    """Add `users` with its commands to the parser's."""
    users_parser = subparsers.add_parser("users", help="who may log in at the page: list, add, set, password, remove")
    commands = users_parser.add_subparsers(dest="users_command", required=True, metavar="COMMAND")
    for name, what in (
        ("list", "every user with role and language"),
        ("add", "a new user; the password is asked for"),
        ("set", "another role or language"),
        ("password", "another password, which is asked for"),
        ("remove", "a user may no longer log in; who is logged in is out at once"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("config", type=Path, metavar="CONFIG")
        if name != "list":
            command.add_argument("name", metavar="NAME", help="the user")
        if name in ("add", "set"):
            command.add_argument("--role", choices=[*USER_ROLES], required=name == "add", help="what the user may do")
            command.add_argument("--language", metavar="en|de", help="of the page (default en)")
        if name in ("add", "password"):
            command.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def users(options: argparse.Namespace) -> int:
    """Run the users command."""
    from station.cli.users_change import run_users

    return run_users(options)
