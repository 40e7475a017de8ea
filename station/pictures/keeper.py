"""Which frames of the line's become kept pictures, and when their slots go back. Lives in the event loop.

Every frame that the line lets go of passes through here. One of a decided part goes to the picture process or back; one
of a part whose other views are still to come waits in its slot; one of no part goes back. At most so many slots of a
camera are held: beyond, a frame goes back at once and is counted. Nothing here waits, and no verdict waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from drivers.camera.interface import Frame
from station.core.reasons import Outcome
from station.core.values import Action, Classify, Decision, Release
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.pictures.link import PictureLink, Spawn, spawn_process
from station.pictures.order import Job, PartView
from station.pictures.plan import PicturePlan
from station.pictures.previews import Previews
from station.pictures.rules import KeepRule
from station.pictures.store import overlay_of

_HELD_NS_MAX: Final = 1_500_000_000
"""A frame that nobody has begun to encode by then goes back: a slot held for two seconds counts as a fault."""


def _no_pass(decision: Decision) -> bool:
    return decision.outcome is not Outcome.PASSED


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A frame that was let go of before its part was decided."""

    camera: str
    frame: Frame
    since_ns: int


@dataclass(frozen=True, slots=True)
class _Decided:
    """A frame that the line still needs though its part is decided, and what is to be done with it."""

    frame: Frame
    job: Job | None


