"""The process that writes a download to its standard output: the records of a time, or the reviewed data set.

A process of its own, because turning ten thousand records into text would hold up the event loop from any thread. Reads
through a read-only connection. A sentence on standard error and status 1: nothing came of it. Must not know HTTP.
"""

from __future__ import annotations

import csv
import ctypes
import io
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from station.records.log_queries import records_between
from station.records.queue_entry import QUEUES, Queue
from station.records.reading import open_for_reading
from station.records.record import COLUMNS, PartRecord
from station.records.review_queries import judged_parts

NICE: Final = 10
_PR_SET_PDEATHSIG: Final = 1
_NESTED: Final = ("stage_us", "pictures")
"""Not in the table, which has one cell a column: NDJSON has them."""


@dataclass(frozen=True, slots=True)
class DownloadOrder:
    """`what`: ndjson or csv are records, zip is the reviewed data set. Instants are ISO 8601; None: all.

    `queues`, `pictures` (the folder) and `sets` (the data set of each view's pictures) are for the data set.
    """

    what: str
    database: str
    since: str | None = None
    until: str | None = None
    queues: tuple[Queue, ...] | None = None
    pictures: str = ""
    sets: dict[str, str] | None = None

    def to_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> DownloadOrder:
        """The inverse."""
        fields: dict[str, Any] = json.loads(text)
        if fields["queues"] is not None:
            fields["queues"] = tuple(queue for queue in QUEUES if queue in fields["queues"])
        return cls(**fields)


def chunks_of(order: DownloadOrder, connection: sqlite3.Connection) -> Iterator[bytes]:
    """The download, piece by piece."""
    since, until = (None if at is None else datetime.fromisoformat(at) for at in (order.since, order.until))
    if order.what == "zip":
        queues = None if order.queues is None else frozenset(order.queues)
        # Here, because records alone should not wait for what a data set needs.
        from station.pictures.store import PictureStore
        from station.review.export import export_chunks

        judged = judged_parts(connection, queues, since, until)
        return export_chunks(judged, PictureStore(Path(order.pictures)), order.sets)
    records = records_between(connection, since, until)
    return _ndjson(records) if order.what == "ndjson" else _csv(records)


def _ndjson(chunks: Iterable[list[PartRecord]]) -> Iterator[bytes]:
    for records in chunks:
        lines = (json.dumps(record.as_json(), ensure_ascii=False, separators=(",", ":")) for record in records)
        yield "".join(f"{line}\n" for line in lines).encode()


def _csv(chunks: Iterable[list[PartRecord]]) -> Iterator[bytes]:
    names = [name for name in COLUMNS if name not in _NESTED]
    yield _rows([names])
    for records in chunks:
        yield _rows([getattr(record, name) for name in names] for record in records)


def _rows(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)  # RFC 4180
    return text.getvalue().encode()


def write(order: DownloadOrder, out: BinaryIO) -> None:
    """The whole download; sqlite3.Error, OSError."""
    with closing(open_for_reading(Path(order.database))) as connection:
        for chunk in chunks_of(order, connection):
            out.write(chunk)
            out.flush()


def main() -> int:
    """Entry point: the order is the only argument."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    try:
        write(DownloadOrder.from_json(sys.argv[1]), sys.stdout.buffer)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to be flushed at the end
        return 1
    except (sqlite3.Error, OSError) as error:
        sys.stderr.write(f"The records cannot be read now ({error}); see the faults.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
