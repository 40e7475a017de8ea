"""Where GenTL producers are: the file that a configuration names, and all that this machine has.

Vendors' installers put their folders into GENICAM_GENTL64_PATH (GenTL 1.6, 6.1.1). It must not load any of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from drivers.camera.aravis import build as aravis
from drivers.camera.interface import CameraError
from drivers.camera.producer import build as simulated
from drivers.camera.settings import ARAVIS, SIMULATED

SEARCH_PATH = "GENICAM_GENTL64_PATH"


def producer_file(name: str) -> Path:
    """The file behind `producer:` of a configuration, compiled first where it is ours. CameraError: there is none."""
    if name == SIMULATED:
        try:
            return simulated.built_producer()
        except simulated.BuildError as error:
            raise CameraError(str(error)) from error
    if name == ARAVIS:
        try:
            return aravis.aravis_producer()
        except aravis.BuildError as error:
            raise CameraError(str(error)) from error
    path = Path(name)
    if not path.is_file():
        raise CameraError(
            f"GenTL producer {path} does not exist: set producer to a .cti file, to 'aravis' or to 'simulated'"
        )
    return path


def installed_producers(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Every .cti file in the folders of GENICAM_GENTL64_PATH, each once, in their order."""
    found: dict[Path, None] = {}
    for folder in environment.get(SEARCH_PATH, "").split(os.pathsep):
        if folder and Path(folder).is_dir():
            found.update(dict.fromkeys(sorted(path.resolve() for path in Path(folder).glob("*.cti"))))
    return list(found)