class PictureKeeper:
    """`told` hears of the line's actions before they are carried out, `release` takes the place of the camera's.

    `give_back` is the camera's release; `views` names the recipe's views by index, `held_max` how many slots of each
    camera may be held, `review` says which parts a person should look at, `context` what is noted with each picture.
    """

    def __init__(
        self,
        plan: PicturePlan,
        give_back: Callable[[str, Frame], None],
        rule: KeepRule,
        faults: FaultBoard,
        *,
        views: Callable[[], Sequence[str]],
        held_max: Mapping[str, int],
        review: Callable[[Decision], bool] = _no_pass,
        context: Callable[[], Mapping[str, Any]] = dict,
        spawn: Spawn = spawn_process,
    ) -> None:
        self._give_back, self._rule, self._faults = give_back, rule, faults
        self._views, self._held_max, self._review, self._context = views, dict(held_max), review, context
        self.previews = Previews()
        self.link = PictureLink(plan, faults, done=self._done, previewed=self._previewed, spawn=spawn)
        # By the frame's own identity, with the frame so that it stays its own. None has more entries than slots.
        self._claimed: dict[int, Frame] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._decided: dict[int, _Decided] = {}
        self._ready: list[Job] = []
        self._held: Counter[str] = Counter()
        self._parts = self._passed = self._refused = 0
        self._stopping = True
        self.offered: Counter[str] = Counter()
        """Frames that were to be kept, by class."""

    @property
    def dropped(self) -> int:
        """Pictures that should have been kept and were not: no slot, no time, or a disk that did not take them."""
        return self._refused + self.link.dropped

    @property
    def held(self) -> Mapping[str, int]:
        """Slots that are held now, by camera."""
        return self._held

    def start(self) -> None:
        """Begin to keep; in the running loop, once the cameras have their rings."""
        self.link.start()
        self._stopping = False

    def told(self, actions: Sequence[Action]) -> None:
        """The line has decided on these, and they are about to be carried out."""
        freed = {id(action.frame) for action in actions if isinstance(action, Release)}
        for action in actions:
            if isinstance(action, Classify):
                self._claimed[id(action.frame)] = action.frame
            elif isinstance(action, Decision) and not self._stopping:
                self._decide(action, freed)
        if self._held.total():
            self._let_go_overdue(time.monotonic_ns())

    def release(self, camera: str, frame: Frame) -> None:
        """The line no longer needs this frame; its slot goes back as soon as its picture is encoded, if it is kept."""
        key, now_ns = id(frame), time.monotonic_ns()
        claimed = self._claimed.pop(key, None) is not None
        decided = self._decided.pop(key, None)
        if self._stopping:
            self._give_back(camera, frame)
        elif decided is not None:
            self._hand_over(camera, frame, decided.job, now_ns)
        elif not claimed:
            self._hand_over(camera, frame, None, now_ns)
        elif self._has_room(camera):
            self._held[camera] += 1
            self._waiting[key] = _Waiting(camera, frame, now_ns)
        else:
            self._refuse()
            self._give_back(camera, frame)

    async def stop(self, limit_s: float = 0.7) -> None:
        """Every slot goes back, once encoded or after the limit. Frames of then on go straight back. Idempotent."""
        self._stopping = True
        for waiting in list(self._waiting.values()):
            self._let_go(waiting)
        self._waiting.clear()
        self._wake()
        await self.link.stop(limit_s)

    def _decide(self, decision: Decision, freed: Container[int]) -> None:
        """What becomes of the part's frames: those that wait, and those that are let go of after this."""
        self._parts += 1
        self._passed += decision.outcome is Outcome.PASSED
        keeping = self._rule.keeping(
            decision.outcome.value, part=self._parts, passed=self._passed,
            review=self._review(decision), room=self.link.status.room,
        )  # fmt: skip
        part, now_ns = decision.part, time.monotonic_ns()
        preview = bool(part.frames) and self.previews.part_due(now_ns)
        names, context = self._views(), self._context()
        for view, frame in part.frames.items():
            job: Job | None = None
            if keeping is not None or preview:
                of = PartView(decision, names[view] if view < len(names) else str(view), part.facts.get(view), context)
                job = Job("", frame, keeping, of, part_preview=preview)
            key = id(frame)
            waiting = self._waiting.pop(key, None)
            if waiting is not None:
                self._held[waiting.camera] -= 1
                self._hand_over(waiting.camera, frame, job, now_ns)
            elif key in self._claimed or key in freed:
                self._decided[key] = _Decided(frame, job)

    def _hand_over(self, camera: str, frame: Frame, job: Job | None, now_ns: int) -> None:
        """To the encoder, if there is something to be done with it and a slot may be held; back otherwise."""
        watched = self.previews.due(camera, now_ns)
        if job is None and watched:
            job = Job(camera, frame, None)
        if job is None:
            self._give_back(camera, frame)
            return
        job.camera, job.camera_preview, job.since_ns = camera, watched, now_ns
        if job.keeping is not None:
            self.offered[job.keeping.kept_class] += 1
        if not self._has_room(camera) and not self._makes_room(job):
            if job.keeping is not None:
                self._refuse()
            self._give_back(camera, frame)
            return
        self._held[camera] += 1
        if not self._ready:  # the other process is told once the line's own actions are carried out
            asyncio.get_running_loop().call_soon(self._wake)
        self._ready.append(job)

    def _wake(self) -> None:
        for job in self._ready:
            self.link.put(job)
        self._ready.clear()

    def _makes_room(self, job: Job) -> bool:
        """Whether a good part's picture that nobody has begun with gave way to this one."""
        if job.less_wanted:
            return False
        self._wake()
        found = self.link.take_back(lambda other: other.less_wanted and other.camera == job.camera)
        for other in found[1:]:
            self.link.put(other)
        for other in found[:1]:
            self._done(other, other.keeping is None)
        return bool(found)

    def _has_room(self, camera: str) -> bool:
        return self._held[camera] < self._held_max.get(camera, 0)

    def _let_go_overdue(self, now_ns: int) -> None:
        for key, waiting in list(self._waiting.items()):
            if now_ns - waiting.since_ns > _HELD_NS_MAX:
                del self._waiting[key]
                self._let_go(waiting)
        for job in self.link.take_back(lambda job: now_ns - job.since_ns > _HELD_NS_MAX):
            self._done(job, False)

    def _let_go(self, waiting: _Waiting) -> None:
        self._held[waiting.camera] -= 1
        self._refuse()
        self._give_back(waiting.camera, waiting.frame)

    def _done(self, job: Job, kept: bool) -> None:
        """Its pixels are no longer needed; `kept`: all that was asked for was done."""
        self._held[job.camera] -= 1
        self._give_back(job.camera, job.frame)
        if not kept:
            self._refuse()

    def _previewed(self, job: Job, picture: bytes) -> None:
        if job.camera_preview:
            self.previews.camera_made(job.camera, picture)
        elif job.part_preview and job.of is not None:  # whoever looks at the camera wants all of its picture
            facts, crop = job.of.facts, job.crop
            told = {} if facts is None else {"heat": facts.heat, "patches": facts.patches, "patch_px": facts.patch_px}
            draw = partial(overlay_of, told, crop[2:], crop[:2])
            self.previews.part_made(job.of.part_uid, job.of.view_name, picture, draw)

    def _refuse(self) -> None:
        self._refused += 1
        self._faults.raise_(FaultCode.PICTURES_DROPPED, count=self.dropped)
