"""What follows from what was found on the line: who is rejected, what is told, when the line stands."""

from __future__ import annotations

import pytest

from station.core.following import Following
from station.core.part_book import PartBook
from station.core.reasons import Reason
from station.core.route import Finding, FindingKind
from station.core.transport import LOSES_TRACK, TrackLost
from station.core.values import (
    Action,
    Notice,
    StopLine,
    Trigger,
    Withdraw,
)
from tests.core_track import DrivenLine
from tests.core_values import LIMITS, decisions, kinds

SAID = [kind for kind in FindingKind if kind not in LOSES_TRACK]


@pytest.fixture
def book() -> PartBook:
    """Part 11 has passed and waits for the PLC, part 12 was rejected, parts 13 and 14 are in flight; uids 1 to 4."""
    book = PartBook(LIMITS, first_uid=1)
    for part_seq in (11, 12, 13, 14):
        part, _ = book.open(Trigger(part_seq, part_seq * 1000, 0), 0)
        if part_seq == 11:
            book.decide(part, Reason.DEFECT_FREE, 0)
        if part_seq == 12:
            book.decide(part, Reason.DEFECT, 0)
    return book


def reasons(actions: list[Action]) -> list[tuple[int, Reason]]:
    return [(decision.part.trigger.part_seq, decision.reason) for decision in decisions(actions)]


@pytest.mark.parametrize("kind", SAID)
def test_every_finding_is_told_with_its_words_and_numbers(book: PartBook, kind: FindingKind) -> None:
    told = Following(book).act(Finding(kind, "how it was", (2, 4)), 0)[0]
    assert isinstance(told, Notice)
    assert (told.detail, told.part_seqs) == ("how it was", (12, 14))


@pytest.mark.parametrize("kind", [FindingKind.REJECT_NOT_CONFIRMED, FindingKind.PART_UNEXPECTED])
def test_what_may_be_among_the_good_parts_stops_the_line(book: PartBook, kind: FindingKind) -> None:
    actions = Following(book).act(Finding(kind, "how it was"), 0)
    assert isinstance(actions[0], Notice)
    assert actions[1] == Withdraw(11)
    assert reasons(actions) == [(13, Reason.LINE_STOPPED), (14, Reason.LINE_STOPPED)]
    assert actions[-1] == StopLine("how it was", actions[0].kind)


@pytest.mark.parametrize("kind", [FindingKind.REJECT_UNEXPECTED, FindingKind.PART_MISSING])
def test_what_lets_nothing_bad_pass_is_only_told(book: PartBook, kind: FindingKind) -> None:
    assert kinds(Following(book).act(Finding(kind, "how it was", (1,)), 0)) == [Notice]


@pytest.mark.parametrize("lasting", [True, False])
def test_lost_track_rejects_all_and_stops_the_line_only_where_a_person_must_look(book: PartBook, lasting: bool) -> None:
    actions = Following(book).act(TrackLost("the encoder jumped", lasting), 0)
    assert Withdraw(11) in actions
    assert reasons(actions) == [(13, Reason.TRACKING), (14, Reason.TRACKING)]
    assert (StopLine("the encoder jumped", "tracking lost") in actions) is lasting


def test_parts_that_nobody_remembers_are_not_named(book: PartBook) -> None:
    told = Following(book).act(Finding(FindingKind.PART_MISSING, "long ago", (99,)), 0)[0]
    assert isinstance(told, Notice)
    assert told.part_seqs == ()


def test_nobody_is_decided_twice_by_two_findings_at_once(book: PartBook) -> None:
    following = Following(book)
    following.act(TrackLost("the encoder jumped", lasting=True), 0)
    again = following.act(Finding(FindingKind.PART_UNEXPECTED, "one too many"), 0)
    assert decisions(again) == []
    assert book.ledger.counts.balanced


def test_a_reject_that_did_not_fall_stops_the_line_with_all_that_follow() -> None:
    driven = DrivenLine()
    driven.trigger(1)
    driven.verdict(driven.picture().part_uid, defective=True)
    driven.go(4500, 250)
    driven.parts_seen += 1
    driven.go(200, 10)
    driven.trigger(2)
    actions = driven.go(1000, 50)
    assert reasons(actions) == [(2, Reason.LINE_STOPPED)]
    assert StopLine in kinds(actions)
    (told,) = [action for action in actions if isinstance(action, Notice)]
    assert (told.kind, told.part_seqs) == ("reject not confirmed", (1,))
