"""One entry of the ledger file, and the file's header, as bytes. Knows nothing of files or of what may follow what.

An entry carries the sums after it, so that the newest one alone says how the ledger stands. All numbers are
little-endian; the last four bytes of header and entry are the CRC-32 of those before.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple
from zlib import crc32

from station.core.reasons import Outcome

MAGIC = b"part ledger\0"
VERSION = 1
HEADER_BYTES = 4096
"""A block of its own: entries are written again and again, the header never is."""
ENTRY_BYTES = 64
FEWEST_ENTRIES = 16

_CRC = struct.Struct("<I")
_HEADER = struct.Struct("<12sHHI")  # magic, version, bytes an entry, entries
_ENTRY = struct.Struct("<QBBHQ5Q")  # sequence, kind, outcome, part_seq, time, sums
_BODY_BYTES = ENTRY_BYTES - _CRC.size
_OUTCOMES = (None, Outcome.PASSED, Outcome.REJECTED, Outcome.FORCED)
_CODE_OF_OUTCOME = {outcome: code for code, outcome in enumerate(_OUTCOMES)}


class Kind(IntEnum):
    """What an entry says."""

    TRIGGERED = 1
    DECIDED = 2
    WITHDRAWN = 3
    """A PASS that the PLC was never shown became a forced reject."""
    TAKEN = 4
    """The PLC acknowledged the result."""
    CARRIED = 5
    """Triggered earlier and still in flight: said again before the ring overwrites the entry that said so."""
    SETTLED = 6
    """A restart ended the wait for this result, and that has been written down elsewhere."""


_KINDS = {int(kind): kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Sums:
    """Parts since the file was begun. `withdrawn` of the forced ones had been decided as PASS before."""

    triggers: int = 0
    passed: int = 0
    rejected: int = 0
    forced: int = 0
    withdrawn: int = 0

    @property
    def in_flight(self) -> int:
        """Triggered and not decided."""
        return self.triggers - self.passed - self.rejected - self.forced

    def after(self, kind: Kind, outcome: Outcome | None) -> Sums:
        """The sums once this was counted."""
        triggers, passed, rejected, forced, withdrawn = (
            self.triggers, self.passed, self.rejected, self.forced, self.withdrawn
        )  # fmt: skip
        if kind is Kind.TRIGGERED:
            triggers += 1
        elif kind is Kind.WITHDRAWN:
            passed, forced, withdrawn = passed - 1, forced + 1, withdrawn + 1
        elif kind is Kind.DECIDED:
            passed += outcome is Outcome.PASSED
            rejected += outcome is Outcome.REJECTED
            forced += outcome is Outcome.FORCED
        else:
            return self
        return Sums(triggers, passed, rejected, forced, withdrawn)


class Entry(NamedTuple):
    """`sequence` counts from 1 and never repeats; `part_seq` is 1..65535, or 0 for a part whose number was lost."""

    sequence: int
    kind: Kind
    part_seq: int
    outcome: Outcome | None
    at_unix_ns: int
    sums: Sums


class Header(NamedTuple):
    """What a file says of itself; `version` may be one that this station does not read."""

    version: int
    entries: int


def encoded(entry: Entry) -> bytes:
    """The entry's `ENTRY_BYTES` bytes."""
    sums = entry.sums
    body = _ENTRY.pack(
        entry.sequence, entry.kind, _CODE_OF_OUTCOME[entry.outcome], entry.part_seq, entry.at_unix_ns,
        sums.triggers, sums.passed, sums.rejected, sums.forced, sums.withdrawn,
    )  # fmt: skip
    return body + _CRC.pack(crc32(body))


def decoded(data: bytes) -> Entry | None:
    """The entry in these bytes; None where they are blank, torn or damaged."""
    if len(data) != ENTRY_BYTES or _CRC.unpack_from(data, _BODY_BYTES)[0] != crc32(data[:_BODY_BYTES]):
        return None
    sequence, kind, outcome, part_seq, at_unix_ns, *sums = _ENTRY.unpack_from(data)
    if sequence == 0 or kind not in _KINDS or outcome >= len(_OUTCOMES):
        return None
    return Entry(sequence, _KINDS[kind], part_seq, _OUTCOMES[outcome], at_unix_ns, Sums(*sums))


def encoded_header(entries: int) -> bytes:
    """The header of a file with room for so many entries, `HEADER_BYTES` long."""
    body = _HEADER.pack(MAGIC, VERSION, ENTRY_BYTES, entries)
    return (body + _CRC.pack(crc32(body))).ljust(HEADER_BYTES, b"\0")


def decoded_header(data: bytes) -> Header | None:
    """The header in these bytes; None where it is none, or damaged."""
    if len(data) < HEADER_BYTES or _CRC.unpack_from(data, _HEADER.size)[0] != crc32(data[: _HEADER.size]):
        return None
    magic, version, entry_bytes, entries = _HEADER.unpack_from(data)
    if magic != MAGIC or (version == VERSION and (entry_bytes != ENTRY_BYTES or entries < FEWEST_ENTRIES)):
        return None
    return Header(version, entries)
