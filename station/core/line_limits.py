"""What a part needs: its views, and the recipe's and the hardware's limits on what may be in flight. Frozen values.

A view is known by its index in `LineLimits.views`, a camera by its name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

from drivers.encoder.counts import signed_difference


@dataclass(frozen=True, slots=True)
class View:
    """One picture of a part: one frame of one camera, `offset_counts` after the part's trigger."""

    name: str
    camera: str
    offset_counts: int = 0
    tolerance_counts: int = 8
    """How far the count at the frame's first line may be from the wanted one."""
    carries_counts: bool = True
    """Whether the camera stamps the encoder count. Then a frame or a trigger without one matches nothing."""
    counts_per_line: float | None = None
    """What the encoder goes on by from line to line; None where lines do not come from the encoder."""
    step_tolerance_counts: int = 8
    """How far the counts of two lines of a frame may be from what the lines between them make."""
    sharpness_min: float = 0.0
    """0: blur is not judged."""
    software_trigger: bool = False
    """The station fires this camera at the part's trigger; then it is the camera's only view, at offset 0."""
    part_type: str | None = None
    """This picture must show a part of this type; None: it is not asked which part it is."""

    def __post_init__(self) -> None:
        if not self.name or not self.camera:
            raise ValueError(f"a view has a name and a camera, got {self}")
        if self.tolerance_counts < 0 or self.step_tolerance_counts < 0 or not self.sharpness_min >= 0:
            raise ValueError(f"view {self.name}: tolerances and sharpness_min cannot be negative, got {self}")
        if self.counts_per_line is not None and not 0 < self.counts_per_line < math.inf:
            raise ValueError(f"view {self.name}: counts_per_line must be positive, got {self.counts_per_line}")
        if self.software_trigger and self.offset_counts != 0:
            raise ValueError(f"view {self.name}: fired at the trigger, so offset_counts is 0, not {self.offset_counts}")


@dataclass(frozen=True, slots=True)
class LineLimits:
    """The recipe's and the hardware's limits on what may be in flight."""

    deadline_ns: int
    picture_deadline_ns: int | None
    """After this long a part whose pictures are not all there is rejected; None: at the deadline."""
    max_in_flight: int
    """Not more parts than each camera's ring has slots for: then a part in flight always has one for each picture."""
    frame_hold_ns: int
    """How long a frame may wait for a trigger message that the network delivers after the picture."""
    views: tuple[View, ...]

    def __post_init__(self) -> None:
        if self.deadline_ns <= 0 or self.max_in_flight < 1 or self.frame_hold_ns < 0:
            raise ValueError(f"limits must be positive, got {self}")
        if self.picture_deadline_ns is not None and not 0 < self.picture_deadline_ns <= self.deadline_ns:
            raise ValueError(f"pictures are due after 0 and by the deadline of {self.deadline_ns} ns, got {self}")
        if not self.views or len({view.name for view in self.views}) < len(self.views):
            raise ValueError(f"a part has views with different names, got {self.views}")
        for first, second in combinations(self.views, 2):
            if first.camera == second.camera:
                _check_pair(first, second)

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras that have a view, each once, in the order of the views."""
        return tuple(dict.fromkeys(view.camera for view in self.views))

    def views_of(self, camera: str) -> tuple[int, ...]:
        """The views of a camera, in the order of their pictures; empty for a camera that no part waits for."""
        mine = (index for index, view in enumerate(self.views) if view.camera == camera)
        return tuple(sorted(mine, key=lambda index: self.views[index].offset_counts))


def _check_pair(first: View, second: View) -> None:
    """ValueError if two views of one camera cannot be told apart."""
    names = f"views {first.name} and {second.name} of camera {first.camera}"
    if first.carries_counts != second.carries_counts:
        raise ValueError(f"{names}: a camera stamps counts on every frame or on none")
    if first.software_trigger or second.software_trigger:
        raise ValueError(f"{names}: a camera that the station fires has one view")
    apart = abs(signed_difference(first.offset_counts, second.offset_counts))
    if apart <= first.tolerance_counts + second.tolerance_counts:
        raise ValueError(f"{names}: {apart} counts apart, a frame could be either within their tolerances")
