"""A decision as the PLC reads it: the result block. Pure; must not know when or how it is published."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.encoder.counts import wrapped
from drivers.plc.registers import NO_ENCODER, ResultBlock
from station.core.values import (
    Decision,
)


def result_block(
    decision: Decision, class_numbers: Sequence[Sequence[int]], gate_offset_counts: int | None
) -> ResultBlock:
    """The sealed block; `class_numbers[view][class index]` is the PLC's number of a class."""
    trigger, facts = decision.part.trigger, decision.facts
    count = trigger.encoder_count
    return ResultBlock.sealed(
        part_seq=trigger.part_seq,
        verdict=decision.reason.code,
        defect_class=class_numbers[facts.view][facts.class_index] if facts else 0,
        score_1e4=round(facts.score * 1e4) if facts else 0,
        trigger_encoder=NO_ENCODER if count is None else count,
        gate_encoder=NO_ENCODER if count is None or gate_offset_counts is None else wrapped(count + gate_offset_counts),
        latency_ms10=(decision.decided_ns - trigger.at_ns) // 100_000,
        reason_bits=decision.reason.bit,
    )
