"""All that keeps pictures, put together: what the line hands frames to, what people read from, what metrics ask.

Must not know the configuration beyond its section, nor the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from drivers.camera.interface import Frame, RingLayout
from station.config.model_people import Pictures
from station.core.values import Decision
from station.fault_board import FaultBoard
from station.pictures.keeper import PictureKeeper
from station.pictures.plan import PicturePlan
from station.pictures.previews import Previews
from station.pictures.rules import KeepRule, KeptClass, Room
from station.pictures.store import PictureStore
from station.pictures.writer import QUEUE_PICTURES

STOP_LIMIT_S: Final = 0.7
"""For what is still to be encoded; then the picture process has as long again to write it."""


class PictureArchive:
    """`start` in the loop once the cameras have their rings, `stop` before they lose them. See `PictureKeeper`."""

    def __init__(
        self,
        folder: Path,
        settings: Pictures,
        faults: FaultBoard,
        rings: Mapping[str, RingLayout],
        give_back: Callable[[str, Frame], None],
        *,
        views: Callable[[], Sequence[str]],
        held_max: Mapping[str, int],
        review: Callable[[Decision], bool],
        context: Callable[[], Mapping[str, Any]],
    ) -> None:
        rule, plan = KeepRule.of(settings), PicturePlan(rings, str(folder), settings)
        self.keeper = PictureKeeper(
            plan, give_back, rule, faults, views=views, held_max=held_max, review=review, context=context
        )
        self.store = PictureStore(folder)
        self.budget_bytes = rule.budget_bytes

    @property
    def previews(self) -> Previews:
        """Small pictures for people who watch."""
        return self.keeper.previews

    def start(self) -> None:
        """Begin to keep."""
        self.keeper.start()

    async def stop(self) -> None:
        """All slots go back; what waits is written, unless the disk takes too long. Idempotent, 2 s at most."""
        await self.keeper.stop(STOP_LIMIT_S)

    @property
    def written(self) -> Mapping[KeptClass, int]:
        """Pictures written since the start, by class."""
        return self.keeper.link.written

    @property
    def dropped(self) -> int:
        """Pictures that should have been kept since the start and were not."""
        return self.keeper.dropped

    @property
    def made_lossy(self) -> int:
        """Pictures for review that became JPEG because others waited."""
        return self.keeper.link.made_lossy

    @property
    def restarts(self) -> int:
        """How often the picture process ended by itself."""
        return self.keeper.link.restarts

    @property
    def waiting(self) -> int:
        """Encoded pictures that wait for the disk, of `capacity`."""
        return self.keeper.link.status.waiting

    @property
    def capacity(self) -> int:
        """How many may wait."""
        return QUEUE_PICTURES

    @property
    def stored_bytes(self) -> int:
        """Room that the kept pictures take, as far as they have been counted (`counted`)."""
        return self.keeper.link.status.stored_bytes

    @property
    def counted(self) -> bool:
        """Every picture from before the start is in `stored_bytes`."""
        return self.keeper.link.status.counted

    @property
    def disk_free_bytes(self) -> int:
        """Room on the pictures' disk, when it was last looked at; 0 before."""
        return self.keeper.link.status.free_bytes

    @property
    def room(self) -> Room:
        """What there is room for."""
        return self.keeper.link.status.room
