"""Where parts end: the next station, one bin per defect class, and the reject bin; each counts what it got.

Pure. The choice is default-reject: only an accepted part leaves towards the next station.
"""

from __future__ import annotations

from typing import Final

FLOOR: Final = "floor"
"""Where a part lies that fell off the belt; among the counts only once there is one."""


class Bins:
    """Counting bins. `defect_bins[k]` takes class k+1; class 0 is defect-free and has no bin among them."""

    def __init__(self, good_bin: str, reject_bin: str, defect_bins: tuple[str, ...]) -> None:
        self._good = good_bin
        self._reject = reject_bin
        self._defects = defect_bins
        self._counts = {good_bin: 0, **dict.fromkeys(defect_bins, 0), reject_bin: 0}

    @property
    def good(self) -> str:
        """The name of the bin for passed parts."""
        return self._good

    @property
    def counts(self) -> dict[str, int]:
        """Parts in each bin."""
        return dict(self._counts)

    def choose(self, *, accepted: bool, defect_class: int | None) -> str:
        """The bin for a part: `defect_class` is only given where the station named a defect."""
        if accepted:
            return self._good
        if defect_class is not None and 1 <= defect_class <= len(self._defects):
            return self._defects[defect_class - 1]
        return self._reject

    def put(self, bin_name: str) -> None:
        """One part more. KeyError for a bin that does not exist."""
        if bin_name == FLOOR:
            self._counts.setdefault(FLOOR, 0)
        self._counts[bin_name] += 1
