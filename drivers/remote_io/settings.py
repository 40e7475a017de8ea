"""Settings of remote I/O, as they stand in the configuration file under `remote_io`.

Addresses are zero-based Modbus protocol addresses. Every gate is energise-to-open: nothing energised means that the
part falls into the reject chute, because a coupler drops its outputs to zero when its master dies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from drivers.plc.settings import TlsSettings

Address = Annotated[int, Field(ge=0, le=65535)]
_MODEL = ConfigDict(extra="forbid", frozen=True, strict=True)
_MOST_REGISTERS, _MOST_INPUTS = 125, 2000
_UNSAFE = (
    "a gate that is energised to reject cannot be configured: a coupler drops its outputs to zero when its master "
    "dies, and then every part would pass; turn the gate around so that it needs power to open for a part"
)


class InputSettings(BaseModel):
    """One discrete input of the coupler."""

    model_config = _MODEL

    input: Address = Field(description="Address of the discrete input (function code 2).")
    inverted: bool = Field(default=False, description="true: the sensor is active while the input is 0.")


class CounterSettings(BaseModel):
    """A counter of 32 bits in two registers of the coupler."""

    model_config = _MODEL

    address: Annotated[int, Field(ge=0, le=65534)] = Field(description="Address of the first of two registers.")
    table: Literal["input", "holding"] = Field(default="input", description="input: function code 4; holding: 3.")
    word_order: Literal["high_first", "low_first"] = Field(
        default="high_first", description="Which half of the count the first register holds."
    )


class RegisterSettings(BaseModel):
    """One register of the coupler."""

    model_config = _MODEL

    address: Address = Field(description="Address of the register.")
    table: Literal["input", "holding"] = Field(default="input", description="input: function code 4; holding: 3.")


class PassingSensorSettings(BaseModel):
    """A sensor that sees parts pass: a counter register of the coupler, or a discrete input that is polled."""

    model_config = _MODEL

    counter: Address | None = Field(
        default=None, description="Register (16 bits, wraps) in which the coupler counts the parts: loses none."
    )
    table: Literal["input", "holding"] = Field(default="input", description="Where `counter` is.")
    input: Address | None = Field(
        default=None,
        description="Discrete input whose rising edges the station counts. A part that comes and goes between two "
        "polls is not seen: it must cover the sensor, and leave it free, for longer than poll_ms.",
    )
    inverted: bool = Field(default=False, description="true: the sensor is active while `input` is 0.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.counter is None) == (self.input is None):
            raise ValueError("a sensor is either a counter register (counter) or a discrete input (input): give one")
        return self


class GateOutputSettings(BaseModel):
    """One gate: its coil, and for which parts it opens. Energised means open, always."""

    model_config = _MODEL

    name: str = Field(min_length=1, max_length=40, description="What people call this gate.")
    coil: Address = Field(description="Address of the output (function codes 5 and 15). 1 opens the gate.")
    opens_for: Literal["pass"] | Annotated[int, Field(ge=1, le=65535)] = Field(
        description="pass: for sound parts; a number: for parts with the defect class of this label index."
    )
    after_gate_counts: int = Field(
        default=0, ge=0, le=2**30, description="How far behind gate.offset_counts this gate is; 0: there."
    )

    @model_validator(mode="before")
    @classmethod
    def _opens_when_energised(cls, given: object) -> object:
        if isinstance(given, dict):
            fields = cast("dict[object, object]", given)
            unsafe = str(fields.get("opens_for", "")).startswith("reject")
            if unsafe or any(key in fields for key in ("inverted", "closes_for", "energised", "normally_open")):
                raise ValueError(_UNSAFE)
        return cast("object", given)

    @field_validator("opens_for", mode="before")
    @classmethod
    def _class_or_pass(cls, given: object) -> object:
        if given == "pass" or (isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= 65535):
            return given
        raise ValueError(f"pass or the label index of a defect class (1..65535) was expected, {given!r} was found")


class WatchdogSettings(BaseModel):
    """How the coupler's own output watchdog is armed. The station writes it each time the link comes up.

    A gate that is open when the station dies stays open for this time, and what comes then passes: it should be shorter
    than from one part to the next. The station writes the outputs at each poll while a gate is open.
    """

    model_config = _MODEL

    address: Address = Field(description="Holding register of the watchdog time.")
    value: int = Field(
        ge=1,
        le=65535,
        description="What is written there, in the coupler's own unit. Couplers come with some "
        "1000 ms: too long if more than one part comes in that time.",
    )


class RemoteIoSettings(BaseModel):
    """A Modbus coupler with sensors at its inputs and gates at its outputs. Times in milliseconds."""

    model_config = _MODEL

    host: str = Field(min_length=1, max_length=255, description="The coupler's address.")
    port: int = Field(default=502, ge=1, le=65535, description="The coupler's TCP port.")
    unit_id: int = Field(default=1, ge=0, le=255, description="Modbus unit identifier of the coupler.")
    tls: TlsSettings | None = Field(default=None, description="Mutual TLS; empty: plain Modbus TCP.")
    peer: Literal["simulated", "real"] = Field(default="real", description="What is at the other end.")
    poll_ms: int = Field(default=5, ge=1, le=100, description="Inputs and counters are read so often.")
    timeout_ms: int = Field(
        default=100, ge=50, le=1000, description="Limit of each request; one that takes longer costs the link."
    )
    heartbeat_timeout_ms: int = Field(
        default=1000, ge=100, le=60_000, description="No answered poll for so long: the coupler is silent."
    )
    part_sensor: InputSettings = Field(
        description="Sees the part at its trigger. A part that comes and goes between two polls is not seen, and "
        "rejected: it must cover the sensor, and leave it free, for longer than poll_ms."
    )
    latch: CounterSettings | None = Field(
        default=None,
        description="Register in which the coupler keeps the encoder count of the newest part edge. Empty: the count "
        "is the one read together with the edge, late by up to poll_ms.",
    )
    part_counter: RegisterSettings | None = Field(
        default=None,
        description="Register (16 bits, wraps) in which the coupler counts the edges of the part sensor: parts that "
        "came between two polls are then known of, announced as missed and rejected. Empty: nobody knows of them.",
    )
    encoder: CounterSettings | None = Field(default=None, description="The counter that follows the line.")
    nominal_counts_per_s: float | None = Field(
        default=None,
        gt=0,
        le=1e7,
        description="Without an encoder: a clock of the station counts so fast, and every way in counts is a time. "
        "1000000: counts are microseconds; the line's usual speed: counts are those that an encoder would give.",
    )
    air_ok: InputSettings | None = Field(default=None, description="Active while there is air pressure.")
    bin_full: InputSettings | None = Field(default=None, description="Active while the reject bin is full.")
    clear_error: InputSettings | None = Field(default=None, description="Key switch that acknowledges faults.")
    reject_sensor: PassingSensorSettings | None = Field(default=None, description="In the reject chute.")
    gate_sensor: PassingSensorSettings | None = Field(default=None, description="Just before the gate.")
    gates: tuple[GateOutputSettings, ...] = Field(
        min_length=1, max_length=16, strict=False, description="The gates; exactly one opens for pass."
    )
    watchdog: WatchdogSettings | None = Field(
        default=None, description="The coupler's own output watchdog; empty: it is armed by its own configuration."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        passing = sum(gate.opens_for == "pass" for gate in self.gates)
        if passing != 1:
            raise ValueError(f"exactly one gate opens for pass, {passing} were found under gates")
        for what in ("name", "coil", "opens_for"):
            values = [getattr(gate, what) for gate in self.gates]
            for twice in {value for value in values if values.count(value) > 1}:
                raise ValueError(f"two gates have the same {what} ({twice}): each gate has its own")
        if (self.encoder is None) == (self.nominal_counts_per_s is None):
            raise ValueError(
                "either encoder (the register of the line's counter) or nominal_counts_per_s (a clock is the counter) "
                "must be given, not both"
            )
        if self.latch is not None and self.encoder is None:
            raise ValueError("latch needs an encoder: without one there is no count to keep")
        for table in ("input", "holding"):
            _check_span(f"{table} registers", self.registers(table), _MOST_REGISTERS)
        _check_span("discrete inputs", self.inputs(), _MOST_INPUTS)
        return self

    def registers(self, table: str) -> tuple[int, ...]:
        """Addresses of all registers that are read from `table` ("input" or "holding")."""
        wide = [one for one in (self.encoder, self.latch) if one is not None and one.table == table]
        narrow = [one for one in (self.reject_sensor, self.gate_sensor) if one is not None and one.table == table]
        single = [one for one in (self.part_counter,) if one is not None and one.table == table]
        return (
            *(one.address for one in single),
            *(address for one in wide for address in (one.address, one.address + 1)),
            *(one.counter for one in narrow if one.counter is not None),
        )

    def inputs(self) -> tuple[int, ...]:
        """Addresses of all discrete inputs that are read."""
        levels = (self.part_sensor, self.air_ok, self.bin_full, self.clear_error)
        counted = (self.reject_sensor, self.gate_sensor)
        return (
            *(one.input for one in levels if one is not None),
            *(one.input for one in counted if one is not None and one.input is not None),
        )


def _check_span(what: str, addresses: Iterable[int], most: int) -> None:
    """They are read in one request, so that all are of one moment."""
    found = sorted(addresses)
    if found and found[-1] - found[0] >= most:
        raise ValueError(
            f"{what} {found[0]} and {found[-1]} lie too far apart: all are read in one request of at most {most}"
        )
