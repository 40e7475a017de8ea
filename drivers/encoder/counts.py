"""Arithmetic on encoder counters that wrap.

A PLC latches 32 bits, a camera chunk carries 32 or 64: both are compared in the narrower width. Must not know what
the counts mean in millimetres.
"""

from __future__ import annotations

PLC_BITS = 32


def signed_difference(later_counts: int, earlier_counts: int, bits: int = PLC_BITS) -> int:
    """`later - earlier` on a counter of `bits` bits, in -2^(bits-1) .. 2^(bits-1)-1; negative means reversal."""
    modulus = 1 << bits
    half = modulus >> 1
    return (later_counts - earlier_counts + half) % modulus - half


def wrapped(counts: int, bits: int = PLC_BITS) -> int:
    """The count as a counter of `bits` bits shows it."""
    return counts % (1 << bits)
