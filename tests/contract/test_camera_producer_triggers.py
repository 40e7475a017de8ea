"""The simulated cameras at their GenTL functions: when a frame begins, what the encoder does, what the camera says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera.producer.background import LIVE_COLUMNS
from drivers.camera.producer.feature_table import EVENTS
from drivers.camera.producer.stamp import read_stamp
from tests.camera_bench import Opener, opener
from tests.camera_gentl import MODULE, NOT_IMPLEMENTED, TIMEOUT, GenTLError
from tests.camera_scene import HEIGHT_PX, WIDTH_PX, same_picture

READOUT_NS = 5_000_000
MISSED = 0x9001 + EVENTS.index("FrameTriggerMissed")


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    with opener(tmp_path, monkeypatch) as opened:
        yield opened


def test_the_pulse_is_seen_on_line_1_only_by_the_frame_that_it_started(opened: Opener) -> None:
    bench = opened()
    bench.camera.configure(WIDTH_PX, HEIGHT_PX)
    bench.camera.start()
    start = bench.world.pulse()
    status = bench.camera.next().word("LineStatusAll")
    bench.camera.stop()
    assert status & 0b11 == 0b10
    assert status >> 2 == {0: 0b00, 1: 0b10, 2: 0b11, 3: 0b01}[start % 4]
    bench.camera.write("TriggerMode", "Off")
    bench.camera.start()
    assert bench.camera.next().word("LineStatusAll") & 0b11 == 0


def test_an_area_frame_is_whole_taken_at_its_pulse_and_read_out_after_it(opened: Opener) -> None:
    bench = opened(area=True)
    camera, world = bench.camera, bench.world
    camera.configure(WIDTH_PX, HEIGHT_PX, divider=None)
    camera.start()
    exposure_ns = int(camera.read("ExposureTime") * 1000)
    for seed in (1, 2, 3):
        part, expected = world.add_part(seed, width_px=70 * seed)
        start = world.pulse(part, number=seed)
        frame = camera.next()
        assert frame.counts == [start]
        assert same_picture(frame.grey8, _with_number(expected, frame.grey8))
        assert read_stamp(frame.grey8) == seed
        assert frame.timestamp_ns - frame.word("Timestamp") == exposure_ns + READOUT_NS
        camera.queue(frame.handle)


def _with_number(expected: NDArray[np.uint8], seen: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The expected picture with the burnt-in pixels as they are; the number is looked at by itself."""
    burnt = expected.copy()
    burnt[0, LIVE_COLUMNS : LIVE_COLUMNS + 32] = seen[0, LIVE_COLUMNS : LIVE_COLUMNS + 32]
    return burnt


def test_a_software_trigger_takes_a_picture_and_one_too_early_is_missed_and_said(opened: Opener) -> None:
    bench = opened(area=True)
    camera, world = bench.camera, bench.world
    camera.configure(WIDTH_PX, HEIGHT_PX, divider=None, frames="Software")
    camera.write("EventNotification", "On", EVENTS.index("FrameTriggerMissed"))
    camera.write("TriggerSoftware", 1)  # before the acquisition: nobody hears it
    camera.write("ExposureTime", 1_000_000)
    camera.start()
    part, expected = world.add_part(4)
    world.scene.show(world.count(), part, pulse=False)
    camera.write("TriggerSoftware", 1)
    camera.write("TriggerSoftware", 1)
    number, at_ns, frame_id = camera.message()
    frame = camera.next()
    assert same_picture(frame.grey8, np.minimum(expected.astype(int) * 1000, 255).astype(np.uint8))
    assert (number, frame_id) == (MISSED, frame.frame_id)
    assert frame.word("Timestamp") <= at_ns < frame.timestamp_ns
    assert (frame.frame_id, world.scene.counters()["triggers_missed"]) == (1, 1)


def test_a_pulse_while_the_sensor_is_busy_starts_nothing_one_during_the_readout_does(opened: Opener) -> None:
    bench = opened(area=True)
    camera, world = bench.camera, bench.world
    camera.configure(WIDTH_PX, HEIGHT_PX, divider=None)
    camera.write("ExposureTime", 20_000)
    camera.start()
    first = world.pulse()  # 28 800 counts a second: exposed for 576 counts, read out for 144 more
    for later in (100, 550, 600):
        world.scene.show(first + later, -1)
    assert [camera.next().counts for _ in range(2)] == [[first], [first + 600]]
    assert world.scene.counters()["triggers_missed"] == 2


