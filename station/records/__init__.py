"""What the station did, part by part, in one SQLite file that survives `kill -9` and a power cut."""

from station.records.part_event import PartEvent
from station.records.reading import counts_by_verdict, events_of, first_part_uid, last_parts, open_for_reading
from station.records.record import PartRecord, Verdict
from station.records.writer import RecordCounts, RecordWriter

__all__ = [
    "PartEvent",
    "PartRecord",
    "RecordCounts",
    "RecordWriter",
    "Verdict",
    "counts_by_verdict",
    "events_of",
    "first_part_uid",
    "last_parts",
    "open_for_reading",
]
