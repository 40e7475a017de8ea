"""A folder of drawn parts with stamped numbers, to train and measure a classifier of part types on.

Layout: `manifest.csv` and `serials/TYPE/NAME.png`, one picture a part, no masks; a picture's class is its type. As
unbalanced as the serial-number study's set: half of the types are rare. About 0.15 MB a part. It must not know what is
trained.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from drivers.cell.drawing.dataset_files import LIMIT_BYTES, PictureRow, Written, check_room, write_parts, write_png
from drivers.cell.drawing.dataset_plan import DatasetError
from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.seeds import SERIAL_DATASETS, SPLITS, serial_part_seed
from drivers.cell.drawing.serials import SERIAL_DRAWING, SERIAL_TYPES, draw_serial, twin_of
from drivers.cell.drawing.serials_plate import EDGE_PX

SERIAL_SET_NAME = "drawn_serials"

# The serial-number study: 1,885 pictures of 12 types, six of them with fewer than 50. How the others share the rest is
# chosen here; a rare type's twin is common, as in the study's weakest pair, but for two pairs that are alike in number.
STUDY_PICTURES = dict(zip(SERIAL_TYPES, (520, 48, 410, 42, 310, 36, 230, 30, 130, 85, 25, 19), strict=True))
MOST_SERIALS = 20_000
_PARTS_A_TYPE = 8_000

# Measured: level 1 PNG takes 0.46 to 0.61 bytes a pixel.
_BYTES_A_PIXEL = 0.6

_WRONG_STREAM = 9200


@dataclass(frozen=True, slots=True)
class PlannedSerial:
    """One part before it is drawn: what it shows, and the types that its picture is filed under, mostly just that."""

    split: str
    seed: int
    part_type: str
    filed_as: tuple[str, ...]


def plan_serials(seed: int, parts: int, wrong_share: float = 0.0) -> list[PlannedSerial]:
    """The parts of a data set: shares of the types as in the study, a fifth of each type for val and test each.

    Of the train parts, about `wrong_share` are filed under the type that looks most alike: every other one under that
    alone, the rest under both, one picture with two labels. Measuring on wrong labels would say nothing, so val and
    test have none. DatasetError for what cannot be: each type needs a part in each split.
    """
    if not 0 <= seed < SERIAL_DATASETS:
        raise DatasetError(f"the seed of a data set of stamped numbers is 0..{SERIAL_DATASETS - 1}, found {seed}")
    fewest = len(SPLITS) * len(SERIAL_TYPES)
    if not fewest <= parts <= MOST_SERIALS:
        raise DatasetError(f"a data set of stamped numbers has {fewest}..{MOST_SERIALS} parts, found {parts}")
    if not 0.0 <= wrong_share <= 1.0:
        raise DatasetError(f"the share of wrong labels is 0..1, found {wrong_share}")
    planned = [part for split in SPLITS for part in _plan_split(split, seed, serial_counts(parts))]
    wrong = 0
    for place, part in enumerate(planned):
        if part.split == SPLITS[0] and Dice(part.seed, _WRONG_STREAM).chance(wrong_share):
            twin = twin_of(part.part_type)
            filed_as = (twin,) if wrong % 2 == 0 else (part.part_type, twin)
            planned[place] = PlannedSerial(part.split, part.seed, part.part_type, filed_as)
            wrong += 1
    return planned


def serial_counts(parts: int) -> dict[str, int]:
    """How many parts of each type a data set of `parts` has, at least three; their sum is `parts`."""
    in_study = sum(STUDY_PICTURES.values())
    counts = {name: max(len(SPLITS), count * parts // in_study) for name, count in STUDY_PICTURES.items()}
    while (over := sum(counts.values()) - parts) != 0:
        most = max(counts, key=lambda name: counts[name])
        # Whole parts that rounding left go to the commonest type, those that the rare ones got are taken from it.
        counts[most] -= max(1, min(over, counts[most] // 8)) if over > 0 else over
    return counts


def write_serials(
    out_dir: Path,
    seed: int,
    parts: int,
    *,
    wrong_share: float = 0.0,
    limit_bytes: int = LIMIT_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Draw a data set into `out_dir`, as `drivers.cell.drawing.dataset.write_dataset` does; one picture a part.

    A picture that is filed under a type that it does not show has `shows_TYPE` in its flags.
    """
    planned = plan_serials(seed, parts, wrong_share)
    out_dir.mkdir(parents=True, exist_ok=True)
    missing = [path for part in planned for path in _paths(part) if not (out_dir / path).exists()]
    a_picture = int(EDGE_PX * EDGE_PX * _BYTES_A_PIXEL)
    check_room(out_dir, sum(len(part.filed_as) for part in planned) * a_picture, len(missing) * a_picture, limit_bytes)
    return write_parts(out_dir, planned, partial(_finish_part, out_dir), SERIAL_TYPES, progress)


def _plan_split(split: str, seed: int, counts: dict[str, int]) -> Iterator[PlannedSerial]:
    for number, (name, count) in enumerate(counts.items()):
        fifth = max(1, count // 5)
        for index in range(count - 2 * fifth if split == SPLITS[0] else fifth):
            yield PlannedSerial(split, serial_part_seed(split, seed, number * _PARTS_A_TYPE + index), name, (name,))


def _finish_part(out_dir: Path, part: PlannedSerial) -> tuple[bool, list[PictureRow]]:
    """Draw the part where one of its files is not there; whether that was so, and its pictures."""
    paths = _paths(part)
    missing = [path for path in paths if not (out_dir / path).exists()]
    if missing:
        picture = draw_serial(part.seed, part.part_type).picture
        for path in missing:
            write_png(out_dir / path, picture)
    flags = f"seed{part.seed};drawing{SERIAL_DRAWING}"
    rows: list[PictureRow] = []
    for path, name in zip(paths, part.filed_as, strict=True):
        shown = "" if name == part.part_type else f";shows_{part.part_type}"
        rows.append(PictureRow(SERIAL_SET_NAME, path, "", name, EDGE_PX, EDGE_PX, flags + shown))
    return bool(missing), rows


def _paths(part: PlannedSerial) -> list[str]:
    """Names say everything that decides the bytes, so that a file of this name need not be drawn again."""
    name = f"n{SERIAL_DRAWING}_{part.seed:09d}"
    # A seed belongs to one type, so the name alone says what is shown.
    return [f"serials/{filed}/{name}.png" for filed in part.filed_as]
