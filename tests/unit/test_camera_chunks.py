"""Chunks: where the encoder is sampled, and what is made of chunks that are missing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.aliases import FAMILIES, SFNC
from drivers.camera.chunks import SAMPLES, ChunkReader, Chunks, sample_lines
from drivers.camera.interface import EncoderTrack

ALL = ("EncoderValue", "Timestamp", "LineStatusAll", "FrameID")


class Encoder:
    """ChunkEncoderValue of the line that is selected; four counts a line, none beyond the last line sent."""

    def __init__(self, lines: int = 360) -> None:
        self.lines = lines
        self.selector = SimpleNamespace(value=0)

    @property
    def value(self) -> int:
        if self.selector.value >= self.lines:
            raise RuntimeError("no such line")
        return 1000 + 4 * self.selector.value


def nodes_of(encoder: Encoder, **others: object) -> SimpleNamespace:
    return SimpleNamespace(ChunkEncoderValue=encoder, ChunkScanLineSelector=encoder.selector, **others)


@given(st.integers(0, 65_536))
def test_samples_go_from_the_first_line_to_the_last_valid_one(lines_valid: int) -> None:
    lines = sample_lines(lines_valid)
    assert lines[0] == 0
    assert lines[-1] == max(0, lines_valid - 1)
    assert list(lines) == sorted(set(lines))
    assert len(lines) == max(1, min(SAMPLES, lines_valid))


def test_a_line_camera_gives_a_count_for_each_sampled_line() -> None:
    chunks = ChunkReader(nodes_of(Encoder()), SFNC, ALL, by_line=True).read(360)
    lines = sample_lines(360)
    assert chunks == Chunks(EncoderTrack(lines, tuple(1000 + 4 * line for line in lines)))


def test_an_area_camera_gives_one_count() -> None:
    chunks = ChunkReader(nodes_of(Encoder()), SFNC, ("EncoderValue",), by_line=False).read(360)
    assert chunks.encoder == EncoderTrack((0,), (1000,))


def test_a_line_camera_without_a_selector_gives_one_count() -> None:
    nodes = SimpleNamespace(ChunkEncoderValue=SimpleNamespace(value=-7))
    assert ChunkReader(nodes, SFNC, ("EncoderValue",), by_line=True).read(360).encoder == EncoderTrack((0,), (-7,))


def test_a_track_with_a_sample_missing_is_no_track() -> None:
    assert ChunkReader(nodes_of(Encoder(lines=100)), SFNC, ("EncoderValue",), by_line=True).read(360) == Chunks()


def test_only_what_was_asked_for_is_read() -> None:
    nodes = nodes_of(Encoder(), ChunkTimestamp=SimpleNamespace(value=5), ChunkLineStatusAll=SimpleNamespace(value=3))
    assert ChunkReader(nodes, SFNC, ("LineStatusAll",), by_line=True).read(9) == Chunks(line_status=3)


def test_other_makers_names_are_found() -> None:
    racer = next(family for family in FAMILIES if family.name == "basler-racer2")
    nodes = SimpleNamespace(BslChunkTimestampValue=SimpleNamespace(value=12), ChunkFrameID=SimpleNamespace(value=3))
    found = ChunkReader(nodes, racer, ("Timestamp", "FrameID"), by_line=True).read(9)
    assert found == Chunks(timestamp_ns=12, frame_id=3)


@pytest.mark.parametrize("wanted", [(), ALL])
def test_a_camera_without_any_chunk_gives_none(wanted: tuple[str, ...]) -> None:
    assert ChunkReader(SimpleNamespace(), SFNC, wanted, by_line=True).read(9) == Chunks()
