"""What stands at the end of the line, by role: a PLC (as its server or its client), or bare remote I/O.

The one place that knows all roles; whoever uses the link knows only `PlcLink`.
"""

from __future__ import annotations

from drivers.encoder.settings import EncoderSettings
from drivers.plc.factory import open_plc
from drivers.plc.facts import WireCounters
from drivers.plc.link_core import LinkCore, OnTrigger
from drivers.remote_io.link import RemoteIoLink, open_remote_io
from station.config.load import Loaded
from station.config.model import StationConfig

PlcSide = LinkCore | RemoteIoLink


def open_plc_side(loaded: Loaded, *, first_part_seq: int, on_trigger: OnTrigger) -> PlcSide:
    """The link of this configuration, not started yet; PlcError for certificates that cannot be used.

    `first_part_seq` counts only where there is no PLC that numbers the parts.
    """
    config, folder = loaded.config, loaded.path.resolve().parent
    if config.plc.role != "remote_io":
        return open_plc(config.plc, folder=folder, on_trigger=on_trigger)
    gate, remote_io = config.recipe.gate, config.remote_io
    assert gate is not None, "the configuration was checked"
    assert remote_io is not None, "the configuration was checked"
    nominal = remote_io.nominal_counts_per_s or 1.0
    encoder = config.encoder or EncoderSettings(max_counts_per_s=2 * nominal)
    return open_remote_io(remote_io, gate, encoder, folder=folder, first_part_seq=first_part_seq, on_trigger=on_trigger)


def wire_counters(link: PlcSide) -> WireCounters:
    """What the connection has seen since start."""
    if isinstance(link, LinkCore):
        return link.wire_counters
    seen = link.client_counters
    return WireCounters(connections=seen.connects, requests=seen.requests, malformed=seen.wrong_replies)


def address_of(config: StationConfig) -> str:
    """Where the PLC or the coupler is, or where it finds us."""
    where = config.remote_io if config.plc.role == "remote_io" and config.remote_io is not None else config.plc
    return f"{where.host}:{where.port}"
