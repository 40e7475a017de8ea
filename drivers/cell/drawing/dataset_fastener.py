"""A folder of drawn fasteners to train and measure two classifiers on, one for the shank and one for the head.

Layout: `manifest.csv` with two sets, `shank/LABEL/NAME.png`, `head/LABEL/NAME_vN.png` for the four views, and the same
names under `masks/` where a defect is in sight (the value of a pixel is its label's index). LABEL is the part's; a
picture's own class stands in the manifest: one without a defect in sight is defect-free. A part takes about 6 MB. It
must not know how a station resizes the pictures or what is trained.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.cell.drawing.dataset_files import LIMIT_BYTES, PictureRow, Written, check_room, write_parts, write_png
from drivers.cell.drawing.dataset_plan import PlannedPart, plan_parts
from drivers.cell.drawing.fastener import (
    FASTENER_DRAWING,
    FASTENER_LABELS,
    FASTENER_VIEWS,
    HEAD_EDGES_PX,
    SHANK_HEIGHT_PX,
    SHANK_WIDTHS_PX,
    draw_fastener,
)

SHANK_SET_NAME = "drawn_fastener_shank"
HEAD_SET_NAME = "drawn_fastener_head"

# Measured: level 1 PNG of these dark pictures takes 0.38 to 0.46 bytes a pixel.
_BYTES_A_PIXEL = 0.5


def plan_fasteners(seed: int, parts: int, sound_share: float = 0.4) -> list[PlannedPart]:
    """The fasteners of a data set, as `plan_parts` plans them; DatasetError for what cannot be."""
    return plan_parts(seed, parts, sound_share, FASTENER_LABELS, len(SHANK_WIDTHS_PX))


def expected_fastener_bytes(parts: list[PlannedPart]) -> int:
    """About how much disk these parts take, at most."""
    pixels = [
        SHANK_HEIGHT_PX * SHANK_WIDTHS_PX[part.size_category] + FASTENER_VIEWS * HEAD_EDGES_PX[part.size_category] ** 2
        for part in parts
    ]
    return int(sum(pixels) * _BYTES_A_PIXEL)


def write_fastener_dataset(
    out_dir: Path,
    seed: int,
    parts: int,
    *,
    sound_share: float = 0.4,
    limit_bytes: int = LIMIT_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Draw a data set into `out_dir`, as `drivers.cell.drawing.dataset.write_dataset` does; five pictures a part."""
    planned = plan_fasteners(seed, parts, sound_share)
    out_dir.mkdir(parents=True, exist_ok=True)
    missing = [part for part in planned if not (out_dir / _shank_path(part)).exists()]
    check_room(out_dir, expected_fastener_bytes(planned), expected_fastener_bytes(missing), limit_bytes)
    return write_parts(out_dir, planned, partial(_finish_part, out_dir), FASTENER_LABELS[:1], progress)


def _finish_part(out_dir: Path, part: PlannedPart) -> tuple[bool, list[PictureRow]]:
    """Draw the part where its files are not there; whether that was so, and its pictures."""
    missing = not (out_dir / _shank_path(part)).exists()
    if missing:
        _write_part(out_dir, part)
    width_px, edge_px = SHANK_WIDTHS_PX[part.size_category], HEAD_EDGES_PX[part.size_category]
    flags = f"seed{part.seed};drawing{FASTENER_DRAWING}"
    rows = [_row(out_dir, part, SHANK_SET_NAME, _shank_path(part), width_px, SHANK_HEIGHT_PX, flags)]
    for view in range(FASTENER_VIEWS):
        path = _head_path(part, view)
        rows.append(_row(out_dir, part, HEAD_SET_NAME, path, edge_px, edge_px, f"{flags};view{view}"))
    return missing, rows


def _write_part(out_dir: Path, part: PlannedPart) -> None:
    drawn = draw_fastener(part.seed, part.label, part.size_category)
    for view, (head, mask) in enumerate(zip(drawn.heads, drawn.head_masks, strict=True)):
        _write_pair(out_dir, _head_path(part, view), head, mask)
    # The shank comes last: where it is there, the part is complete.
    _write_pair(out_dir, _shank_path(part), drawn.shank, drawn.shank_mask)


def _write_pair(out_dir: Path, path: str, picture: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
    if mask.any():
        write_png(out_dir / "masks" / path, mask)
    write_png(out_dir / path, picture)


def _row(
    out_dir: Path, part: PlannedPart, set_name: str, path: str, width_px: int, height_px: int, flags: str
) -> PictureRow:
    in_sight = (out_dir / "masks" / path).exists()
    mask, class_name = (f"masks/{path}", part.label) if in_sight else ("", FASTENER_LABELS[0])
    return PictureRow(set_name, path, mask, class_name, width_px, height_px, flags)


def _shank_path(part: PlannedPart) -> str:
    return f"shank/{part.label}/{_name(part)}.png"


def _head_path(part: PlannedPart, view: int) -> str:
    return f"head/{part.label}/{_name(part)}_v{view}.png"


def _name(part: PlannedPart) -> str:
    """Everything that decides the bytes, so that files of this name need not be drawn again."""
    return f"f{FASTENER_DRAWING}_{part.seed:09d}_{SHANK_WIDTHS_PX[part.size_category]}"
