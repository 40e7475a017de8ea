"""What the station did, part by part, in one SQLite file that survives `kill -9` and a power cut."""

from station.records.audit_line import AuditLine
from station.records.fault_span import FaultSpan
from station.records.judgement import Judgement
from station.records.part_event import PartEvent
from station.records.queue_entry import QueueEntry
from station.records.reading import counts_by_verdict, events_of, first_part_uid, last_parts, open_for_reading
from station.records.record import PartRecord, Verdict
from station.records.writer import RecordCounts, RecordWriter

__all__ = [
    "AuditLine",
    "FaultSpan",
    "Judgement",
    "PartEvent",
    "PartRecord",
    "QueueEntry",
    "RecordCounts",
    "RecordWriter",
    "Verdict",
    "counts_by_verdict",
    "events_of",
    "first_part_uid",
    "last_parts",
    "open_for_reading",
]
