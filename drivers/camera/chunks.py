"""What a buffer carries beside its picture: encoder counts by line, inputs, time, number (SFNC 2.7 chapter 23).

It needs a node map whose chunks have been brought up to date, as GenApi gives it, and must not know buffers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drivers.camera.aliases import Family, find_node
from drivers.camera.interface import EncoderTrack

SAMPLES = 9


@dataclass(frozen=True, slots=True)
class Chunks:
    """What was asked for and was there."""

    encoder: EncoderTrack | None = None
    timestamp_ns: int | None = None
    line_status: int | None = None
    frame_id: int | None = None


def sample_lines(lines_valid: int) -> tuple[int, ...]:
    """At most SAMPLES lines from the first to the last valid one, evenly spread; (0,) when there is none."""
    last = max(0, lines_valid - 1)
    return tuple(sorted({last * n // (SAMPLES - 1) for n in range(SAMPLES)}))


class ChunkReader:
    """Reads the chunks `wanted` ("EncoderValue", ..); with `by_line`, EncoderValue at several lines of the frame."""

    def __init__(self, nodes: Any, family: Family, wanted: tuple[str, ...], *, by_line: bool) -> None:
        self._nodes = {name: find_node(nodes, family, f"Chunk{name}") for name in wanted}
        self._line = find_node(nodes, family, "ChunkScanLineSelector") if by_line else None

    def read(self, lines_valid: int) -> Chunks:
        """The chunks of the buffer at hand, which has so many lines. What cannot be read is missing."""
        return Chunks(
            encoder=self._encoder(lines_valid),
            timestamp_ns=self._whole("Timestamp"),
            line_status=self._whole("LineStatusAll"),
            frame_id=self._whole("FrameID"),
        )

    def _whole(self, name: str) -> int | None:
        node = self._nodes.get(name)
        if node is None:
            return None
        try:
            return int(node.value)
        except Exception:  # noqa: BLE001 - each binding has its own; an unreadable chunk is a missing chunk
            return None

    def _encoder(self, lines_valid: int) -> EncoderTrack | None:
        node = self._nodes.get("EncoderValue")
        if node is None:
            return None
        if self._line is None:
            count = self._whole("EncoderValue")
            return None if count is None else EncoderTrack((0,), (count,))
        lines = sample_lines(lines_valid)
        counts: list[int] = []
        try:
            for line in lines:
                self._line.value = line
                counts.append(int(node.value))
        except Exception:  # noqa: BLE001 - as above; without every sample the track proves nothing
            return None
        return EncoderTrack(lines, tuple(counts))
