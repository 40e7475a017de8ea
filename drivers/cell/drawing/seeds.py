"""Which seeds are whose: training, validation, test and the cell never draw the same part.

    0 ...   299,999,999  train      300,000,000 ... 599,999,999  val      600,000,000 ... 899,999,999  test
    900,000,000 ... 989,999,999  parts with stamped numbers: 30,000,000 each for train, val, test
    1,000,000,000 and up: the cell, 1,024 parts for every seed of a run

So the demo never shows a part that a model was trained or measured on, whatever seed it is given.
"""

SPLITS = ("train", "val", "test")
PARTS_A_DATASET = 100_000
DATASETS = 3_000
SERIAL_SEEDS_FROM = 900_000_000
SERIAL_DATASETS = 300
CELL_SEEDS_FROM = 1_000_000_000
CELL_PARTS = 1_024

_SPLIT_SPAN = PARTS_A_DATASET * DATASETS
_SERIAL_SPLIT_SPAN = PARTS_A_DATASET * SERIAL_DATASETS


def dataset_part_seed(split: str, dataset_seed: int, index: int) -> int:
    """The seed of part `index` (below 100,000) of a split of the data set `dataset_seed` (below 3,000)."""
    if split not in SPLITS:
        raise ValueError(f"split {split!r} is unknown; there are {', '.join(SPLITS)}")
    if not 0 <= dataset_seed < DATASETS:
        raise ValueError(f"a data set's seed is 0..{DATASETS - 1}, found {dataset_seed}")
    if not 0 <= index < PARTS_A_DATASET:
        raise ValueError(f"a split has parts 0..{PARTS_A_DATASET - 1}, found {index}")
    return SPLITS.index(split) * _SPLIT_SPAN + dataset_seed * PARTS_A_DATASET + index


def serial_part_seed(split: str, dataset_seed: int, index: int) -> int:
    """Like `dataset_part_seed`, for parts with stamped numbers; `dataset_seed` is below 300."""
    if split not in SPLITS:
        raise ValueError(f"split {split!r} is unknown; there are {', '.join(SPLITS)}")
    if not 0 <= dataset_seed < SERIAL_DATASETS:
        raise ValueError(f"the seed of a data set of stamped numbers is 0..{SERIAL_DATASETS - 1}, found {dataset_seed}")
    if not 0 <= index < PARTS_A_DATASET:
        raise ValueError(f"a split has parts 0..{PARTS_A_DATASET - 1}, found {index}")
    span_from = SERIAL_SEEDS_FROM + SPLITS.index(split) * _SERIAL_SPLIT_SPAN
    return span_from + dataset_seed * PARTS_A_DATASET + index


def cell_part_seed(run_seed: int, index: int) -> int:
    """The seed of part `index` (below 1,024) that the cell draws in a run with `run_seed` (0 or more)."""
    if run_seed < 0:
        raise ValueError(f"a run's seed is 0 or more, found {run_seed}")
    if not 0 <= index < CELL_PARTS:
        raise ValueError(f"a run has drawn parts 0..{CELL_PARTS - 1}, found {index}")
    return CELL_SEEDS_FROM + run_seed * CELL_PARTS + index
