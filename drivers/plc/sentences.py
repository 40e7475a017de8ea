"""What is said when the handshake is broken: found, expected, what to do. One function a fault of `PlcFault`."""


def trigger_stuck(part_seq: int, limit_ms: int) -> str:
    """TRIGGER_STUCK."""
    return (
        f"The PLC has held Trigger for more than {limit_ms} ms (PartSeq {part_seq}); it should take it back at "
        "TriggerAck or MissedTrigger: check its program."
    )


def part_seq_zero() -> str:
    """PART_SEQ_ZERO."""
    return (
        "The PLC triggered a part with PartSeq 0: a number from 1 to 65535 was expected, the part is not "
        "inspected and must be rejected; check that PartSeq is written before Trigger."
    )


def part_seq_repeated(part_seq: int) -> str:
    """PART_SEQ_REPEATED."""
    return (
        f"The PLC triggered PartSeq {part_seq} again while that part is open: a new number was expected, the "
        "part is not inspected and must be rejected; check how the PLC counts."
    )


def parts_overflow(part_seq: int, open_parts: int) -> str:
    """PARTS_OVERFLOW."""
    return (
        f"The PLC triggered PartSeq {part_seq} with {open_parts} parts open: no more are taken, the part must be "
        "rejected; check why results are not acknowledged."
    )


def result_unknown(part_seq: int) -> str:
    """RESULT_UNKNOWN."""
    return f"A result for part {part_seq} was not shown to the PLC: no such part waits for one."


def result_overrun(part_seq: int, places: int) -> str:
    """RESULT_OVERRUN."""
    return (
        f"The result of part {part_seq} was lost: {places} results wait for the PLC's ResultsAck; the PLC must "
        "reject this part by default: check why it does not acknowledge."
    )


def result_ack_missing(part_seq: int, limit_ms: int) -> str:
    """RESULT_ACK_MISSING."""
    return (
        f"The PLC has not acknowledged the result of part {part_seq} within {limit_ms} ms; it stays until "
        "ResultsAck rises: check that the PLC runs."
    )


def result_ack_stuck(limit_ms: int) -> str:
    """RESULT_ACK_STUCK."""
    return (
        f"The PLC has held ResultsAck for more than {limit_ms} ms, the next result waits; it should take it back "
        "when ResultsValid falls: check its program."
    )


def recipe_request_stuck(recipe_id: int, limit_ms: int) -> str:
    """RECIPE_REQUEST_STUCK."""
    return (
        f"The PLC has held RecipeRequest for more than {limit_ms} ms after its answer (RecipeId {recipe_id}); it "
        "should take it back at RecipeAck or RecipeError: check its program."
    )


def events_lost(count: int) -> str:
    """EVENTS_LOST."""
    return (
        f"{count} events of the PLC were lost because the station did not read them: parts may be unaccounted, "
        "reject all in flight."
    )


_COUNT_FROM = "both counted since the PLC came"


def passes_differ(passed: int, shown: int) -> str:
    """COUNTERS_DIFFER, the worst kind."""
    return (
        f"The PLC counts {passed} passed parts where the station has shown it {shown} PASS results ({_COUNT_FROM}): a "
        "part that was not found good may lie among the good ones; stop the line, take out the last parts that passed "
        "and check the PLC's acceptance rule."
    )


def triggers_differ(plc_triggers: int, seen: int) -> str:
    """COUNTERS_DIFFER."""
    return (
        f"The PLC counts {plc_triggers} triggered parts where the station saw {seen} triggers ({_COUNT_FROM}): a part "
        "went by without inspection or was counted twice; check that PlcTriggers rises with the Trigger bit, and that "
        "the bit stays until TriggerAck or MissedTrigger."
    )


def sum_differs(passed: int, rejected: int, triggers: int, in_hand: int) -> str:
    """COUNTERS_DIFFER."""
    return (
        f"The PLC counts {passed} passed and {rejected} rejected parts, more than the {triggers} that it triggered and "
        f"the {in_hand} that it held when it came: parts are counted that the station does not know; check how the PLC "
        "counts, and that no part enters the line behind the trigger."
    )
