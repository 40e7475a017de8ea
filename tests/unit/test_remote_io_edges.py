"""Parts found by polling: none twice, none with a count that nobody can trust."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.remote_io.edges import EdgeCounter, PartEdge, PartEdges, RisingEdge, UnseenParts


def with_latch() -> PartEdges:
    edges = PartEdges(has_latch=True, most_late_counts=30)
    assert edges.seen(False, 0, 1000, 0) is None
    return edges


def test_a_level_that_is_there_from_the_start_is_no_edge():
    edge = RisingEdge()
    assert [edge.seen(level) for level in (True, False, True, True, False)] == [False, False, True, False, False]
    edge.forget()
    assert not edge.seen(True)


def test_rising_edges_are_counted_over_a_lost_link():
    counter = EdgeCounter()
    counts = [counter.seen(level) for level in (False, True, False, True)]
    counter.forget()
    assert [*counts, counter.seen(True), counter.seen(False), counter.seen(True)] == [0, 1, 1, 2, 2, 2, 3]


def test_without_a_latch_the_part_is_at_the_count_read_with_its_edge():
    edges = PartEdges(has_latch=False, most_late_counts=30)
    assert edges.seen(False, None, 1000, 0) is None
    assert edges.seen(True, None, 1005, 5) == PartEdge(1005)
    assert edges.seen(True, None, 1010, 5) is None


def test_without_a_latch_a_line_that_moved_far_between_two_readings_is_a_doubt():
    edges = PartEdges(has_latch=False, most_late_counts=30)
    edges.seen(False, None, 1000, 0)
    edge = edges.seen(True, None, 1031, 31)
    assert edge == PartEdge(1031, "its edge was seen up to 31 counts late", 31)


def test_with_a_latch_the_part_is_at_the_latched_count():
    edges = with_latch()
    assert edges.seen(True, 1003, 1005, 5) == PartEdge(1003)
    assert edges.seen(True, 1003, 1010, 5) is None
    assert edges.seen(False, 1003, 1015, 5) is None


def test_a_part_between_two_polls_is_seen_by_the_latch_alone():
    edges = with_latch()
    assert edges.seen(False, 1003, 1005, 5) == PartEdge(1003)
    edges = with_latch()
    assert edges.seen(True, 1003, 1005, 5) == PartEdge(1003)
    assert edges.seen(True, 1008, 1010, 5) == PartEdge(1008)


def test_level_and_latch_one_reading_apart_are_one_part():
    edges = with_latch()
    assert edges.seen(False, 1003, 1005, 5) == PartEdge(1003)
    assert edges.seen(True, 1003, 1010, 5) is None
    assert edges.seen(True, 1003, 1015, 5) is None
    edges = with_latch()
    assert edges.seen(True, 0, 1005, 5) is None
    assert edges.seen(True, 1004, 1010, 5) == PartEdge(1004)
    assert edges.seen(True, 1004, 1015, 5) is None


def test_a_latch_that_does_not_follow_the_sensor_is_a_doubt():
    edges = with_latch()
    assert edges.seen(True, 0, 1005, 5) is None
    edge = edges.seen(True, 0, 1010, 5)
    assert edge is not None
    assert edge.doubt == "the sensor rose and the latch did not follow"
    assert edge.uncertain_counts == 40


def test_a_latch_far_from_the_counter_is_a_doubt():
    edges = with_latch()
    edge = edges.seen(True, 500, 1005, 5)
    assert edge is not None
    assert edge.doubt == "the latch holds 500 while the counter is at 1005"


def test_a_latch_just_before_the_wrap_around_is_no_doubt():
    edges = PartEdges(has_latch=True, most_late_counts=30)
    edges.seen(False, 0, 2**32 - 8, 0)
    assert edges.seen(True, 2**32 - 2, 3, 11) == PartEdge(2**32 - 2)


@given(st.lists(st.tuples(st.integers(10, 60), st.integers(0, 1), st.integers(0, 1)), max_size=30))
def test_every_part_is_found_once_whichever_of_level_and_latch_comes_first(parts: list[tuple[int, int, int]]):
    """parts: readings from part to part, and how many readings level and latch are late. One count a reading."""
    rises, latches, at = dict[int, int](), dict[int, int](), 10
    for gap, level_late, latch_late in parts:
        rises[at + level_late] = at
        latches[at + latch_late] = at
        at += gap
    edges, latch, level_until, found = PartEdges(has_latch=True, most_late_counts=30), 0, 0, list[int]()
    for count in range(at + 20):
        latch = latches.get(count, latch)
        if count in rises:
            level_until = count + 5
        edge = edges.seen(count < level_until, latch, count, 1)
        if edge is not None:
            assert edge.doubt is None
            found.append(edge.count)
    assert found == sorted(latches.values())


def test_a_part_that_was_counted_and_not_seen_is_certain_one_reading_later():
    unseen = UnseenParts()
    readings = [(10, 0), (11, 1), (13, 1), (13, 0), (13, 0)]
    assert [unseen.seen(number, edges) for number, edges in readings] == [0, 0, 0, 1, 0]


def test_counter_and_edge_one_reading_apart_are_one_part():
    unseen = UnseenParts()
    readings = [(10, 0), (11, 0), (11, 1), (11, 1), (12, 0), (12, 0)]
    assert [unseen.seen(number, edges) for number, edges in readings] == [0] * 6


def test_a_counter_that_wraps_counts_on_and_one_that_began_anew_is_believed_from_there():
    unseen = UnseenParts()
    readings = [(65535, 0), (1, 1), (1, 0), (0, 0), (0, 0), (1, 1), (1, 0)]
    assert [unseen.seen(number, edges) for number, edges in readings] == [0, 0, 1, 0, 0, 0, 0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.booleans()), max_size=60))
def test_parts_seen_and_unseen_are_together_all_that_were_counted(readings: list[tuple[int, int, bool]]):
    """readings: how many parts came, how many of them showed an edge, and whether it showed one reading late."""
    unseen, number, told, late = UnseenParts(), 0, 0, 0
    unseen.seen(0, 0)
    for came, edges, delayed in readings:
        number += came
        shown = min(came, edges)
        found = late + (0 if delayed else shown)
        late = shown if delayed else 0
        told += found + unseen.seen(number, found)
    told += late + unseen.seen(number, late)
    for _ in range(3):
        told += unseen.seen(number, 0)
    assert told == number
