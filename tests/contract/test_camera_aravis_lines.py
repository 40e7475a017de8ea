"""Line scan over GigE Vision: encoder counts by line, the end of 16-bit numbers, packets lost and sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraUp, Frame, FrameLost
from tests.camera_aravis import HEIGHT_PX, WIDTH_PX, GigeCamera, aravis_settings, gige_camera
from tests.camera_scene import next_of
from tests.gige_line_peer import COUNTS_PER_LINE, LAST_NUMBER
from tests.gige_peer import number_of, picture

LOST_PACKET = 9
IN_FLIGHT = 5
BYTES_BEFORE_IT = (LOST_PACKET - 1) * (1500 - 36)


@pytest.fixture(scope="module")
def peer() -> Iterator[GigeCamera]:
    with gige_camera("tests.gige_line_peer") as peer:
        yield peer


@pytest.fixture
async def camera(peer: GigeCamera) -> AsyncIterator[GenicamCamera]:
    camera = GenicamCamera(
        aravis_settings(
            line_trigger={"source": "Encoder0", "encoder_divider": COUNTS_PER_LINE},
            frame_trigger=None,
            chunks=["EncoderValue"],
        )
    )
    await camera.start()
    yield camera
    await camera.stop()
    peer.order("drop -1")
    peer.order("resend 1")


def is_whole(seen: np.ndarray) -> bool:
    return np.array_equal(seen, picture(number_of(seen), HEIGHT_PX, WIDTH_PX))


async def whole_frame(camera: GenicamCamera) -> Frame:
    """The next whole frame: on a busy machine one may be given up that did not come through in time."""
    frame = await next_of(camera, Frame)
    while not frame.complete:
        camera.release(frame)
        frame = await next_of(camera, Frame)
    return frame


async def test_every_picture_says_what_the_encoder_stood_at_line_by_line(camera: GenicamCamera) -> None:
    up = await next_of(camera, CameraUp)
    assert not up.identity.simulated
    last: tuple[int, int] | None = None
    wrapped = False
    while not wrapped:
        frame = await whole_frame(camera)
        seen = camera.view(frame)
        assert is_whole(seen)
        assert frame.stale_rows == 0
        assert frame.encoder is not None
        track = frame.encoder
        assert track.lines[-1] == HEIGHT_PX - 1
        assert [count - track.counts[0] for count in track.counts] == [COUNTS_PER_LINE * line for line in track.lines]
        wire_id = track.counts[0] // (HEIGHT_PX * COUNTS_PER_LINE)
        assert number_of(seen) == wire_id % 256
        if last is not None:
            wrapped = wire_id < last[0]
            assert frame.frame_id - last[1] == (wire_id - last[0]) % LAST_NUMBER
        last = wire_id, frame.frame_id
        camera.release(frame)


async def test_a_lost_packet_is_asked_for_again(camera: GenicamCamera, peer: GigeCamera) -> None:
    camera.release(await next_of(camera, Frame))
    peer.order(f"drop {LOST_PACKET}")
    for _ in range(10):
        frame = await whole_frame(camera)
        assert is_whole(camera.view(frame))
        camera.release(frame)


async def test_a_packet_lost_for_good_ends_the_valid_lines(camera: GenicamCamera, peer: GigeCamera) -> None:
    camera.release(await next_of(camera, Frame))
    peer.order("resend 0")
    peer.order(f"drop {LOST_PACKET}")
    for _ in range(IN_FLIGHT):
        camera.release(await next_of(camera, Frame))
    found: list[int] = []
    for _ in range(10):
        frame = await next_of(camera, Frame)
        seen, lines = camera.view(frame), frame.lines_valid
        assert not frame.complete
        assert frame.encoder is None  # the chunks come last, and are not to be trusted
        assert np.array_equal(seen[:lines], picture(number_of(seen), HEIGHT_PX, WIDTH_PX)[:lines])
        assert not seen[lines:].any()
        found.append(lines)
        camera.release(frame)
    assert max(found) <= BYTES_BEFORE_IT // WIDTH_PX
    assert max(found) >= BYTES_BEFORE_IT // WIDTH_PX - 1


async def test_a_picture_without_its_leader_is_lost_by_number(camera: GenicamCamera, peer: GigeCamera) -> None:
    before = await next_of(camera, Frame)
    camera.release(before)
    peer.order("resend 0")
    peer.order("drop 0")
    lost = await next_of(camera, FrameLost)
    assert lost.reason == "incomplete without lines"
    assert lost.frame_id > before.frame_id
    peer.order("drop -1")
    frame = await whole_frame(camera)
    assert frame.frame_id > lost.frame_id
    camera.release(frame)
