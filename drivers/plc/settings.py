"""Settings of the PLC connection, as they stand in the configuration file under `plc`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PlcSettings(BaseModel):
    """How the station meets the PLC: role, address, limits. Times in milliseconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    role: Literal["server"] = Field(
        default="server",
        description="server: the station is the Modbus TCP server, the PLC polls and writes.",
    )
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        max_length=255,
        description="Address of this machine's network card that the PLC reaches.",
    )
    port: int = Field(default=5020, ge=1, le=65535, description="TCP port of the Modbus server (502 needs privileges).")
    unit_id: int = Field(
        default=1, ge=0, le=255, description="Modbus unit identifier; any other is answered with 0x0B."
    )
    peer: Literal["simulated", "real"] = Field(
        default="real",
        description="What is at the other end; simulated devices are refused beside a real PLC.",
    )
    heartbeat_timeout_ms: int = Field(
        default=1000,
        ge=30,
        le=60_000,
        description="PLC heartbeat unchanged for this long (three periods) = silent.",
    )
    result_ack_timeout_ms: int = Field(
        default=2000,
        ge=10,
        le=600_000,
        description="Limit from ResultsValid to ResultsAck, and for ResultsAck to fall.",
    )
    trigger_release_timeout_ms: int = Field(
        default=2000,
        ge=10,
        le=600_000,
        description="Limit for the PLC to take Trigger back after TriggerAck.",
    )
    max_connections: int = Field(
        default=8,
        ge=1,
        le=256,
        description="Modbus links at a time (PLC, HMI, tools); more are refused and counted.",
    )
