"""The database's tables and how an older file becomes a present one (`PRAGMA user_version`).

Each entry of MIGRATIONS takes a file from version n to n + 1 and is never changed once it was shipped.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from station.records.record import VERDICTS

BUSY_TIMEOUT_S = 2.0

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        f"""
    CREATE TABLE part (
        part_uid INTEGER NOT NULL,
        part_seq INTEGER NOT NULL,
        run_id TEXT NOT NULL,
        triggered_at TEXT NOT NULL,
        trigger_encoder INTEGER,
        verdict TEXT NOT NULL CHECK (verdict IN ({", ".join(f"'{verdict}'" for verdict in VERDICTS)})),
        reason TEXT NOT NULL,
        defect_class INTEGER,
        label TEXT,
        score REAL,
        patch_index INTEGER,
        latency_ms REAL NOT NULL,
        exposure_to_verdict_ms REAL,
        frame_id INTEGER,
        recipe TEXT NOT NULL,
        model_digest TEXT NOT NULL,
        simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
        late INTEGER NOT NULL CHECK (late IN (0, 1)),
        stage_us TEXT NOT NULL,
        PRIMARY KEY (part_uid, late)
    ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX part_by_time ON part (triggered_at)",
        "CREATE INDEX part_by_run ON part (run_id, late, verdict)",
    ),
    (
        "ALTER TABLE part ADD COLUMN view TEXT",
        "ALTER TABLE part ADD COLUMN pictures TEXT NOT NULL DEFAULT '[]'",
    ),
    (
        """
    CREATE TABLE part_event (
        event_id INTEGER PRIMARY KEY,
        part_uid INTEGER,
        part_seq INTEGER,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        detail TEXT NOT NULL,
        event_uid TEXT NOT NULL UNIQUE
    ) STRICT""",
        "CREATE INDEX part_event_by_number ON part_event (part_seq)",
        "CREATE INDEX part_event_by_time ON part_event (at)",
    ),
    (
        "ALTER TABLE part ADD COLUMN part_type TEXT",
        "ALTER TABLE part ADD COLUMN part_type_score REAL",
    ),
)


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
