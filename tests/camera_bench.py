"""A world and an open simulated camera in it, for tests of the producer; put away at the end of the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera.producer.background import LIVE_COLUMNS
from drivers.camera.producer.build import BuildError, built_producer
from drivers.camera.producer.feature_table import EVENTS
from tests.camera_gentl import Consumer, Delivered, consumer
from tests.camera_scene import HEIGHT_PX, WIDTH_PX, World, same_picture, turning_world


@dataclass
class Bench:
    """A world and an open camera in it."""

    world: World
    camera: Consumer


class Opener:
    """Makes benches. `serial`: another camera than the scene is for."""

    def __init__(self, producer: Path, folder: Path, patch: pytest.MonkeyPatch, stack: ExitStack) -> None:
        self._producer, self._scene, self._patch, self._stack = producer, folder / "scene", patch, stack

    def __call__(self, *, area: bool = False, serial: str | None = None, count0: int = 0) -> Bench:
        self._patch.setenv("EDGE_SCENE", str(self._scene))
        world = self._stack.enter_context(turning_world(self._scene, area=area, count0=count0))
        name = serial or ("AREA01" if area else "LINE01")
        return Bench(world, self._stack.enter_context(consumer(self._producer, name)))


def producer_or_skip() -> Path:
    """The simulated producer, built when needed; a loud skip where it cannot be."""
    try:
        return built_producer()
    except BuildError as error:
        pytest.skip(f"LOUD SKIP: {error}: the simulated cameras are NOT tested here")


@contextmanager
def opener(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """What a fixture gives to its tests."""
    with ExitStack() as stack:
        yield Opener(producer_or_skip(), folder, patch, stack)


def started(opened: Opener, *, area: bool = False) -> Bench:
    """A camera that waits for pulses, with all its messages."""
    bench = opened(area=area)
    bench.camera.configure(WIDTH_PX, HEIGHT_PX, divider=None if area else 4)
    for number in range(len(EVENTS) - int(area)):
        bench.camera.write("EventNotification", "On", number)
    bench.camera.start()
    return bench


def taken(bench: Bench, picture: int = -1, number: int = 0) -> tuple[int, Delivered]:
    """The start count of a pulse and its frame, whose buffer stays out."""
    start = bench.world.pulse(picture, number=number)
    return start, bench.camera.next()


def same_but_number(expected: NDArray[np.uint8], seen: NDArray[np.uint8]) -> bool:
    """Whether a frame is this picture, but for live noise and number."""
    masked = seen.copy()
    masked[0, LIVE_COLUMNS : LIVE_COLUMNS + 32] = expected[0, LIVE_COLUMNS : LIVE_COLUMNS + 32]
    return same_picture(masked, expected)
