"""The tables of the records, from layout to layout. Data only.

Each entry of MIGRATIONS takes a file from layout n to n + 1 and is never changed once it was shipped. What can be
counted from other tables (parts by minute, the kinds of verdicts there are, what is still to be reviewed) is kept by
triggers, in the same commit: no writer can forget it, and the page need not scan a day's parts.
"""

from __future__ import annotations

from station.records.record import VERDICTS

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
    (
        *(
            f"ALTER TABLE part ADD COLUMN {column}"
            for column in (
                "decided_at TEXT",
                "deadline_ms REAL",
                "slack_ms REAL",
                "slack_counts INTEGER",
                "handed_off_ms REAL",
                "gate_encoder INTEGER",
                "is_partial INTEGER CHECK (is_partial IN (0, 1))",
                "recipe_id INTEGER",
                "recipe_digest TEXT",
                "configuration_id TEXT",
                "acquisition_ms REAL",
                "processing_ms REAL",
            )
        ),
        """
    CREATE TABLE part_pictures (
        part_key INTEGER PRIMARY KEY,
        pictures TEXT NOT NULL
    ) STRICT""",  # a row of `part` longer than a quarter of a page takes a page of its own: five times the disk
        """
    CREATE VIEW part_record AS
    SELECT part_uid, part_seq, run_id, triggered_at, trigger_encoder, verdict, reason, defect_class, label, score,
           patch_index, latency_ms, exposure_to_verdict_ms, frame_id, recipe, model_digest, simulated, late, stage_us,
           view, ifnull(part_pictures.pictures, part.pictures) AS pictures, part_type, part_type_score, decided_at,
           deadline_ms, slack_ms, slack_counts, handed_off_ms, gate_encoder, is_partial, recipe_id, recipe_digest,
           configuration_id, acquisition_ms, processing_ms
    FROM part LEFT JOIN part_pictures ON part_key = part_uid * 2 + late""",
        "DROP INDEX part_by_time",  # a range of time is a range of part_uid, by part_minute
        "CREATE INDEX part_by_kind ON part (verdict, reason, label, part_uid)",
        "CREATE INDEX part_by_number ON part (part_seq, part_uid)",
        "CREATE INDEX part_event_by_part ON part_event (part_uid)",
        """
    CREATE TABLE part_minute (
        minute TEXT PRIMARY KEY,
        passed INTEGER NOT NULL,
        rejected INTEGER NOT NULL,
        forced INTEGER NOT NULL,
        first_uid INTEGER NOT NULL,
        last_uid INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
        """
    INSERT INTO part_minute
    SELECT substr(triggered_at, 1, 16), sum(verdict = 'pass'), sum(verdict = 'reject'), sum(verdict = 'forced'),
           min(part_uid), max(part_uid)
    FROM part WHERE late = 0 GROUP BY 1""",
        """
    CREATE TABLE part_kind (
        verdict TEXT NOT NULL,
        reason TEXT NOT NULL,
        label TEXT NOT NULL,
        PRIMARY KEY (verdict, reason, label)
    ) STRICT, WITHOUT ROWID""",
        "INSERT INTO part_kind SELECT DISTINCT verdict, reason, ifnull(label, '') FROM part WHERE late = 0",
        """
    CREATE TRIGGER part_counted AFTER INSERT ON part WHEN NEW.late = 0 BEGIN
        INSERT INTO part_minute
        VALUES (substr(NEW.triggered_at, 1, 16), NEW.verdict = 'pass', NEW.verdict = 'reject', NEW.verdict = 'forced',
                NEW.part_uid, NEW.part_uid)
        ON CONFLICT (minute) DO UPDATE SET
            passed = passed + excluded.passed,
            rejected = rejected + excluded.rejected,
            forced = forced + excluded.forced,
            first_uid = min(first_uid, excluded.first_uid),
            last_uid = max(last_uid, excluded.last_uid);
        INSERT INTO part_kind VALUES (NEW.verdict, NEW.reason, ifnull(NEW.label, '')) ON CONFLICT DO NOTHING;
    END""",
        """
    CREATE TABLE judgement (
        judgement_id INTEGER PRIMARY KEY,
        part_uid INTEGER NOT NULL,
        at TEXT NOT NULL,
        user TEXT NOT NULL,
        judgement TEXT NOT NULL,
        comment TEXT NOT NULL,
        judgement_uid TEXT NOT NULL UNIQUE,
        undone_at TEXT,
        undo_uid TEXT UNIQUE
    ) STRICT""",
        "CREATE INDEX judgement_by_part ON judgement (part_uid, judgement_id)",
        """
    CREATE TABLE review_entry (
        part_uid INTEGER NOT NULL,
        queue TEXT NOT NULL,
        why TEXT NOT NULL,
        judged INTEGER NOT NULL CHECK (judged IN (0, 1)),
        PRIMARY KEY (part_uid, queue)
    ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX review_entry_by_queue ON review_entry (queue, judged, part_uid)",
        """
    CREATE TABLE review_count (
        queue TEXT PRIMARY KEY,
        open INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
        """
    CREATE TRIGGER review_entry_counted AFTER INSERT ON review_entry WHEN NEW.judged = 0 BEGIN
        INSERT INTO review_count VALUES (NEW.queue, 1) ON CONFLICT (queue) DO UPDATE SET open = open + 1;
    END""",
        """
    CREATE TRIGGER review_entry_judged AFTER UPDATE OF judged ON review_entry WHEN NEW.judged <> OLD.judged BEGIN
        UPDATE review_count SET open = open + OLD.judged - NEW.judged WHERE queue = NEW.queue;
    END""",
        """
    CREATE TRIGGER judgement_made AFTER INSERT ON judgement BEGIN
        UPDATE review_entry SET judged = 1 WHERE part_uid = NEW.part_uid;
    END""",
        """
    CREATE TRIGGER judgement_undone AFTER UPDATE OF undone_at ON judgement BEGIN
        UPDATE review_entry
        SET judged = EXISTS (SELECT 1 FROM judgement WHERE part_uid = NEW.part_uid AND undone_at IS NULL)
        WHERE part_uid = NEW.part_uid;
    END""",
        """
    CREATE TABLE audit_line (
        line_id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        user TEXT NOT NULL,
        role TEXT NOT NULL,
        peer TEXT NOT NULL,
        what TEXT NOT NULL,
        outcome TEXT NOT NULL,
        line_uid TEXT NOT NULL UNIQUE
    ) STRICT""",
        """
    CREATE TABLE fault_span (
        fault_uid TEXT PRIMARY KEY,
        code TEXT NOT NULL,
        about TEXT NOT NULL,
        severity TEXT NOT NULL,
        sentence TEXT NOT NULL,
        began_at TEXT NOT NULL,
        ended_at TEXT,
        count INTEGER NOT NULL,
        acknowledged_by TEXT,
        acknowledged_at TEXT
    ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX fault_span_by_end ON fault_span (ended_at)",
    ),
)
