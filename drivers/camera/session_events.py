"""Triggers that the camera says it missed, counted from its own events (SFNC 2.7, GenTL's remote device event).

Polled, never waited for: the binding would hold Python's lock meanwhile. Must not know what a missed trigger means.
"""

from __future__ import annotations

from typing import Any

from drivers.camera.aliases import Family, candidates
from drivers.camera.interface import CameraError

_MOST_AT_ONCE = 256
"""Beyond so many waiting events the rest waits for the next poll: an overspeed must not keep frames waiting."""
_OWN_MESSAGE_FORMAT = ("GEV", "U3V")


class RemoteEvents:
    """Counts the events `wanted` ("LineTriggerMissed", ..) of an open acquirer."""

    def __init__(self, acquirer: Any, family: Family, wanted: tuple[str, ...]) -> None:
        self.counts: dict[str, int] = dict.fromkeys(wanted, 0)
        self._acquirer = acquirer
        # harvesters' own thread would read it, and hold Python's lock while it waits.
        monitors: Any = acquirer._module_event_monitor_dict  # noqa: SLF001
        self._monitor: Any = monitors.get(acquirer.remote_device)
        if not wanted:
            return
        if self._monitor is None:
            raise CameraError(
                f"events {', '.join(wanted)} cannot be counted: this producer hands no camera events on; remove "
                "camera.events"
            )
        self._own_format = str(acquirer.device.tl_type) in _OWN_MESSAGE_FORMAT
        for name in wanted:
            self._follow(name, family)

    def _follow(self, name: str, family: Family) -> None:
        for event in candidates(family, f"Event{name}"):
            # The data of an event change with it; its own number may be a constant that never does.
            for node in (f"{event}Timestamp", event):
                token = self._acquirer.remote_device.register_node_callback(
                    node_name=node, callback=self._came, context=name
                )
                if token is not None:
                    return
        raise CameraError(
            f"event {name} cannot be counted: the camera has no feature Event{name}; remove camera.events"
        )

    def _came(self, node: object, name: str) -> None:
        del node
        self.counts[name] += 1

    def poll(self) -> None:
        """Take in what has come. Exceptions of the binding pass through."""
        if not self.counts:
            return
        for _ in range(min(_MOST_AT_ONCE, int(self._monitor.num_in_queue))):
            self._monitor.update_event_data(0)
            adapter, data = self._acquirer._event_adapter, self._monitor.optional_data  # noqa: SLF001
            if self._own_format:
                adapter.deliver_message(data)
            else:
                adapter.deliver_message(data, self._monitor.event_id)
