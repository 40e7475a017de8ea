"""What the checks look at: a configuration as far as it can be read, and this machine's own files of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.camera.settings import REPLAY, SIMULATED, CameraSettings
from station.config.model import StationConfig
from station.config.places import placed_camera


@dataclass(frozen=True, slots=True)
class Box:
    """`config` may name models or files that are not there. `proc` and `sys` are /proc and /sys, but in tests."""

    path: Path
    config: StationConfig
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")

    def path_of(self, relative: str) -> Path:
        """A path of the configuration, made absolute."""
        return (self.path.resolve().parent / relative).resolve()

    @property
    def records(self) -> Path:
        """The records folder, which need not be there yet."""
        return self.path_of(self.config.records.folder)

    @property
    def cameras(self) -> dict[str, CameraSettings]:
        """The cameras by name, their paths made absolute."""
        return {name: placed_camera(camera, self.path.resolve().parent) for name, camera in self.config.cameras.items()}

    @property
    def real_cameras(self) -> dict[str, CameraSettings]:
        """Those that are hardware."""
        return {name: cam for name, cam in self.cameras.items() if cam.producer not in (SIMULATED, REPLAY)}

    def text(self, place: Path) -> str | None:
        """A small file of /proc or /sys, stripped; None where it is not there or not to be read."""
        try:
            return place.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None


def is_station(command: str) -> bool:
    """Is this the command line of a station that runs?"""
    words = command.split()
    return any(word.rpartition("/")[2] == "station" for word in words) and not {"run", "demo"}.isdisjoint(words)
