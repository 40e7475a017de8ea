"""The first start: somebody must be able to log in, and the password may be seen by who sits there alone.

It is shown at a terminal, once; where there is none (systemd's journal keeps what it is told) nobody is made.
"""

from __future__ import annotations

from typing import TextIO

from station.access.users_file import FIRST_USER, UsersFile


def make_first_user(file: UsersFile, terminal: TextIO) -> str | None:
    """Where there are no users yet: shows the first one at the terminal, or returns what to say in the log.

    Takes about 100 ms where a user is made. UsersError where the file cannot be written.
    """
    if file.stamp() is not None:
        return None
    if not terminal.isatty():
        return "nobody can log in at the page yet; add a user with: station users add CONFIG NAME --role engineer"
    password = file.make_first()
    if password is not None:
        terminal.write(
            f"First user of the page: {FIRST_USER}, password: {password}\n"
            "It is shown only now; change it on the page or with: station users password\n"
        )
        terminal.flush()
    return None