@pytest.mark.parametrize(("enabled", "expected_ns"), [(1, 20_000_000), (0, READOUT_NS)])
def test_a_free_running_area_camera_keeps_its_rate(opened: Opener, enabled: int, expected_ns: int) -> None:
    camera = opened(area=True).camera
    camera.configure(WIDTH_PX, HEIGHT_PX, divider=None, frames=None)
    camera.write("AcquisitionFrameRate", 50.0)
    camera.write("AcquisitionFrameRateEnable", enabled)
    camera.start(buffers=8)
    times: list[int] = []
    for _ in range(6):
        frame = camera.next()
        times.append(frame.word("Timestamp"))
        camera.queue(frame.handle)
    steps = np.diff(times)
    assert (steps % expected_ns == 0).all() or steps.max() > 100_000_000, steps  # a frame without buffer is a gap


def test_a_free_running_line_camera_without_its_rate_is_as_fast_as_its_exposure(opened: Opener) -> None:
    camera = opened().camera
    camera.configure(WIDTH_PX, HEIGHT_PX, divider=None, frames=None)
    camera.write("ExposureTime", 98.0)
    camera.write("AcquisitionLineRateEnable", 0)
    camera.start()
    frame = camera.next()
    assert abs(frame.timestamp_ns - frame.word("Timestamp") - HEIGHT_PX * 100_000) < 1000


def test_messages_come_only_when_they_are_asked_for_and_in_order(opened: Opener) -> None:
    bench = opened()
    camera, world = bench.camera, bench.world
    camera.configure(WIDTH_PX, HEIGHT_PX)
    for event in ("FrameTrigger", "FrameStart", "FrameEnd"):
        camera.write("EventNotification", "On", EVENTS.index(event))
    camera.start()
    world.pulse()
    frame = camera.next()
    messages = [camera.message(0) for _ in range(3)]
    assert [EVENTS[number - 0x9001] for number, _, _ in messages] == ["FrameTrigger", "FrameStart", "FrameEnd"]
    assert [frame_id for _, _, frame_id in messages] == [frame.frame_id] * 3
    assert [at_ns for _, at_ns, _ in messages] == [frame.word("Timestamp")] * 2 + [frame.timestamp_ns]
    camera.write("EventNotification", "Off", EVENTS.index("FrameTrigger"))
    camera.queue(frame.handle)
    world.pulse()
    camera.next()
    assert EVENTS[camera.message(0)[0] - 0x9001] == "FrameStart"
    assert world.scene.counters()["events_sent"] == 5


def test_messages_that_nobody_takes_are_lost_and_counted(opened: Opener) -> None:
    bench = opened()
    camera, world = bench.camera, bench.world
    camera.configure(WIDTH_PX, 8)
    for event in ("FrameTrigger", "FrameStart", "FrameEnd"):
        camera.write("EventNotification", "On", EVENTS.index(event))
    camera.start(buffers=32)
    start = world.count() + 200
    for n in range(24):
        world.scene.show(start + 32 * n, -1)
    for _ in range(24):
        camera.next()
    said = [camera.message(0)[2] for _ in range(64)]
    assert said == [1 + n // 3 for n in range(64)]
    with pytest.raises(GenTLError) as nothing:
        camera.message(0)
    assert nothing.value.code == TIMEOUT
    assert world.scene.counters()["events_lost"] == 3 * 24 - 64


def test_an_event_that_the_device_has_not_is_refused(opened: Opener) -> None:
    with pytest.raises(GenTLError) as refused:
        opened().camera.register_event(MODULE)
    assert refused.value.code == NOT_IMPLEMENTED


@pytest.mark.parametrize("mode", ["Off", "DirectionDown", "PositionDown"])
def test_an_encoder_whose_output_stands_still_gives_no_lines(opened: Opener, mode: str) -> None:
    bench = opened()
    bench.camera.configure(WIDTH_PX, HEIGHT_PX)
    bench.camera.write("EncoderOutputMode", mode)
    bench.camera.start()
    bench.world.pulse()
    with pytest.raises(GenTLError) as nothing:
        bench.camera.next(150)  # three turns
    assert nothing.value.code == TIMEOUT


def test_exchanged_encoder_tracks_count_down(opened: Opener) -> None:
    bench = opened()
    bench.camera.configure(WIDTH_PX, HEIGHT_PX)
    bench.camera.write("EncoderSourceA", "Line3")
    bench.camera.write("EncoderSourceB", "Line2")
    bench.camera.write("EncoderOutputMode", "DirectionDown")
    bench.camera.start()
    start = bench.world.pulse()
    assert bench.camera.next().counts == [-(start + 4 * line) % 2**32 for line in range(HEIGHT_PX)]
    assert bench.camera.read("EncoderStatus") == 1


def test_an_encoder_reset_begins_to_count_from_nothing(opened: Opener) -> None:
    bench = opened(count0=1_000_000)
    bench.camera.write("EncoderReset", 1)
    zero = bench.camera.read("EncoderValueAtReset")
    assert zero >= 1_000_000
    bench.camera.configure(WIDTH_PX, HEIGHT_PX)
    bench.camera.start()
    start = bench.world.pulse()
    assert bench.camera.next().counts[0] == start - zero
