"""What keeps a station from starting is told as its own fault, from the error that really comes."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from drivers.plc.errors import PlcError
from drivers.plc.link import PlcServerLink
from drivers.plc.settings import PlcSettings
from station.config.faults import ConfigError
from station.config.load import load_config
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.fault_start import raise_start_faults
from station.ledger import LedgerFile, LedgerFileError
from station.listening import ListenError
from station.metrics.server import MetricsServer
from station.starting import StartError
from tests.told_faults import DEPLOY


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program uses."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def the_fault(error: Exception) -> tuple[FaultCode, str]:
    board = FaultBoard()
    (code,) = raise_start_faults(board, error)
    (fault,) = board.active()
    assert fault.code is code
    return code, fault.sentence


async def test_a_plc_port_in_use_is_e206(taken: int) -> None:
    link = PlcServerLink(PlcSettings(host="127.0.0.1", port=taken, peer="simulated"))
    with pytest.raises(PlcError) as found:
        await link.start()
    code, sentence = the_fault(found.value)
    assert code is FaultCode.PLC_PORT_IN_USE
    assert sentence.startswith(f"The PLC cannot reach this station: PLC server cannot listen on 127.0.0.1:{taken}: ")


def started(exporter: MetricsServer) -> None:
    """As the station's start does it."""
    try:
        exporter.start()
    except ListenError as error:
        raise StartError(str(error)) from None


def test_a_metrics_port_in_use_is_e602_also_as_the_start_error_that_was_made_of_it(taken: int) -> None:
    with pytest.raises(StartError) as found:
        started(MetricsServer(CollectorRegistry(), taken, "127.0.0.1"))
    code, sentence = the_fault(found.value)
    assert code is FaultCode.PORT_IN_USE
    assert f"127.0.0.1:{taken}" in sentence


def test_each_wrong_line_of_a_configuration_is_one_e603(tmp_path: Path) -> None:
    text = (DEPLOY / "demo.yaml").read_text(encoding="utf-8").replace("../models", str(DEPLOY.parent / "models"))
    path = tmp_path / "station.yaml"
    path.write_text(text.replace("port: 8090", "port: 80900").replace("level: INFO", "level: LOUD"), encoding="utf-8")
    with pytest.raises(ConfigError) as found:
        load_config(path)
    board = FaultBoard()
    assert raise_start_faults(board, found.value) == (FaultCode.CONFIGURATION, FaultCode.CONFIGURATION)
    port, level = sorted(fault.sentence for fault in board.active())[::-1]
    assert "port" in port + level
    assert all(fault.sentence.startswith(f"The configuration cannot be used: {path}:") for fault in board.active())


def test_a_damaged_bundle_that_the_configuration_names_is_e301(tmp_path: Path) -> None:
    bundle = shutil.copytree(DEPLOY.parent / "models" / "bundles" / "mantle", tmp_path / "mantle")
    (bundle / "model.yaml").write_text("nothing", encoding="utf-8")
    path = tmp_path / "station.yaml"
    text = (DEPLOY / "demo.yaml").read_text(encoding="utf-8").replace("../models/bundles/mantle", "mantle")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as found:
        load_config(path)
    code, sentence = the_fault(found.value)
    assert code is FaultCode.MODEL_REFUSED
    assert "mantle" in sentence


def test_a_ledger_file_of_another_station_is_e424(tmp_path: Path) -> None:
    first = LedgerFile(tmp_path / "parts.ledger")
    try:
        with pytest.raises(LedgerFileError) as found:
            LedgerFile(tmp_path / "parts.ledger")
    finally:
        first.close()
    code, sentence = the_fault(found.value)
    assert code is FaultCode.LEDGER_FILE
    assert "in use by another station" in sentence


def test_a_camera_that_cannot_work_as_configured_is_the_configuration() -> None:
    code, sentence = the_fault(StartError("camera line: it has no pixel format Mono16"))
    assert code is FaultCode.CONFIGURATION
    assert sentence == "The configuration cannot be used: camera line: it has no pixel format Mono16."
