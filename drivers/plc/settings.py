"""Settings of the PLC connection, as they stand in the configuration file under `plc`."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from drivers.plc.errors import PlcError
from drivers.plc.peers import AllowedPeers, is_wildcard


class TlsSettings(BaseModel):
    """Mutual TLS: both sides show a certificate, and each must be signed by an authority that the other one trusts."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    certificate: str = Field(
        min_length=1, description="PEM file of the station's own certificate (with its chain), relative to this file."
    )
    key: str = Field(min_length=1, description="PEM file of the certificate's private key, relative to this file.")
    ca: str = Field(
        min_length=1, description="PEM file of the authority that signs the peers' certificates, relative to this file."
    )
    verify_host: bool = Field(
        default=True,
        description="Role client: the PLC's certificate must name plc.host; false where PLCs share one certificate.",
    )


class PlcSettings(BaseModel):
    """How the station meets the PLC: role, address, limits. Times in milliseconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    role: Literal["server", "client", "remote_io"] = Field(
        default="server",
        description="server: the station is the Modbus TCP server, the PLC polls and writes. client: the PLC is the "
        "server, the station polls and writes. remote_io: no PLC, the station drives bare inputs and outputs.",
    )
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        max_length=255,
        description="Role server: address of this machine's network card that the PLC reaches. Role client: the PLC's "
        "address. Must be written down for a real peer.",
    )
    port: int = Field(default=5020, ge=1, le=65535, description="TCP port of the Modbus server (502 needs privileges).")
    unit_id: int = Field(
        default=1, ge=0, le=255, description="Modbus unit identifier; any other is answered with 0x0B."
    )
    peer: Literal["simulated", "real"] = Field(
        default="real",
        description="What is at the other end; simulated devices are refused beside a real PLC.",
    )
    allowed_peers: list[str] = Field(
        default=[],
        max_length=64,
        description="Role server: addresses and networks that may connect, others are refused and counted. Empty: all; "
        "must be given where host is 0.0.0.0 or ::.",
    )
    tls: TlsSettings | None = Field(
        default=None, description="Mutual TLS with these certificates; empty: plain Modbus TCP."
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
        description="Role server: Modbus links at a time (PLC, HMI, tools); more are refused and counted.",
    )
    poll_ms: int = Field(default=5, ge=1, le=1000, description="Role client: the control block is read so often.")
    timeout_ms: int = Field(
        default=200, ge=50, le=1000, description="Role client: limit for connecting and for each request."
    )

    @field_validator("allowed_peers")
    @classmethod
    def _are_networks(cls, networks: list[str]) -> list[str]:
        try:
            AllowedPeers(networks)
        except PlcError as fault:
            raise ValueError(str(fault)) from None
        return networks

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.role == "remote_io":
            return self
        if self.peer == "real" and "host" not in self.model_fields_set:
            whose = "of the network card that the PLC reaches" if self.role == "server" else "of the PLC"
            raise ValueError(f"host is missing: beside a real PLC the address {whose} must be written down")
        if self.role == "client" and self.allowed_peers:
            raise ValueError("allowed_peers means something for role server only: a client chooses its peer by host")
        if is_wildcard(self.host):
            if self.role == "client":
                raise ValueError(f"host {self.host} is no address of a PLC: write the one under which it answers")
            if not self.allowed_peers:
                raise ValueError(
                    f"host {self.host} listens on every network card: name one card's address, or say who may connect "
                    "under allowed_peers"
                )
        return self
