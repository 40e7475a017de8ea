"""Explains one verdict: the part as the network saw it, and where in it the network saw the verdict's class.

Inspects through the runtime's own inspector. For people who ask, not for the line: it takes longer than inspecting.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, BundleError
from models.engine import EngineIdentity, LiteRtEngine
from models.inspect import Inspection, PartInspector
from models.maps import activation_maps, mosaic, upsampled
from models.patches import resize_part
from models.spec import FixedGeometry
from models.vote import UNKNOWN_CLASS


@dataclass(frozen=True, slots=True)
class Explanation:
    """An inspection and, where there is a verdict, the map of a class.

    `part` (height, width) u8 is the part at the geometry's scale, `part_map` (height, width) f32 the class activation
    map over it, not cut at zero. All three are None where nothing was judged. `scale` (y, x) leads from a place in
    `part` to the picture, box.y_px + y * scale[0]; `patch_px` is a patch's edge in `part`.
    """

    inspection: Inspection
    class_index: int | None = None
    part: NDArray[np.uint8] | None = field(default=None, repr=False)
    part_map: NDArray[np.float32] | None = field(default=None, repr=False)
    scale: tuple[float, float] = (1.0, 1.0)
    patch_px: int = 0


class Explainer:
    """Explains pictures one after the other; used by one thread. BundleError for a network without a feature map."""

    def __init__(self, bundle: Bundle, engine: LiteRtEngine) -> None:
        if bundle.head_weights is None:
            raise BundleError(
                f"{bundle.path}: expected a bundle with a feature map, found none; only a network that ends in pooling "
                "and one linear layer has exact activation maps, quantise and export such a one again"
            )
        self._head_weights = bundle.head_weights
        self._geometry = bundle.spec.preprocessing.geometry
        self._engine = _KeepsMaps(engine)
        self._inspector = PartInspector(bundle, self._engine)

    def explain(self, image: NDArray[np.uint8], class_index: int | None = None) -> Explanation:
        """Inspect a grey picture (height, width) u8 and map the verdict's class, or another one."""
        inspection = self._inspector.inspect(image)
        box, verdict = inspection.box, inspection.vote
        if box is None or verdict is None or inspection.problem is not None:
            return Explanation(inspection)
        wanted = verdict.class_index if class_index is None else class_index
        if wanted == UNKNOWN_CLASS:
            return Explanation(inspection)
        native = image[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px]
        part, geometry = np.ascontiguousarray(native), self._geometry
        if isinstance(geometry, FixedGeometry):
            part = np.zeros((geometry.height_px, geometry.width_px), dtype=np.uint8)
            resize_part(native, part, np.zeros(native.size // 2 + 1, dtype=np.uint8))
        maps = activation_maps(self._engine.maps, self._head_weights, wanted)
        height, width = part.shape
        part_map = mosaic(upsampled(maps, geometry.patch_px), inspection.patch_origins, (height, width))
        scale = (box.height_px / height, box.width_px / width)
        return Explanation(inspection, wanted, part, part_map, scale, geometry.patch_px)


class _KeepsMaps:
    """The engine, with the feature maps of its last run kept."""

    def __init__(self, engine: LiteRtEngine) -> None:
        self._engine = engine
        self.maps: NDArray[np.float32] = np.zeros((0, 1, 1, 1), dtype=np.float32)

    @property
    def identity(self) -> EngineIdentity:
        return self._engine.identity

    def run(self, patches: NDArray[np.int8]) -> NDArray[np.float32]:
        scores, self.maps = self._engine.run_with_maps(patches)
        return scores
