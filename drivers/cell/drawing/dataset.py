"""A folder of drawn mantles to train and measure a classifier on: pictures, masks, and a manifest that splits by part.

Layout: `manifest.csv`, `pictures/LABEL/NAME.png`, `masks/LABEL/NAME.png` (defective parts only; the value of a pixel
is its label's index). A look other than the standard one stands in each picture's flags, `look_NAME`. Pictures keep
their native size; a part takes about 1.9 MB, a thousand about 1.9 GB. It must not know how a station resizes them or
what is trained.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from drivers.cell.drawing.dataset_files import LIMIT_BYTES, PictureRow, Written, check_room, write_parts, write_png
from drivers.cell.drawing.dataset_plan import DatasetError, PlannedPart, plan_parts
from drivers.cell.drawing.looks import STANDARD, Look, look_of
from drivers.cell.drawing.part import DRAWING, HEIGHT_PX, LABELS, WIDTHS_PX, draw_part
from drivers.cell.drawing.seeds import SPLITS

SET_NAME = "drawn_mantle"

# Measured: level 1 PNG of grinding texture and sensor noise takes 0.51 to 0.60 bytes a pixel.
_BYTES_A_PIXEL = 0.6


def plan_dataset(seed: int, parts: int, sound_share: float = 0.4) -> list[PlannedPart]:
    """The mantles of a data set, as `plan_parts` plans them; DatasetError for what cannot be."""
    return plan_parts(seed, parts, sound_share, LABELS, len(WIDTHS_PX))


def expected_bytes(parts: list[PlannedPart]) -> int:
    """About how much disk these parts take, at most."""
    return int(sum(WIDTHS_PX[part.size_category] for part in parts) * HEIGHT_PX * _BYTES_A_PIXEL)


def write_dataset(
    out_dir: Path,
    seed: int,
    parts: int,
    *,
    sound_share: float = 0.4,
    look_name: str = STANDARD.name,
    only_split: str | None = None,
    limit_bytes: int = LIMIT_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Draw a data set into `out_dir`; parts whose files are there are kept, so a stopped run can go on.

    `look_name` is one of `looks.LOOK_NAMES`; `only_split` leaves the parts of the other splits out. `progress` is
    called with (parts done, parts in all) after each part. DatasetError, before anything is drawn, where the pictures
    would take more than `limit_bytes` or than the disk has; OSError where the disk fails on the way.
    """
    planned = [part for part in plan_dataset(seed, parts, sound_share) if only_split in (None, part.split)]
    if not planned:
        raise DatasetError(f"{out_dir}: expected one of the splits {', '.join(SPLITS)}, found {only_split!r}")
    looks = {part.seed: look_of(look_name, part.seed) for part in planned}
    out_dir.mkdir(parents=True, exist_ok=True)
    missing = [part for part in planned if not (out_dir / _picture_path(part, looks[part.seed])).exists()]
    check_room(out_dir, expected_bytes(planned), expected_bytes(missing), limit_bytes)
    return write_parts(out_dir, planned, partial(_finish_part, out_dir, looks), LABELS[:1], progress)


def _finish_part(out_dir: Path, looks: dict[int, Look], part: PlannedPart) -> tuple[bool, list[PictureRow]]:
    """Draw the part where its file is not there; whether that was so, and its picture."""
    look = looks[part.seed]
    picture_path, mask_path = _picture_path(part, look), _mask_path(part, look)
    missing = not (out_dir / picture_path).exists()
    if missing:
        drawn = draw_part(part.seed, part.label, part.size_category, look)
        if mask_path:
            write_png(out_dir / mask_path, drawn.mask)
        # The picture comes last: where it is there, the part is complete.
        write_png(out_dir / picture_path, drawn.picture)
    width_px = WIDTHS_PX[part.size_category]
    flags = f"seed{part.seed};drawing{DRAWING}" + ("" if look is STANDARD else f";look_{look.name}")
    return missing, [PictureRow(SET_NAME, picture_path, mask_path, part.label, width_px, HEIGHT_PX, flags)]


def _picture_path(part: PlannedPart, look: Look) -> str:
    return f"pictures/{part.label}/{_name(part, look)}"


def _mask_path(part: PlannedPart, look: Look) -> str:
    return "" if part.label == LABELS[0] else f"masks/{part.label}/{_name(part, look)}"


def _name(part: PlannedPart, look: Look) -> str:
    """Everything that decides the bytes, so that a file of this name need not be drawn again."""
    lit = "" if look is STANDARD else f"_{look.name}"
    return f"d{DRAWING}_{part.seed:09d}_{WIDTHS_PX[part.size_category]}{lit}.png"
