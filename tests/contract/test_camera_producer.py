"""The simulated cameras at their GenTL functions: what stands in a frame. Formats, brightness, chunks, windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera.producer.background import LIVE_COLUMNS
from drivers.camera.producer.feature_table import PIXEL_FORMATS
from drivers.camera.producer.stamp import read_stamp
from tests.camera_bench import Opener, opener
from tests.camera_gentl import ACCESS_DENIED, INVALID_ADDRESS, INVALID_VALUE, GenTLError
from tests.camera_scene import HEIGHT_PX, TURN_COUNTS, WIDTH_PX, background_picture, same_picture


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    with opener(tmp_path, monkeypatch) as opened:
        yield opened


def values(raw: NDArray[np.uint8], name: str, pixels: int) -> NDArray[np.uint16]:
    """The first value of every pixel, read bit by bit as PFNC lays it down."""
    bits = {"Mono10p": 10, "Mono12p": 12, "Mono10": 16, "Mono12": 16, "RGB8": 24}.get(name, 8)
    table = np.unpackbits(raw[: pixels * bits // 8], bitorder="little").reshape(pixels, bits)
    if name == "RGB8":
        assert (table[:, :8] == table[:, 8:16]).all()
        assert (table[:, :8] == table[:, 16:]).all()
        table = table[:, :8]
    return (table.astype(np.uint32) << np.arange(table.shape[1], dtype=np.uint32)).sum(axis=1).astype(np.uint16)


def deepened(grey: NDArray[np.uint8], name: str) -> NDArray[np.uint16]:
    """What a grey value of 8 bits is in this format."""
    wide = grey.astype(np.uint16)
    if "10" in name:
        return wide << 2 | wide >> 6
    return wide << 4 | wide >> 4 if "12" in name else wide


@pytest.mark.parametrize("area", [False, True], ids=["line", "area"])
@pytest.mark.parametrize("name", [name for name, _ in PIXEL_FORMATS])
def test_every_format_carries_the_picture_and_repaints_marked_rows(opened: Opener, name: str, area: bool) -> None:
    bench = opened(area=area)
    camera, world = bench.camera, bench.world
    camera.write("PixelFormat", name)
    camera.configure(WIDTH_PX, HEIGHT_PX, divider=None if area else 4)
    camera.start(buffers=1)
    for seed in (1, 2):
        part, expected = world.add_part(seed)
        world.pulse(part, number=seed)
        frame = camera.next()
        assert (frame.format, frame.lines, frame.incomplete) == (dict(PIXEL_FORMATS)[name], HEIGHT_PX, False)
        pixels = values(frame.memory, name, WIDTH_PX * HEIGHT_PX).reshape(HEIGHT_PX, WIDTH_PX)
        assert np.array_equal(pixels[1:], deepened(expected, name)[1:])
        assert np.array_equal(pixels[0, 64:], deepened(expected, name)[0, 64:])
        assert (read_stamp(pixels.astype(np.uint8)) == seed) == (name == "Mono8")
        stride = (frame.filled - sum(map(len, frame.chunks.values()))) // HEIGHT_PX
        for row in range(0, HEIGHT_PX, 48):
            frame.memory[row * stride : row * stride + 64] = 0xA5
        camera.queue(frame.handle)


@pytest.mark.parametrize("area", [False, True], ids=["line", "area"])
def test_exposure_and_gain_make_it_brighter_in_proportion(opened: Opener, area: bool) -> None:
    bench = opened(area=area)
    camera, world = bench.camera, bench.world
    part, expected = world.add_part(3)
    camera.configure(WIDTH_PX, HEIGHT_PX, divider=None if area else 4)
    usual_us = camera.read("ExposureTime")
    camera.start()
    for exposure, gain_db in ((0.5, 0.0), (1.0, 0.0), (2.0, 0.0), (0.5, 12.0)):
        camera.write("ExposureTime", usual_us * exposure)
        camera.write("Gain", gain_db)
        world.pulse(part)
        frame = camera.next()
        bright = np.minimum(np.floor(expected * exposure * 10 ** (gain_db / 20) + 0.5), 255)
        assert same_picture(frame.grey8, bright.astype(np.uint8)), (exposure, gain_db)
        camera.queue(frame.handle)


def test_every_line_has_its_count_and_counts_wrap_at_32_bits(opened: Opener) -> None:
    bench = opened(count0=2**32 - TURN_COUNTS)
    bench.camera.configure(WIDTH_PX, HEIGHT_PX)
    bench.camera.start()
    for _ in range(3):
        start = bench.world.pulse()
        frame = bench.camera.next()
        assert frame.counts == [(start + 4 * line) % 2**32 for line in range(HEIGHT_PX)]
        assert frame.word("FrameID") == frame.frame_id
        assert frame.word("Timestamp") < frame.timestamp_ns
        bench.camera.queue(frame.handle)
    assert 0 < bench.camera.read("EncoderValue") < 2**31


def test_the_window_is_cut_out_of_the_sensor(opened: Opener) -> None:
    bench = opened(area=True)
    part, expected = bench.world.add_part(5)
    bench.camera.configure(320, 200, divider=None)
    bench.camera.write("OffsetX", 168)
    bench.camera.write("OffsetY", 96)
    bench.camera.start()
    bench.world.pulse(part)
    seen = bench.camera.next().grey8
    background = background_picture()
    covered = expected[96:296, 168:488] != background[96:296, 168:488]
    assert np.array_equal(seen[covered], expected[96:296, 168:488][covered])
    plain = np.ones(seen.shape, bool)
    plain[:, 200 - 168 : 290 - 168] = False
    plain[0, :LIVE_COLUMNS] = False
    assert np.array_equal(seen[plain], background[:200, :320][plain])


def test_values_that_a_camera_cannot_take_are_refused(opened: Opener) -> None:
    camera = opened(area=True).camera
    camera.write("OffsetX", 1632)  # 2464 px from here are the sensor's last
    for name, value in (
        ("OffsetX", 1633), ("OffsetY", 2041), ("Width", 2465), ("Width", 2472), ("Width", 8), ("Height", 0),
        ("PixelFormat", 0x01080002), ("ExposureTime", 0.5), ("Gain", 24.5), ("AcquisitionFrameRate", 0.0),
        ("TriggerSource", 2),
    ):  # fmt: skip
        with pytest.raises(GenTLError) as refused:
            camera.write(name, value)
        assert refused.value.code == INVALID_VALUE, name
    for name in ("EncoderDivider", "EncoderOutputMode", "AcquisitionLineRate", "SensorWidth"):
        with pytest.raises(GenTLError) as refused:
            camera.write(name, 1)
        assert refused.value.code == INVALID_ADDRESS, name


def test_what_a_buffer_is_sized_for_is_locked_while_frames_are_acquired(opened: Opener) -> None:
    camera = opened().camera
    camera.configure(WIDTH_PX, HEIGHT_PX)
    camera.start()
    for name in ("Width", "Height", "OffsetX", "PixelFormat", "ChunkModeActive", "ChunkEnable", "TriggerMode"):
        with pytest.raises(GenTLError) as refused:
            camera.write(name, camera.read(name))
        assert refused.value.code == ACCESS_DENIED, name
    camera.stop()
    camera.write("Width", WIDTH_PX // 2)


@pytest.mark.parametrize("area", [False, True], ids=["line", "area"])
def test_a_camera_in_the_other_ones_scene_is_dark(opened: Opener, area: bool) -> None:
    camera = opened(area=area, serial="LINE01" if area else "AREA01").camera
    camera.configure(WIDTH_PX, HEIGHT_PX, divider=None, frames=None)
    camera.start()
    frame = camera.next()
    assert not frame.grey8.any()
    assert set(frame.counts) == {0}
