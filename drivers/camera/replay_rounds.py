"""The endless order in which a recording's frames are shown: numbers, counts and times that go on rising. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.camera.interface import EncoderTrack
from drivers.camera.recording import RecordedFrame

LONE_FRAME_PERIOD_US = 100_000
_WRAP_COUNTS = 1 << 32


@dataclass(frozen=True, slots=True)
class Shown:
    """A recorded frame as it is shown in one of the rounds."""

    recorded: RecordedFrame
    frame_id: int
    offset_us: int
    encoder: EncoderTrack | None


def rounds(frames: tuple[RecordedFrame, ...]) -> Iterator[Shown]:
    """Every frame of the recording, round after round without end.

    A round takes as long as the recording and a mean period; ids go on after the highest, counts after the span of
    the first lines and a mean step, modulo 2**32. Faults within the recording (gaps, repeated numbers) stay.
    """
    first, last = frames[0], frames[-1]
    between = max(1, len(frames) - 1)
    span_us = last.offset_us - first.offset_us
    period_us = span_us + max(1, span_us // between if span_us > 0 else LONE_FRAME_PERIOD_US)
    ids = max(frame.frame_id for frame in frames) - first.frame_id + 1
    counts = [frame.encoder.counts[0] for frame in frames if frame.encoder is not None]
    span_counts = (counts[-1] - counts[0]) % _WRAP_COUNTS if counts else 0
    counts_a_round = span_counts + (span_counts // max(1, len(counts) - 1) if span_counts else _lone_step(first))
    number = 0
    while True:
        for frame in frames:
            yield Shown(
                recorded=frame,
                frame_id=frame.frame_id + number * ids,
                offset_us=frame.offset_us - first.offset_us + number * period_us,
                encoder=_moved(frame.encoder, number * counts_a_round),
            )
        number += 1


def _lone_step(frame: RecordedFrame) -> int:
    """Counts of a single frame: as many as its lines took, or one."""
    if frame.encoder is None:
        return 1
    return max(1, frame.encoder.counts[-1] - frame.encoder.counts[0])


def _moved(track: EncoderTrack | None, counts: int) -> EncoderTrack | None:
    if track is None or counts == 0:
        return track
    return EncoderTrack(track.lines, tuple((count + counts) % _WRAP_COUNTS for count in track.counts))
