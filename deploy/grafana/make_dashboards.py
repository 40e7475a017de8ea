"""Writes dashboards/*.json from the tables beside it: python deploy/grafana/make_dashboards.py [FOLDER]."""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "dashboards"

sys.path.insert(0, str(HERE))
from board_devices import DEVICES  # noqa: E402
from board_line import LINE  # noqa: E402
from board_quality import QUALITY  # noqa: E402
from board_timing import TIMING  # noqa: E402


def documents() -> dict[str, str]:
    """Each file's name with what is in it."""
    boards = (LINE, TIMING, DEVICES, QUALITY)
    return {f"{board['uid']}.json": json.dumps(board, indent=1) + "\n" for board in boards}


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")
