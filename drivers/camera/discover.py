"""Looks at the cameras behind one GenTL producer, as a program of its own: producers hang, print and crash.

`python -m drivers.camera.discover list CTI` and `… features CTI SERIAL` write one JSON object on standard output, whose
key "error" holds a sentence where there is nothing to tell. Started by discovery.py, which sets the limits.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import signal
import sys
import threading
from typing import Any

from drivers.camera.binding_words import first_line

_DEVICE_FACTS = ("vendor", "model", "serial_number", "version", "tl_type", "access_status")
# GenApi: EInterfaceType and EAccessMode, EVisibility as numbers.
_KINDS = {2: "integer", 3: "boolean", 4: "command", 5: "float", 6: "string", 9: "enumeration"}
_ACCESS = {2: "write", 3: "read", 4: "read/write"}
_VISIBILITY = ("beginner", "expert", "guru", "invisible")


class _Words(logging.Handler):
    """harvesters only logs why a producer cannot be used; this keeps the first such line."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.first = self.first or record.getMessage().splitlines()[0]


def look(what: str, producer: str, serial: str = "") -> dict[str, Any]:
    """What `list` or `features` tells, as plain values."""
    words = _Words()
    log = logging.getLogger("harvesters")
    log.propagate = False
    log.addHandler(words)
    core: Any = importlib.import_module("harvesters.core")
    harvester: Any = core.Harvester(logger=log)
    try:
        harvester.add_file(producer, check_existence=True, check_validity=True)
        harvester.update()
        devices = [_device(info) for info in harvester.device_info_list]
        if not devices and words.first:
            return {"error": f"it cannot be used ({words.first})"}
        if what == "list":
            return {"devices": devices}
        return _features_of(harvester, serial, [str(device["serial_number"]) for device in devices])
    except Exception as error:  # noqa: BLE001 - the binding's exceptions are many and share no base
        return {"error": f"it cannot be used ({first_line(error)})"}
    finally:
        with contextlib.suppress(Exception):
            harvester.reset()


def _device(info: Any) -> dict[str, object]:
    return {name: _fact(info, name) for name in _DEVICE_FACTS}


def _fact(info: Any, name: str) -> object:
    try:
        value = getattr(info, name)
    except Exception:  # noqa: BLE001 - NotAvailable, NotImplemented: producers differ
        return ""
    return int(value) if name == "access_status" else str(value)


def _features_of(harvester: Any, serial: str, found: list[str]) -> dict[str, Any]:
    if serial not in found:
        return {"error": f"camera {serial} is not there, found {', '.join(found) or 'no camera at all'}"}
    try:
        acquirer: Any = harvester.create({"serial_number": serial})
    except Exception as error:  # noqa: BLE001 - as above
        return {"error": f"camera {serial} cannot be opened ({first_line(error)}): is another program using it?"}
    try:
        nodes: Any = acquirer.remote_device.node_map
        seen: set[str] = set()
        return {"features": [feature for item in nodes.Root.features for feature in _walk(item, _category(item), seen)]}
    finally:
        with contextlib.suppress(Exception):
            acquirer.destroy()


def _category(item: Any) -> str:
    return str(item.node.name) if hasattr(item, "features") else ""


def _walk(item: Any, category: str, seen: set[str]) -> list[dict[str, object]]:
    if hasattr(item, "features"):
        return [feature for child in item.features for feature in _walk(child, category, seen)]
    node = item.node
    name, kind = str(node.name), _KINDS.get(int(node.principal_interface_type))
    access = _ACCESS.get(int(node.get_access_mode()))
    if kind is None or access is None or name in seen:
        return []
    seen.add(name)
    return [
        {
            "category": category,
            "name": name,
            "kind": kind,
            "access": access,
            "value": "" if kind == "command" else _text(item, "value"),
            "unit": _text(item, "unit"),
            "offers": _offers(item, kind),
            "visibility": _VISIBILITY[min(int(node.visibility), len(_VISIBILITY) - 1)],
            "meaning": " ".join(str(node.tooltip).split()),
        }
    ]


def _offers(item: Any, kind: str) -> str:
    if kind == "enumeration":
        with contextlib.suppress(Exception):
            return " ".join(str(entry) for entry in item.symbolics)
    if kind in ("integer", "float"):
        low, high, step = (_text(item, name) for name in ("min", "max", "inc"))
        return f"{low} to {high}" + (f" by {step}" if step not in ("", "0", "1") else "")
    return ""


def _text(item: Any, name: str) -> str:
    try:
        value = getattr(item, name)
    except Exception:  # noqa: BLE001 - not readable now, or not a fact of this kind of node
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def main(arguments: list[str]) -> int:
    """Look, and write what was seen. Off the main thread, where harvesters would take over SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    answer = os.dup(1)
    os.dup2(2, 1)  # producers print on standard output
    seen: list[dict[str, Any]] = []
    worker = threading.Thread(target=lambda: seen.append(look(*arguments)), name="look")
    worker.start()
    worker.join()
    with os.fdopen(answer, "w", encoding="utf-8") as out:
        json.dump(seen[0] if seen else {"error": "the look itself failed"}, out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
