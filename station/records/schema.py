"""Opens the database for its writer; an older file becomes a present one (`PRAGMA user_version`)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from station.records.migrations import MIGRATIONS

BUSY_TIMEOUT_S = 2.0
__all__ = ["BUSY_TIMEOUT_S", "MIGRATIONS", "SchemaError", "open_for_writing"]


class SchemaError(sqlite3.DatabaseError):
    """The file was made by a newer station."""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The database at `path`, made or migrated as needed.

    Every commit is on the disk when it returns (WAL, synchronous=FULL: with NORMAL a power cut loses what came
    after the last checkpoint). Raises OSError, sqlite3.Error.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")  # two stations may open a new file at the same moment
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise SchemaError(
            f"{path.name} has layout {version}, this station knows layouts up to {len(MIGRATIONS)}; "
            "use the newer station or another folder"
        )
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
    connection.execute("COMMIT")
