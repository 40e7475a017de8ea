"""The fault queue that the PLC reads: bounded, in order, no number twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.plc.error_queue import ErrorQueue


def test_more_faults_than_places_are_counted_and_the_waiting_ones_stay():
    queue = ErrorQueue()
    for code in range(1, 20):
        queue.push(code)
    assert queue.dropped == 3
    shown = []
    while queue.code:
        shown.append(queue.code)
        queue.acknowledge()
    assert shown == list(range(1, 17))


@pytest.mark.parametrize("code", [0, -1, 65536])
def test_a_number_that_the_register_cannot_show_is_refused(code: int):
    with pytest.raises(ValueError, match=r"1\.\.65535"):
        ErrorQueue().push(code)


@given(st.lists(st.one_of(st.integers(1, 5), st.none()), max_size=60))
def test_the_head_changes_only_by_acknowledgement_and_each_new_head_has_a_new_number(steps: list[int | None]):
    queue = ErrorQueue()
    for step in steps:
        before = (queue.code, queue.seq)
        if step is None:
            assert queue.acknowledge() is (before[0] != 0)
            assert queue.seq == before[1] + (queue.code != 0)
        else:
            queue.push(step)
            assert (queue.code, queue.seq) == (before if before[0] else (step, before[1] + 1))
