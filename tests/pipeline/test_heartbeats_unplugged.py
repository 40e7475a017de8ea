"""The cable between station and PLC is pulled and plugged in again, in both roles: silence is reject on both sides.

Once a real link (a veth pair into the PLC's network namespace) and once a relay that goes mute with both ends'
connections open, so that the half-open case is tested everywhere.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.pipeline.rig import balanced, program, status, until, write_config, write_pictures
from tests.pipeline.running_line import (
    OF_SILENCE,
    PATIENT,
    changed,
    comes_up,
    ends_well,
    fault_codes,
    in_log,
    lost,
    parts_pass,
    reasons,
    says_once_more,
    undecided,
)
from tests.wire import FarSide, MuteRelay, far_side, no_wire

pytestmark = pytest.mark.timeout(120)
SAID = {"server": "connection to the station is lost", "client": "the station's heartbeat has stood still"}
ROLES = pytest.mark.parametrize("role", ["server", "client"])


def line(folder: Path, **changes: object) -> Path:
    return write_config(
        folder, write_pictures(folder / "pictures"), gate=True, cell__parts=100_000, **PATIENT, **changes
    )


def goes_on_after_unplugging(config: Path, cell_config: Path, cable: FarSide | MuteRelay, role: str) -> None:
    """Run the line, pull the cable over a part that is in hand, plug it in again."""
    with program("simulate", cell_config, "--quiet", within=cable.within) as cell, program("run", config) as station:
        comes_up(config, station)
        parts_pass(config)
        for _ in range(2):
            with undecided(config, station):
                with says_once_more(cell, SAID[role]):
                    cable.unplug()
                until("the station misses its PLC", lambda: fault_codes(config) & {"E201", "E202"})
                until("no part waits for it", lambda: status(config)["ledger"]["in_flight"] == 0)
            shown = status(config)
            assert balanced(shown["ledger"])
            assert shown["state"]["name"] in ("FAULT", "STOPPED")
            until("its record says why", lambda: reasons(config).keys() & OF_SILENCE)
            cable.plug()
            parts_pass(config)
            assert not fault_codes(config) & {"E201", "E202"}
        _, truth = ends_well(config, station, cell)
    assert len(lost(truth)) >= 2
    assert not in_log(config, "E207")
    assert not in_log(config, "E208"), "the PLC's new link waited for its old one"


@ROLES
def test_a_pulled_cable_is_silence_to_both_and_the_line_goes_on_when_it_is_plugged_in(
    tmp_path: Path, role: str
) -> None:
    reason = no_wire()
    if reason is not None:
        pytest.skip(f"LOUD SKIP: {reason}: a pulled cable is only tested with a relay that goes mute")
    with far_side() as far:
        if role == "server":
            plc = {"plc__host": far.wire.host_address, "plc__allowed_peers": [far.wire.far_address]}
        else:
            plc = {"plc__host": far.wire.far_address}
        config = line(tmp_path, plc__role=role, **plc)
        goes_on_after_unplugging(config, config, far, role)


@ROLES
def test_a_network_that_swallows_everything_with_open_connections_is_silence_to_both(tmp_path: Path, role: str) -> None:
    config = line(tmp_path, plc__role=role)
    with MuteRelay(yaml.safe_load(config.read_text(encoding="utf-8"))["plc"]["port"]) as relay:
        other = changed(config, "through-relay.yaml", plc__port=relay.port)
        station_config, cell_config = (config, other) if role == "server" else (other, config)
        goes_on_after_unplugging(station_config, cell_config, relay, role)
