"""Which code made something: the package's version and, in a checkout, the commit."""

from __future__ import annotations

import importlib.metadata
import subprocess
from pathlib import Path
from typing import Final

PACKAGE: Final = "edge-inspection-station"
LIBRARIES: Final = ("torch", "litert_torch", "ai_edge_quantizer", "ai_edge_litert", "numpy", "opencv-python-headless")


def code_version() -> str:
    """For example `0.1.0 a32bbb8`, with `+changes` where the checkout differs from its commit."""
    version = importlib.metadata.version(PACKAGE)
    commit = _git("rev-parse", "--short", "HEAD")
    changed = "+changes" if commit and _git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{version} {commit}{changed}".strip()


def library_versions() -> dict[str, str]:
    """Versions of what shapes a network, as far as it is installed."""
    found: dict[str, str] = {}
    for library in LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  fixed arguments
            ["git", *arguments],  # noqa: S607  the user's own git
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
