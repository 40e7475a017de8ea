"""The engine by itself, as the workers would run it: the yardstick of the bench (`python -m station.engine_alone`).

Same bundle, same patches, same number of processes and threads; no camera, no ring, no resize, no vote.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from drivers.cell.sources import drawn_parts
from models.bundle import load_bundle
from models.engine import open_engine
from models.preprocess import Preprocessor

_PARTS = 4
_WARM_UP_PARTS = 3


def parts_per_s(bundle: Path, *, processes: int, threads: int, seconds: float, width_px: int, height_px: int) -> float:
    """Parts per second that `processes` engines reach together."""
    plan = json.dumps([str(bundle), threads, seconds, width_px, height_px])
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "station.engine_alone", plan], stdout=subprocess.PIPE, stdin=subprocess.PIPE
        )
        for _ in range(processes)
    ]
    # All load first, then all start together.
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    answers = [process.communicate(b"go\n", timeout=seconds + 60)[0] for process in running]
    return sum(json.loads(answer) for answer in answers)


def main() -> None:
    """One engine, on patches of drawn parts; prints `ready`, waits for a line, prints its parts per second."""
    bundle_path, threads, seconds, width_px, height_px = json.loads(sys.argv[1])
    cv2.setNumThreads(threads)
    bundle = load_bundle(Path(bundle_path))
    engine, preprocessor = open_engine(bundle, threads), Preprocessor(bundle.spec)
    batches: list[np.ndarray] = []
    for part in drawn_parts(1, _PARTS, 0.5, width_px, height_px):
        if part.picture is None:
            continue
        sensor = np.zeros((height_px, width_px), np.uint8)
        height, width = part.picture.shape
        sensor[part.y_px : part.y_px + height, part.x_px : part.x_px + width] = part.picture
        batches.append(preprocessor.prepare(sensor).patches.copy())
    for turn in range(_WARM_UP_PARTS):
        engine.run(batches[turn % len(batches)])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    os.nice(5)
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        engine.run(batches[done % len(batches)])
        done += 1
    sys.stdout.write(f"{done / spent}\n")


if __name__ == "__main__":
    main()
