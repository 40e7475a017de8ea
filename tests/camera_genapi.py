"""A program: opens a simulated camera through harvesters, uses its description, and prints what it found as JSON.

`python -m tests.camera_genapi PRODUCER SERIAL FRAMES`, EDGE_SCENE being the scene of a world whose pulses come. It is
a program of its own because the binding holds the interpreter's lock, and so that it can run under a sanitizer.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from typing import Any

from tests.camera_scene import HEIGHT_PX, WIDTH_PX

LIMIT_MS = 30_000
LINES = (0, 1, HEIGHT_PX // 2, HEIGHT_PX - 1)


def look(producer: str, serial: str, frames: int) -> dict[str, Any]:
    """Everything in one camera's life: find, open, configure, take frames, hear messages, close; twice."""
    from harvesters.core import Harvester

    harvester = Harvester(logger=logging.getLogger("quiet"))
    harvester.add_file(producer)
    harvester.update()
    found: dict[str, Any] = {"serials": sorted(str(info.serial_number) for info in harvester.device_info_list)}
    try:
        for _ in range(2):
            acquirer = harvester.create({"serial_number": serial})
            found |= _used(acquirer, area=serial == "AREA01", frames=frames)
            acquirer.destroy()
    finally:
        harvester.reset()
    return found


def _used(acquirer: Any, *, area: bool, frames: int) -> dict[str, Any]:
    nodes = acquirer.remote_device.node_map
    nodes.Width.value, nodes.Height.value = WIDTH_PX, HEIGHT_PX
    found: dict[str, Any] = {"scan": nodes.DeviceScanType.value, "sources": {}}
    for selector, source in (("FrameStart", "Line1"), ("LineStart", "Encoder0"))[: 1 if area else 2]:
        nodes.TriggerSelector.value = selector
        found["sources"][selector] = list(nodes.TriggerSource.symbolics)
        nodes.TriggerSource.value, nodes.TriggerMode.value = source, "On"
    if not area:
        nodes.EncoderDivider.value = 4
    nodes.ChunkModeActive.value = True
    for chunk in nodes.ChunkSelector.symbolics:
        nodes.ChunkSelector.value, nodes.ChunkEnable.value = chunk, True
    found["events"] = list(nodes.EventSelector.symbolics)
    for event in found["events"]:
        nodes.EventSelector.value, nodes.EventNotification.value = event, "On"
    found["payload"] = nodes.PayloadSize.value
    acquirer.num_buffers = 8
    acquirer.start()
    found["locked"] = not _writable(nodes.Width)
    found["frames"] = [_frame(acquirer, nodes, area) for _ in range(frames)]
    found["messages"] = _messages(acquirer, nodes)
    found["encoder"] = nodes.EncoderValue.value
    acquirer.stop()
    return found


def _writable(node: Any) -> bool:
    try:
        node.value = node.value
    except Exception:  # noqa: BLE001 - each binding has its own exceptions
        return False
    return True


def _frame(acquirer: Any, nodes: Any, area: bool) -> dict[str, Any]:
    monitor = next(iter(acquirer._new_buffer_event_monitor_dict.values()))
    monitor.update_event_data(LIMIT_MS)
    raw = monitor.buffer
    acquirer._update_chunk_data(buffer=raw, is_manual=True)
    counts: list[int] = []
    for line in (0,) if area else LINES:
        if not area:
            nodes.ChunkScanLineSelector.value = line
        counts.append(nodes.ChunkEncoderValue.value)
    facts = {
        "id": raw.frame_id,
        "chunk_id": nodes.ChunkFrameID.value,
        "started_before_it_came": nodes.ChunkTimestamp.value < raw.timestamp_ns,
        "line1": nodes.ChunkLineStatusAll.value >> 1 & 1,
        "counts": counts,
        "sum": sum(raw.raw_buffer[: WIDTH_PX * HEIGHT_PX]),
    }
    raw.parent.queue_buffer(raw, False)
    return facts


def _messages(acquirer: Any, nodes: Any) -> list[tuple[str, int]]:
    """Each message's number, and the frame that its node in the map says after it was delivered there."""
    (monitor,) = acquirer._module_event_monitor_dict.values()
    names = {"9001": "FrameTrigger", "9002": "FrameTriggerMissed", "9003": "FrameStart", "9004": "FrameEnd"}
    said: list[tuple[str, int]] = []
    while monitor.num_in_queue:
        monitor.update_event_data(0)
        acquirer._event_adapter.deliver_message(monitor.optional_data, monitor.event_id)
        name = names.get(monitor.event_id, monitor.event_id)
        said.append((name, getattr(nodes, f"Event{name}FrameID").value))
    return said


def main(arguments: list[str]) -> None:
    """Off the main thread, whose signal handler harvesters would replace."""
    producer, serial, frames = arguments
    found: list[dict[str, Any]] = []
    worker = threading.Thread(target=lambda: found.append(look(producer, serial, int(frames))))
    worker.start()
    worker.join()
    print(json.dumps(found[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
