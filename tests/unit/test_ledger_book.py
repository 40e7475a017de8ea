"""Entries give the ledger back, wherever the last write was cut off and however often the ring went round."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.core.ledger import LedgerError
from station.core.reasons import Outcome
from station.ledger.book import UNTAKEN_KEPT, Book
from station.ledger.entry import ENTRY_BYTES, Entry, Kind, Sums, decoded, decoded_header, encoded, encoded_header
from station.ledger.replay import Replay, place_of, replayed

ENTRIES = 16
OUTCOMES = st.sampled_from(list(Outcome))
Step = tuple[Kind, int, Outcome]
# Mostly the newest part is decided and taken next, so that an old one stays while the ring goes round.
STEP = st.tuples(st.sampled_from(list(Kind)), st.sampled_from([0, 1, -1, -1, -1]), OUTCOMES)
STEPS = st.integers(0, 90).flatmap(lambda count: st.lists(STEP, min_size=count, max_size=count))


@dataclass
class Plain:
    """What the events mean, without a ring: kept apart from the code under test."""

    in_flight: list[int] = field(default_factory=list[int])
    untaken: list[tuple[int, Outcome]] = field(default_factory=list[tuple[int, Outcome]])
    triggers: int = 0
    closed: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    withdrawn: int = 0
    next_seq: int = 1

    def sums(self) -> Sums:
        passed, rejected, forced = (self.closed[outcome] for outcome in Outcome)
        return Sums(self.triggers, passed, rejected, forced, self.withdrawn)

    def event(self, kind: Kind, pick: int, outcome: Outcome) -> tuple[Kind, int, Outcome | None]:
        """A valid event near the one asked for, followed here."""
        kinds = [kind, Kind.DECIDED, Kind.TRIGGERED]
        return next(event for wanted in kinds if (event := self._event(wanted, pick, outcome)) is not None)

    def _event(self, kind: Kind, pick: int, outcome: Outcome) -> tuple[Kind, int, Outcome | None] | None:
        passes = [number for number, decided in self.untaken if decided is Outcome.PASSED]
        if kind is Kind.TRIGGERED and len(self.in_flight) < ENTRIES // 2:
            number, self.next_seq = self.next_seq, self.next_seq + 1
            self.in_flight.append(number)
            self.triggers += 1
            return kind, number, None
        if kind is Kind.DECIDED and self.in_flight:
            number = self.in_flight.pop(pick % len(self.in_flight))
            self.untaken.append((number, outcome))
            self.closed[outcome] += 1
            return kind, number, outcome
        if kind is Kind.WITHDRAWN and passes:
            number = passes[pick % len(passes)]
            self.untaken[self.untaken.index((number, Outcome.PASSED))] = (number, Outcome.FORCED)
            self.closed[Outcome.PASSED] -= 1
            self.closed[Outcome.FORCED] += 1
            self.withdrawn += 1
            return kind, number, Outcome.FORCED
        if kind in (Kind.TAKEN, Kind.SETTLED) and self.untaken:
            number, _ = self.untaken.pop(pick % len(self.untaken))
            return kind, number, None
        return None

    def forget_all_but(self, kept: tuple[tuple[int, Outcome], ...]) -> None:
        """The book may forget the results that have waited longest, and no others."""
        assert tuple(self.untaken[len(self.untaken) - len(kept) :]) == kept
        self.untaken = list(kept)


class Ring:
    """The bytes of a ledger file behind its header."""

    def __init__(self) -> None:
        self.data = bytearray(ENTRIES * ENTRY_BYTES)

    def put(self, entry: Entry, byte_count: int = ENTRY_BYTES) -> bool:
        """Writes the first bytes of the entry; True if it stands there whole."""
        start = place_of(entry.sequence, ENTRIES) * ENTRY_BYTES
        self.data[start : start + byte_count] = encoded(entry)[:byte_count]
        return self.data[start : start + ENTRY_BYTES] == encoded(entry)


def state(book: Book) -> tuple[Sums, list[int], tuple[tuple[int, Outcome], ...], int]:
    return book.sums, sorted(book.in_flight), book.not_taken, book.last_sequence


def ran(steps: list[Step]) -> tuple[Plain, Book, Ring]:
    plain, book, ring = Plain(), Book(ENTRIES), Ring()
    for kind, pick, outcome in steps:
        event = plain.event(kind, pick, outcome)
        for entry in book.write(*event, at_unix_ns=0):
            assert ring.put(entry)
        plain.forget_all_but(book.not_taken)
    return plain, book, ring


def agrees(replay: Replay, plain: Plain) -> None:
    assert replay.damaged == 0
    assert sorted(replay.book.in_flight) == sorted(plain.in_flight)
    assert replay.book.sums == plain.sums()
    assert replay.book.sums.in_flight == len(plain.in_flight)


@given(STEPS)
@settings(max_examples=300, deadline=None)
def test_reading_back_gives_the_sums_the_parts_in_flight_and_the_results_not_taken(
    steps: list[Step],
) -> None:
    plain, book, ring = ran(steps)
    replay = replayed(bytes(ring.data), ENTRIES)
    agrees(replay, plain)
    assert state(replay.book) == state(book)


@given(STEPS, st.lists(st.integers(0, ENTRY_BYTES - 1), min_size=1, max_size=7))
@settings(max_examples=200, deadline=None)
def test_a_write_cut_off_at_any_byte_is_an_event_that_did_not_happen(steps: list[Step], cuts: list[int]) -> None:
    plain, book, ring = Plain(), Book(ENTRIES), Ring()
    for number, step in enumerate(steps):
        in_flight, sums, untaken = sorted(plain.in_flight), plain.sums(), book.not_taken
        entries = book.write(*plain.event(*step), at_unix_ns=123_456_789_123_456_789)
        for place, entry in enumerate(entries):
            torn = Ring()
            torn.data[:] = ring.data
            if not torn.put(entry, cuts[number % len(cuts)]):  # it may end in bytes that stood there already
                left = replayed(bytes(torn.data), ENTRIES)
                assert (left.damaged, left.book.sums) == (0, sums)
                assert sorted(left.book.in_flight) == in_flight
                kept = left.book.not_taken
                assert kept == untaken[len(untaken) - len(kept) :]
                assert len(untaken) - len(kept) <= place, "only an entry said again pushes out a result"
            assert ring.put(entry)
        agrees(replayed(bytes(ring.data), ENTRIES), plain)
        plain.forget_all_but(book.not_taken)


@given(STEPS, st.lists(st.integers(0, ENTRIES - 1), min_size=1, max_size=3, unique=True))
@settings(max_examples=300, deadline=None)
def test_damaged_entries_lose_numbers_but_never_a_part(steps: list[Step], places: list[int]) -> None:
    plain, book, ring = ran(steps)
    newest = place_of(book.last_sequence, ENTRIES) if book.last_sequence else None
    for place in places:
        if place != newest:
            ring.data[place * ENTRY_BYTES + 17] ^= 0x40
    replay = replayed(bytes(ring.data), ENTRIES)
    if replay.newest is None:
        return
    assert replay.book.sums == plain.sums()
    assert set(replay.book.in_flight) <= set(plain.in_flight)
    lost = replay.book.close_lost(0)
    assert len(lost) == len(plain.in_flight) - len(replay.book.in_flight)
    assert not lost or replay.damaged
    assert replay.book.sums.in_flight == len(replay.book.in_flight)


@given(
    st.builds(
        Entry,
        st.integers(1, 2**64 - 1), st.sampled_from(list(Kind)), st.integers(0, 65535),
        st.none() | OUTCOMES, st.integers(0, 2**64 - 1),
        st.builds(Sums, *[st.integers(0, 2**64 - 1)] * 5),
    ),
    st.integers(0, ENTRY_BYTES * 8 - 1),
)  # fmt: skip
def test_an_entry_comes_back_as_it_was_and_with_one_bit_changed_not_at_all(entry: Entry, bit: int) -> None:
    data = bytearray(encoded(entry))
    assert len(data) == ENTRY_BYTES
    assert decoded(bytes(data)) == entry
    data[bit // 8] ^= 1 << bit % 8
    assert decoded(bytes(data)) is None


def test_blank_bytes_are_neither_an_entry_nor_a_header() -> None:
    assert decoded(bytes(ENTRY_BYTES)) is None
    assert decoded_header(bytes(4096)) is None
    assert decoded_header(encoded_header(4096)) == (1, 4096)


def test_a_part_that_stays_in_flight_while_the_ring_goes_round_many_times_is_not_forgotten() -> None:
    book, ring = Book(ENTRIES), Ring()
    for part_seq in range(1, 400):
        kinds = ((Kind.TRIGGERED, None),) if part_seq == 7 else (
            (Kind.TRIGGERED, None), (Kind.DECIDED, Outcome.PASSED), (Kind.TAKEN, None)
        )  # fmt: skip
        for kind, outcome in kinds:
            for entry in book.write(kind, part_seq, outcome, 0):
                ring.put(entry)
            assert (7 in replayed(bytes(ring.data), ENTRIES).book.in_flight) == (part_seq >= 7)
    assert book.sums == Sums(399, 398)


@pytest.mark.parametrize(
    ("kind", "part_seq", "outcome", "sentence"),
    [
        (Kind.TRIGGERED, 1, None, "part number 1 is still in flight"),
        (Kind.TRIGGERED, 0, None, "a part number is 1..65535, got 0"),
        (Kind.TRIGGERED, 65536, None, "a part number is 1..65535, got 65536"),
        (Kind.DECIDED, 2, Outcome.PASSED, "part number 2 is not in flight: it cannot be pass (again)"),
        (Kind.DECIDED, 9, Outcome.FORCED, "part number 9 is not in flight: it cannot be forced (again)"),
        (Kind.WITHDRAWN, 1, Outcome.FORCED, "part number 1 has no PASS that waits for the PLC"),
        (Kind.WITHDRAWN, 3, Outcome.FORCED, "part number 3 has no PASS that waits for the PLC"),
    ],
)
def test_an_event_that_contradicts_is_refused_and_changes_nothing(
    kind: Kind, part_seq: int, outcome: Outcome | None, sentence: str
) -> None:
    book = Book(ENTRIES)
    for number, decided in ((1, None), (2, Outcome.PASSED), (3, Outcome.REJECTED)):
        book.write(Kind.TRIGGERED, number, None, 0)
        if decided:
            book.write(Kind.DECIDED, number, decided, 0)
    before = state(book)
    with pytest.raises(LedgerError) as refused:
        book.write(kind, part_seq, outcome, 0)
    assert str(refused.value).startswith(sentence)
    assert state(book) == before


def test_more_parts_in_flight_than_the_ring_can_follow_are_refused() -> None:
    book = Book(ENTRIES)
    for part_seq in range(1, 9):
        book.write(Kind.TRIGGERED, part_seq, None, 0)
    with pytest.raises(LedgerError, match="8 parts in flight are more than"):
        book.write(Kind.TRIGGERED, 9, None, 0)


def test_results_that_a_plc_never_takes_are_remembered_up_to_a_limit() -> None:
    book = Book(4096)
    for part_seq in range(1, 101):
        book.write(Kind.TRIGGERED, part_seq, None, 0)
        book.write(Kind.DECIDED, part_seq, Outcome.PASSED, 0)
    assert [part_seq for part_seq, _ in book.not_taken] == list(range(101 - UNTAKEN_KEPT, 101))
