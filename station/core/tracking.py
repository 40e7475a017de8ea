"""Which part is where: open parts, the frames they wait for, and the frames that wait for them (promises P3, P4).

Pure: time comes in as an argument. Must not know about cameras, pictures or registers, nor decide anything.
"""

from __future__ import annotations

from drivers.camera.interface import Frame, FrameLost
from drivers.encoder.counts import signed_difference
from station.core.arrivals import Arrival, Claim, goes_by_count, view_by_time, views_by_count
from station.core.assembly import missing
from station.core.line_limits import LineLimits
from station.core.values import (
    OpenPart,
)


class Tracking:
    """The open parts in the order of their triggers; bounded by `limits.max_in_flight` (the caller asks first)."""

    def __init__(self, limits: LineLimits) -> None:
        self._limits = limits
        self._parts: dict[int, OpenPart] = {}
        self._held: list[tuple[int, Arrival]] = []
        self._lent: dict[tuple[int, int], Frame] = {}

    @property
    def parts(self) -> list[OpenPart]:
        """The open parts, oldest trigger first."""
        return list(self._parts.values())

    def open(self, part: OpenPart) -> None:
        """Take a part in."""
        self._parts[part.uid] = part

    @property
    def reading(self) -> int:
        """Frames that a worker reads now."""
        return len(self._lent)

    def change_over(self, limits: LineLimits) -> list[Arrival]:
        """Other limits from here on, with no part open and no frame lent; returns held arrivals that find no place.

        What is held shows a part whose trigger message is still to come: that part is the new recipe's, whole.
        """
        if self._parts or self._lent:
            raise ValueError(f"{len(self._parts)} parts are open, and {len(self._lent)} frames lent: not between parts")
        self._limits = limits
        kept: list[tuple[int, Arrival]] = []
        room = {camera: len(limits.views_of(camera)) for camera in limits.cameras}
        for until_ns, arrival in reversed(self._held):
            if room.get(arrival.camera, 0) > 0:
                room[arrival.camera] -= 1
                kept.append((until_ns, arrival))
        gone = [arrival for _, arrival in self._held if not any(arrival is one for _, one in kept)]
        self._held = kept[::-1]
        return gone

    def get(self, part_uid: int) -> OpenPart | None:
        """The open part with this uid."""
        return self._parts.get(part_uid)

    def close(self, part_uid: int) -> None:
        """Take a part out."""
        del self._parts[part_uid]

    def has_room(self, *, beside_held: bool) -> bool:
        """Whether one more part fits: parts are limited, and so are the frames that each camera's ring keeps for them.

        Every frame that a part waits for or that a worker reads has its slot; `beside_held`: those held for a trigger
        that may come as well.
        """
        if len(self._parts) >= self._limits.max_in_flight:
            return False
        return all(self._slots_free(camera, beside_held) >= 0 for camera in self._limits.cameras)

    def missing_views(self, part: OpenPart, camera: str | None = None) -> list[int]:
        """The views whose frames have not come, of one camera or of all, in the order of the recipe or the pictures."""
        views = range(len(self._limits.views)) if camera is None else self._limits.views_of(camera)
        return missing(views, part.frames)

    def waiting_for(self, camera: str) -> list[Claim]:
        """Each open part that waits for this camera, with the next view of it."""
        awaited = ((part, self.missing_views(part, camera)) for part in self._parts.values())
        return [Claim(part, views[0]) for part, views in awaited if views]

    def passed_over(self, frame: Frame, camera: str) -> list[Claim]:
        """Parts that wait for a picture from before this frame: frames come in order, so theirs is gone."""
        claims: list[Claim] = []
        for part in self._parts.values():
            for view in self.missing_views(part, camera):
                limits, count = self._limits.views[view], part.trigger.encoder_count
                if count is None or frame.encoder_count is None:
                    continue
                if signed_difference(frame.encoder_count, count + limits.offset_counts) > limits.tolerance_counts:
                    claims.append(Claim(part, view))
                    break
        return claims

    def claims(self, arrival: Arrival) -> list[Claim]:
        """The views of open parts that an arrival can be: one, or it is nobody's, or it cannot be told.

        By count a view that has its frame already is named too. Without counts it is the next view of each part that
        waits for this camera and was triggered before the picture was taken.
        """
        by_count = goes_by_count(arrival, self._limits)
        claims: list[Claim] = []
        for part in self._parts.values():
            if by_count:
                claims += [Claim(part, view) for view in views_by_count(arrival, part.trigger, self._limits)]
                continue
            view = view_by_time(arrival, part.trigger, self._limits, part.frames)
            if view is not None:
                claims.append(Claim(part, view))
        return claims

    def hold(self, arrival: Arrival, now_ns: int) -> Arrival | None:
        """Keep an arrival whose trigger message may still come; returns the one that must give way, if any.

        Each camera keeps as many as it has views: one part's.
        """
        self._held.append((now_ns + self._limits.frame_hold_ns, arrival))
        same = [held for _, held in self._held if held.camera == arrival.camera]
        if len(same) <= len(self._limits.views_of(arrival.camera)):
            return None
        self._held = [(until_ns, held) for until_ns, held in self._held if held is not same[0]]
        return same[0]

    def held_for(self, part: OpenPart) -> list[Arrival]:
        """The held arrivals that can be this part's, oldest first; they are no longer held."""
        fitting: list[Arrival] = []
        for _, arrival in self._held:
            if goes_by_count(arrival, self._limits):
                fits = bool(views_by_count(arrival, part.trigger, self._limits))
            else:
                fits = view_by_time(arrival, part.trigger, self._limits, part.frames) is not None
            if fits:
                fitting.append(arrival)
        self._held = [(until_ns, held) for until_ns, held in self._held if not any(held is one for one in fitting)]
        return fitting

    def expired(self, now_ns: int) -> list[Arrival]:
        """Held arrivals for which no trigger came in time; they are no longer held."""
        gone = [arrival for until_ns, arrival in self._held if until_ns <= now_ns]
        self._held = [(until_ns, arrival) for until_ns, arrival in self._held if until_ns > now_ns]
        return gone

    def lend(self, part_uid: int, view: int, frame: Frame) -> None:
        """A worker reads this frame from here on."""
        self._lent[part_uid, view] = frame

    def take_back(self, part_uid: int, view: int) -> Frame | None:
        """The frame that a worker had for this view, once; None if it has none."""
        return self._lent.pop((part_uid, view), None)

    def _slots_free(self, camera: str, beside_held: bool) -> int:
        """What would be left of a camera's slots with one more part; negative when it does not fit."""
        views = self._limits.views_of(camera)
        waited_for = sum(len(missing(views, part.frames)) for part in self._parts.values())
        lent = sum(view in views for _, view in self._lent)
        held = sum(arrival.camera == camera and not isinstance(arrival.item, FrameLost) for _, arrival in self._held)
        used = waited_for + lent + (held if beside_held else 0)
        return (self._limits.max_in_flight - 1) * len(views) - used
