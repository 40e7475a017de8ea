"""How far from its count each output switches: `python -m tests.gate_error` (50 parts/s at 1000 counts/s).

Coupler and station are two processes over loopback; prints errors in counts (1 count = 1 ms at this speed).
"""

from __future__ import annotations

import asyncio
import sys

from tests.remote_io_peers import FAST_FIRST, FAST_PITCH, GATE_FAST, PASS_COIL, SORT_COIL, coupler, small_station


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


async def main(parts: int) -> None:
    async with (
        coupler(parts=parts, pitch=FAST_PITCH, first=FAST_FIRST) as io,
        small_station(io.port, rule="fast") as station,
    ):
        io.tell("speed 1000")
        await io.until(lambda _: len(io.went()) >= parts, limit_s=parts / 50 + 30)
        went = io.went()
        faults = [one["sentence"] for one in station.said if one["event"] == "HandshakeFault"]
    errors: dict[bool, list[float]] = {True: [], False: []}
    opening = FAST_FIRST + GATE_FAST.offset_counts - GATE_FAST.lead_counts
    for on, count, _ in io.switched(PASS_COIL):
        first = opening if on else opening + GATE_FAST.pulse_counts
        errors[on].append(
            count - first - 2 * FAST_PITCH * round((count - first) / (2 * FAST_PITCH))
        )  # of the nearest odd part
    for on, name in ((True, "opens"), (False, "closes")):
        sizes = [abs(error) for error in errors[on]]
        print(
            f"{name}: {len(sizes)} switches, |error| p50 {quantile(sizes, 0.5):.2f} p99 {quantile(sizes, 0.99):.2f} "
            f"max {max(sizes):.2f} counts, mean {sum(errors[on]) / len(sizes):+.2f}"
        )
    wrong = [part for part, through in went.items() if through != [PASS_COIL if part % 2 else SORT_COIL]]
    uninspected = [part for part in wrong if went[part]]
    stops = [str(one["sentence"]) for one in station.said if one["event"] == "CountersDiffer"]
    unsaid = [part for part in uninspected if not any(f" {part} " in one or "(" in one for one in stops)]
    unseen = parts - sum(one["event"] == "PartTriggered" for one in station.said)
    print(
        f"parts {len(went)}, rejected without need {len(wrong) - len(uninspected)}, went through a gate that was not "
        f"theirs {len(uninspected)} {uninspected[:10]} "
        f"(not said by the station: {unsaid}; it stops the line {len(stops)} times), "
        f"never seen {unseen}, faults said {len(faults)} {faults[:1]}"
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
