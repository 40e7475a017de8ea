"""A PLC program as a state machine over register images: control words out, status words in, a line of JSON a part.

Knows the map from the JSON it is given and nothing of the product: it runs as a program of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path


class HandshakeBrokenError(Exception):
    """The station did something that the handshake does not allow."""


def crc16(words: Sequence[int]) -> int:
    crc = 0xFFFF
    for byte in (half for word in words for half in (word >> 8, word & 0xFF)):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


class Plc:
    """`control` is what the station shall read next; `state` the name of the method that does the next scan."""

    def __init__(self, registers: dict[str, int], parts: Sequence[int]) -> None:
        self.map, self.parts = registers, list(parts)
        self.control = [0] * registers["CONTROL_WORDS"]
        self.heartbeats, self.acq_seq = 0, 0
        self.result: list[int] = []
        self.state = self.wait_ready
        self.command()

    @property
    def done(self) -> bool:
        return not self.parts

    def step(self, status: Sequence[int]) -> None:
        """One scan: reads the status words, changes `control`."""
        self.heartbeats += 1
        self.put("PlcHeartbeat", self.heartbeats)
        if self.parts:
            self.state(status, status[self.map["REG_StatusBits"] - self.map["STATUS_BASE"]])

    def put(self, register: str, value: int, offset: int = 0) -> None:
        self.control[self.map[f"REG_{register}"] - self.map["CONTROL_BASE"] + offset] = value & 0xFFFF

    def command(self, *names: str) -> None:
        self.put("ControlBits", sum(self.map[f"BIT_ControlBits_{name}"] for name in ("ENABLE", *names)))

    def on(self, bits: int, name: str) -> bool:
        return bool(bits & self.map[f"BIT_StatusBits_{name}"])

    def wait_ready(self, _status: Sequence[int], bits: int) -> None:
        if self.on(bits, "TRIGGER_READY") and not self.on(bits, "RESULTS_VALID"):
            encoder = self.map["ENCODER_BASE"] + self.parts[0]
            self.put("PartSeq", self.parts[0])
            self.put("PlcEncoder", encoder >> 16)
            self.put("PlcEncoder", encoder, 1)
            self.state = self.raise_trigger

    def raise_trigger(self, _status: Sequence[int], _bits: int) -> None:
        self.command("TRIGGER")
        self.state = self.wait_ack

    def wait_ack(self, status: Sequence[int], bits: int) -> None:
        if self.on(bits, "MISSED_TRIGGER"):
            raise HandshakeBrokenError("the trigger was missed")
        if self.on(bits, "TRIGGER_ACK"):
            self.acq_seq = status[self.map["REG_AcqSeq"] - self.map["STATUS_BASE"]]
            if self.acq_seq != self.parts[0]:
                raise HandshakeBrokenError(f"TriggerAck came with AcqSeq {self.acq_seq}, not {self.parts[0]}")
            self.command()
            self.state = self.wait_ack_fall

    def wait_ack_fall(self, _status: Sequence[int], bits: int) -> None:
        if not self.on(bits, "TRIGGER_ACK"):
            self.state = self.wait_result

    def wait_result(self, status: Sequence[int], bits: int) -> None:
        if self.on(bits, "RESULTS_VALID"):
            start = self.map["REG_ResultSeq"] - self.map["STATUS_BASE"]
            self.result = list(status[start : start + self.map["RESULT_WORDS"]])
            self.command("RESULTS_ACK")
            self.state = self.wait_valid_fall

    def wait_valid_fall(self, _status: Sequence[int], bits: int) -> None:
        if not self.on(bits, "RESULTS_VALID"):
            self.say_part(self.parts.pop(0))
            self.command()
            self.state = self.wait_ready

    def of(self, register: str, offset: int = 0) -> int:
        return self.result[self.map[f"REG_{register}"] - self.map["REG_ResultSeq"] + offset]

    def say_part(self, seq: int) -> None:
        checks = {
            "number": self.of("ResultSeq") == seq,
            "complement": self.of("Verdict") ^ self.of("NotVerdict") == 0xFFFF,
            "check word": crc16(self.result[: self.map["REG_Crc"] - self.map["REG_ResultSeq"]]) == self.of("Crc"),
        }
        faults = [name for name, right in checks.items() if not right]
        say(
            part_seq=seq,
            acq_seq=self.acq_seq,
            result_seq=self.of("ResultSeq"),
            verdict=self.of("Verdict"),
            trigger_encoder=self.of("TriggerEncoder") << 16 | self.of("TriggerEncoder", 1),
            heartbeats=self.heartbeats,
            passed=self.of("Verdict") == self.map["CODE_Verdict_PASS"] and not faults,
            faults=faults,
        )


def read_arguments() -> tuple[dict[str, int], int, int, Plc]:
    """MAP.json PORT LIMIT_S-or-REGISTERS PART..."""
    path, port, size, *parts = sys.argv[1:]
    registers = json.loads(Path(path).read_text())
    return registers, int(port), int(size), Plc(registers, [int(part) for part in parts])
