"""Is the clock right: synchronised, and not before what this station has recorded already?"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from station.doctor.box import Box
from station.doctor.finding import Finding, bad, note, ok

PROGRAM_IS_OF = datetime(2025, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time has lost it."""
_AHEAD_S = 5.0
_STA_UNSYNC = 0x0040
_TIMEX_BYTES = 512
_STATUS_PLACE = 40
"""struct timex of 64-bit Linux: u32 modes (padded), s64 offset, freq, maxerror, esterror, then int status."""


def synchronised(box: Box) -> Iterator[Finding]:
    """What the kernel says: adjtimex(2), asked without changing anything."""
    del box
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    if state < 0:
        yield note(f"the kernel does not tell ({os.strerror(ctypes.get_errno())})", "look with: timedatectl")
        return
    status = int.from_bytes(buffer.raw[_STATUS_PLACE : _STATUS_PLACE + 4], "little")
    if status & _STA_UNSYNC:
        doing = "let it be set by the plant's time server: timedatectl set-ntp true, or chrony; records bear its time"
        yield note("the clock is not synchronised", doing)
    else:
        yield ok("the clock is synchronised")


def plausible(box: Box, now_s: float | None = None) -> Iterator[Finding]:
    """Not before this program, and not before the newest file of the records."""
    now_s = time.time() if now_s is None else now_s
    shown = f"{datetime.fromtimestamp(now_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
    doing = "set the clock (timedatectl set-time), and look at the machine's battery"
    if now_s < PROGRAM_IS_OF.timestamp():
        yield bad(f"the clock shows {shown}, before this program was written", doing)
        return
    try:
        newest_s = max((file.stat().st_mtime for file in box.records.glob("*") if file.is_file()), default=0.0)
    except OSError as error:
        yield note(f"{box.records} cannot be looked through: {error.strerror}", "see 'disk' below")
        return
    if newest_s > now_s + _AHEAD_S:
        newest = f"{datetime.fromtimestamp(newest_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
        yield bad(f"the clock shows {shown}, but there are records of {newest}", doing)
    else:
        yield ok(f"the clock shows {shown}, after all records")
