"""The process that looks at pictures for people who ask: one at a time, below everything that belongs to the line.

Decodes, inspects with the runtime's own inspector, answers with finished JSON. Ends when the station closes the pipe,
or dies. Must not know the line: what it says decides nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections import OrderedDict
from dataclasses import replace
from typing import BinaryIO, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, BundleError, load_checked
from models.crop import Problem
from models.engine import check_golden, open_engine
from models.explained import Explainer, Explanation
from models.inspect import PartInspector
from models.spec import FixedGeometry
from station.api.classify_wire import ANSWER_HEAD, ORDER_HEAD, Order
from station.api.looked_at import (
    Candidate,
    Classified,
    data_url,
    map_png,
    model_name,
    nearest_defect,
    patches_of,
    said,
    verdict_of,
)
from station.api.picture_bytes import PictureError, grey_of
from station.api.refusal import ErrorAnswer

NICE: Final = 10
BUNDLES_KEPT: Final = 4
_PR_SET_PDEATHSIG: Final = 1


class Looker:
    """One bundle, proved on its golden set; with its maps where the network has them."""

    def __init__(self, order: Order) -> None:
        self.bundle: Bundle = load_checked(order.bundle, order.digest)
        engine = open_engine(self.bundle)
        check_golden(self.bundle, engine)
        self._explainer = None if self.bundle.head_weights is None else Explainer(self.bundle, engine)
        self._inspector = PartInspector(self.bundle, engine)

    def look(self, image: NDArray[np.uint8], sharpness_min: float) -> Explanation:
        """Inspect a picture, with the map of the verdict's class where there is one."""
        found = self._explainer.explain(image) if self._explainer is not None else self._without_map(image)
        inspection = found.inspection
        if inspection.problem is None and inspection.sharpness < sharpness_min:
            return Explanation(replace(inspection, problem=str(Problem.BLURRED), scores=None, vote=None))
        nearest = nearest_defect(inspection)
        if self._explainer is not None and inspection.sound and nearest is not None:
            return self._explainer.explain(image, nearest)
        return found

    def _without_map(self, image: NDArray[np.uint8]) -> Explanation:
        inspection, geometry = self._inspector.inspect(image), self.bundle.spec.preprocessing.geometry
        scale, box = (1.0, 1.0), inspection.box
        if box is not None and isinstance(geometry, FixedGeometry):
            scale = (box.height_px / geometry.height_px, box.width_px / geometry.width_px)
        return Explanation(inspection, scale=scale, patch_px=geometry.patch_px)


class Lookers:
    """The last few bundles that were asked for, opened once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Looker] = OrderedDict()

    def of(self, order: Order) -> Looker:
        """BundleError where it is not the one that the station checked, or not good on this engine."""
        key = (order.bundle, order.digest)
        looker = self._kept.pop(key, None) or Looker(order)
        self._kept[key] = looker
        while len(self._kept) > BUNDLES_KEPT:
            self._kept.popitem(last=False)
        return looker


def answered(lookers: Lookers, order: Order, picture: bytes) -> tuple[int, str]:
    """Status and JSON for one order."""
    try:
        image = grey_of(picture, order.kind)
        looker = lookers.of(order)
        found = looker.look(image, order.sharpness_min)
    except PictureError as error:
        return 422, ErrorAnswer(error=str(error)).model_dump_json()
    except BundleError as error:
        return 409, ErrorAnswer(error=f"{error}.").model_dump_json()
    labels, inspection = looker.bundle.labels, found.inspection
    verdict, (label, score) = verdict_of(inspection), said(inspection, labels)
    patches = patches_of(found, labels)
    if order.want == "candidate":
        answer: Candidate | Classified = Candidate(
            bundle=looker.bundle.path.name,
            label=label,
            score=score,
            problem=inspection.problem,
            defective=verdict != "pass",
            patches=patches,
            verdict_differs=verdict != order.verdict,
        )
    else:
        picture_map = data_url(map_png(found, (image.shape[0], image.shape[1])))
        answer = Classified(
            verdict=verdict,
            label=label,
            score=score,
            problem=inspection.problem,
            patches=patches,
            map=picture_map,
            map_label=None if picture_map is None or found.class_index is None else labels[found.class_index],
            model=model_name(looker.bundle),
        )
    return 200, answer.model_dump_json()


def serve(down: BinaryIO, up: BinaryIO) -> None:
    """Answer orders until the station hangs up."""
    lookers = Lookers()
    while len(head := down.read(ORDER_HEAD.size)) == ORDER_HEAD.size:
        order_bytes, picture_bytes = ORDER_HEAD.unpack(head)
        order, picture = Order.unpack(down.read(order_bytes)), down.read(picture_bytes)
        status, text = answered(lookers, order, picture)
        body = text.encode()
        up.write(ANSWER_HEAD.pack(status, len(body)) + body)
        up.flush()


def main() -> None:
    """Entry point."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the station ends us in order
    os.nice(NICE)
    cv2.setNumThreads(1)
    up = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints must not be taken for an answer
    with contextlib.suppress(BrokenPipeError):  # the station went first
        serve(sys.stdin.buffer, up)
    os._exit(0)  # taking interpreter and engines apart takes longer than the station waits


if __name__ == "__main__":
    main()
