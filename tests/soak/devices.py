"""Camera with its ring of slots, and workers: what they do with a part's picture, rightly or not.

A worker reads its slot when it is done with it, so that a slot that was given back too early shows another part.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random

from drivers.camera.interface import EncoderTrack, Frame, FrameLost
from station.core.values import (
    PictureFacts,
)
from tests.soak.clockwork import Clockwork
from tests.soak.plant import MS, RING_SLOTS, WORKERS, Bugs
from tests.soak.station import Station
from tests.soak.truth import Part, Truth

ToStation = Callable[..., None]


class Camera:
    """Triggered by the part sensor; it delivers frames in order."""

    def __init__(self, clock: Clockwork, random: Random, truth: Truth, bugs: Bugs, to_station: ToStation) -> None:
        self._clock, self._random, self._truth, self._bugs, self._to_station = clock, random, truth, bugs, to_station
        self.up = False
        self.new_ring()

    def new_ring(self) -> None:
        """Another station has begun."""
        self.slots: dict[int, Part | None] = {}
        self._free = deque(range(RING_SLOTS))
        self._newest: Part | None = None
        self.open()

    def open(self) -> None:
        """Opened anew: numbers begin anew, what was on its way is gone; the ring is the same."""
        self._life = object()
        self._frame_id = self._told_id = 0
        self._delivered_ns = 0

    def close(self) -> None:
        """Down: what was on its way is gone."""
        self.up, self._life = False, object()

    def picture(self, part: Part | None, count: int) -> None:
        """A pulse at the trigger input; None: nothing is there."""
        if not self.up:
            return
        fault = "" if part is None else part.fault
        self._frame_id += 1
        delay_ns = self._random.randrange(5 * MS, 10 * MS)
        if fault == "frame late":
            delay_ns += self._random.randrange(60 * MS, 300 * MS)
        if fault == "frame lost unseen":
            return
        self._delivered_ns = max(self._delivered_ns, self._clock.now_ns + delay_ns)
        args = (self._life, part, count, self._frame_id, self._clock.now_ns, fault)
        self._clock.at(self._delivered_ns, self._to_station, self._deliver, *args)
        if fault == "frame comes twice":
            self._clock.at(self._delivered_ns + MS, self._to_station, self._deliver, *args)

    def release(self, slot: int) -> None:
        """A slot comes back."""
        if slot in self.slots:
            del self.slots[slot]
            self._free.append(slot)
        elif not self._bugs.slots_released_early:
            self._truth.fail(f"slot {slot} was given back twice")

    def _deliver(
        self, station: Station, life: object, shows: Part | None, count: int, frame_id: int, camera_ns: int, fault: str
    ) -> None:
        if life is not self._life:
            return
        now_ns = self._clock.now_ns
        lost_before = max(0, frame_id - self._told_id - 1)
        if fault.startswith("frame lost") or not self._free:
            if lost_before == 0:
                self._told_id = frame_id
            reason = "not an image" if fault.endswith("without count") else "ring full"
            seen = None if fault.endswith("without count") else count
            station.frame(FrameLost(frame_id, reason, camera_ns, seen), now_ns)
            return
        self._told_id = frame_id
        if fault == "frozen picture" and self._newest is not None:
            shows = self._newest
        self._newest = shows
        slot = self._free.pop()  # the newest one: a slot given back too early is written at once
        self.slots[slot] = shows
        frame = Frame(
            slot=slot,
            frame_id=frame_id,
            camera_ns=camera_ns,
            ready_ns=now_ns,
            copy_us=500,
            encoder=EncoderTrack((0,), (count,)),
            width_px=8,
            height_px=100,
            lines_valid=60 if fault == "frame incomplete" else 100,
            pixel_format="Mono8",
            lost_before=lost_before,
            stale_rows=2 if fault == "frame with stale rows" else 0,
            digest=None if shows is None else shows.n,
        )
        station.frame(frame, now_ns)


class Workers:
    """Look at pictures; they are never wrong, but slow, dead, or heard twice."""

    def __init__(self, clock: Clockwork, random: Random, camera: Camera, to_station: ToStation) -> None:
        self._clock, self._random, self._camera, self._to_station = clock, random, camera, to_station
        self.begin()

    def begin(self) -> None:
        """New processes."""
        self._life = object()
        self.alive = WORKERS
        self._busy: dict[object, tuple[int, int, int]] = {}
        self._waiting: deque[tuple[int, int, int]] = deque()

    def submit(self, part_uid: int, view: int, slot: int) -> None:
        """A picture to look at."""
        self._waiting.append((part_uid, view, slot))
        self._go_on()

    def die(self, how_many: int, for_ns: int) -> None:
        """Some end, with what they had in hand."""
        for _ in range(min(how_many, self.alive)):
            self.alive -= 1
            self._clock.after(for_ns, self._back, self._life)
            if len(self._busy) > self.alive:
                job = next(iter(self._busy))
                part_uid, view, _ = self._busy.pop(job)
                self._clock.after(5 * MS, self._to_station, self._failed, self._life, part_uid, view)

    def _back(self, life: object) -> None:
        if life is self._life:
            self.alive += 1
            self._go_on()

    def _go_on(self) -> None:
        while self._waiting and len(self._busy) < self.alive:
            job = object()
            self._busy[job] = one = self._waiting.popleft()
            part = self._camera.slots.get(one[2])
            took_ns = int(self._random.gammavariate(9, 1.4) * MS)
            if part is not None and part.fault == "inspection slow":
                took_ns += self._random.randrange(40 * MS, 600 * MS)
            self._clock.after(took_ns, self._to_station, self._done, self._life, job)

    def _done(self, station: Station, life: object, job: object) -> None:
        if life is not self._life or job not in self._busy:
            return
        part_uid, view, slot = self._busy.pop(job)
        part = self._camera.slots.get(slot)
        now_ns = self._clock.now_ns
        fault = "" if part is None else part.fault
        if fault == "inspection fails":
            station.job_failed(part_uid, view, now_ns)
        else:
            if part is not None and part.sound and part.inspected_sound_at is None:
                part.inspected_sound_at = self._clock.motion.furthest(now_ns)
            facts = PictureFacts(
                part_uid=part_uid,
                problem="no part" if part is None else None,
                defective=part is not None and not part.sound,
                class_index=int(part is not None and not part.sound),
                score=0.9,
                patch_index=None,
                started_ns=now_ns,
                finished_ns=now_ns,
                view=view,
                sharpness=50.0,
                stamp=None if part is None else part.n,
            )
            station.inspected(facts, now_ns)
            if fault == "answer comes twice":
                station.inspected(facts, now_ns)
        self._go_on()

    def _failed(self, station: Station, life: object, part_uid: int, view: int) -> None:
        if life is self._life:
            station.job_failed(part_uid, view, self._clock.now_ns)
