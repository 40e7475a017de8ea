"""Does each producer load, in a process of its own, and find the cameras that the configuration names?"""

from __future__ import annotations

from collections.abc import Iterator

from drivers.camera.discovery import SeenCamera, cameras_behind
from drivers.camera.interface import CameraError
from drivers.camera.producers import producer_file
from drivers.camera.settings import REPLAY, SIMULATED
from station.doctor.box import Box
from station.doctor.finding import Finding, bad, note, ok

LOOK_LIMIT_S = 40.0
GIGE, USB3 = "GEV", "U3V"
_MEANS_GIGE = ("aravis",)


def cameras(box: Box) -> Iterator[Finding]:
    """A line a camera; of a producer that cannot be used one line for all of its cameras."""
    for producer in dict.fromkeys(camera.producer for camera in box.cameras.values()):
        wanted = {name: cam for name, cam in box.cameras.items() if cam.producer == producer}
        if producer == REPLAY:
            for name, camera in wanted.items():
                yield ok(f"camera {name} plays the recording {camera.scene}")
            continue
        try:
            seen = {camera.serial: camera for camera in cameras_behind(producer_file(producer), LOOK_LIMIT_S)}
        except CameraError as error:
            yield bad(f"producer of {', '.join(wanted)}: {error}", "install the maker's producer again, or correct it")
            continue
        for name, camera in wanted.items():
            yield _camera(name, camera.serial, producer, seen)


def _camera(name: str, serial: str, producer: str, seen: dict[str, SeenCamera]) -> Finding:
    found = seen.get(serial)
    if found is None:
        others = f"it finds {', '.join(sorted(seen))}" if seen else "it finds none"
        return bad(
            f"camera {name}: {producer} finds no camera {serial}; {others}",
            "check the serial in the configuration, power, cable and the camera's address (same network)",
        )
    what = f"camera {name}: {found.vendor} {found.model} {serial}, {found.transport}"
    if not found.access.startswith("free"):
        doing = "stop the program that holds it (a running station, the maker's viewer)"
        return note(f"{what}, is {found.access}", doing)
    return ok(f"{what} (SIMULATED)" if producer == SIMULATED else what)


def speaks_gige(box: Box) -> bool:
    """May any camera be a GigE one? A maker's producer that does not say so by its name counts as one."""
    return any(
        camera.producer in _MEANS_GIGE or not _says_otherwise(camera.producer) for camera in box.real_cameras.values()
    )


def _says_otherwise(producer: str) -> bool:
    name = producer.rsplit("/", 1)[-1].lower()
    return any(word in name for word in ("u3v", "usb", "cxp", "camlink", "cl."))


def speaks_usb(box: Box) -> bool:
    """May any camera be a USB one? Likewise."""
    names = [camera.producer.rsplit("/", 1)[-1].lower() for camera in box.real_cameras.values()]
    return any(name not in _MEANS_GIGE and not any(w in name for w in ("gev", "gige", "cxp")) for name in names)
