"""The register map of the station: the one schema that code, symbol table, manual page and tests come from.

Addresses are zero-based Modbus protocol addresses. Every block powers up as zero; zero is never PASS.
Knows what the registers mean; must not know who reads or writes them, or when.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, IntFlag
from typing import Self

from pymodbus.framer import FramerRTU

from drivers.plc.words import Block, flag_word, inner_block, size_words, u16, u32

CONTROL_BASE = 0
STATUS_BASE = 100
NO_ENCODER = 0xFFFF_FFFF
"""Value of a u32 encoder register that has no count to give."""
RESULT_OFFSET = 10
"""Where R0 lies in the status block (R0 = S10)."""
_CRC_OFFSET = 11


class ControlBits(IntFlag):
    """C0, written by the PLC. Commands are edges 0→1, never levels; Enable alone is a level."""

    ENABLE = 1 << 0
    TRIGGER = 1 << 1
    RESULTS_ACK = 1 << 2
    CLEAR_ERROR = 1 << 3
    RECIPE_REQUEST = 1 << 4
    SELF_TEST = 1 << 5
    SET_OFFLINE = 1 << 6
    EXPOSURE_ACK = 1 << 7


class LineBits(IntFlag):
    """C8, written by the PLC: what it says of its line, and which of the registers after it mean something."""

    ENCODER_VALID = 1 << 0
    SENSORS_VALID = 1 << 1
    COUNTERS_VALID = 1 << 2
    AIR_LOW = 1 << 3
    BIN_FULL = 1 << 4
    TIME_VALID = 1 << 5


class StatusBits(IntFlag):
    """S0, written by the station."""

    ONLINE = 1 << 0
    TRIGGER_READY = 1 << 1
    TRIGGER_ACK = 1 << 2
    ACQUIRING = 1 << 3
    EXPOSURE_COMPLETE = 1 << 4
    BUSY = 1 << 5
    RESULTS_VALID = 1 << 6
    BUFFER_OVERRUN = 1 << 7
    MISSED_TRIGGER = 1 << 8
    RECIPE_ACK = 1 << 9
    RECIPE_ERROR = 1 << 10
    WARNING = 1 << 11
    ERROR = 1 << 12
    SIMULATED = 1 << 13
    SELF_TEST_RUNNING = 1 << 14
    FORCING_REJECTS = 1 << 15


class State(IntEnum):
    """S1, names of OPC 40100-1 (OPC UA for Machine Vision)."""

    PREOPERATIONAL = 1
    HALTED = 2
    ERROR = 3
    INITIALIZED = 5
    READY = 6
    EXECUTING = 7


class VerdictCode(IntEnum):
    """R1. Anything but PASS is a reject, whatever the number."""

    NONE = 0
    PASS = 0x5A5A
    DEFECT = 0xA501
    DEADLINE = 0xA502
    IMAGE_INTEGRITY = 0xA503
    MODEL = 0xA504
    OUT_OF_DISTRIBUTION = 0xA505
    CAMERA = 0xA506
    IDENTITY_MISMATCH = 0xA507


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS as a number (check value of b"123456789": 0x4B37).

    pymodbus returns the two bytes in the order in which RTU sends them, low byte first; here they turn.
    """
    sent_low_first = FramerRTU.compute_CRC(data)
    return (sent_low_first >> 8) | ((sent_low_first & 0xFF) << 8)


def result_crc(words: Sequence[int]) -> int:
    """Check word R11 over R0..R10, each register as two bytes, high byte first; `words` may hold R11 too."""
    if len(words) < _CRC_OFFSET:
        raise ValueError(f"result_crc: R0..R10 are {_CRC_OFFSET} registers, {len(words)} came")
    return crc16_modbus(b"".join(word.to_bytes(2, "big") for word in words[:_CRC_OFFSET]))


@dataclass(frozen=True, slots=True)
class ControlBlock(Block):
    """C0..C17, PLC to station, holding registers from CONTROL_BASE. C6 and on count only where C8 says so."""

    bits: ControlBits = field(
        default=ControlBits(0), metadata=flag_word(0, "ControlBits", "commands of the PLC", ControlBits)
    )
    part_seq: int = u16(1, "PartSeq", "number of the part being triggered, 1..65535, wraps to 1, never 0")
    recipe_id: int = u16(2, "RecipeId", "wanted recipe")
    heartbeat: int = u16(3, "PlcHeartbeat", "counter that the PLC raises while its program runs")
    encoder: int = u32(4, "PlcEncoder", "encoder counts at the trigger, 0xFFFFFFFF = none")
    encoder_now: int = u32(6, "EncoderNow", "encoder counts now, written each scan")
    line_bits: LineBits = field(
        default=LineBits(0),
        metadata=flag_word(8, "LineBits", "what C6 and on are worth; alarms", LineBits),
    )
    rejects_seen: int = u16(9, "RejectsSeen", "parts seen by the sensor in the reject chute, wraps")
    parts_seen: int = u16(10, "PartsSeen", "parts seen by the sensor before the gate, wraps")
    plc_triggers: int = u32(11, "PlcTriggers", "parts that the PLC triggered, raised with the Trigger bit")
    plc_passed: int = u32(13, "PlcPassed", "parts that the PLC let pass, raised no later than ResultsAck")
    plc_rejected: int = u32(15, "PlcRejected", "parts that the PLC rejected, by verdict or by its own default")
    encoder_ms: int = u16(17, "EncoderTimeMs", "PLC's clock in milliseconds when EncoderNow was read, wraps")

    @property
    def trigger_count(self) -> int | None:
        """PlcEncoder, None where the PLC has no count."""
        return None if self.encoder == NO_ENCODER else self.encoder


@dataclass(frozen=True, slots=True)
class ResultBlock(Block):
    """R0..R11, one part's verdict. Make one with `sealed`, which fills in complement and check word."""

    part_seq: int = u16(0, "ResultSeq", "PartSeq of this result")
    verdict: int = u16(1, "Verdict", "0x5A5A = PASS; anything else is a reject")
    not_verdict: int = u16(2, "NotVerdict", "ones' complement of Verdict")
    defect_class: int = u16(3, "DefectClass", "label index of the recipe, 0 = defect-free")
    score_1e4: int = u16(4, "Score", "score x 10000")
    trigger_encoder: int = u32(5, "TriggerEncoder", "encoder counts at the trigger, 0xFFFFFFFF = none")
    gate_encoder: int = u32(7, "GateEncoder", "encoder counts of the gate decision, 0xFFFFFFFF = none")
    latency_ms10: int = u16(9, "LatencyMs10", "trigger to verdict, x 0.1 ms, 65535 = that or more")
    reason_bits: int = u16(10, "ReasonBits", "why the part was rejected, one bit a reason")
    crc: int = u16(11, "Crc", "CRC-16/MODBUS over ResultSeq..ReasonBits, high byte of each register first")

    @classmethod
    def sealed(
        cls,
        *,
        part_seq: int,
        verdict: VerdictCode,
        defect_class: int = 0,
        score_1e4: int = 0,
        trigger_encoder: int = NO_ENCODER,
        gate_encoder: int = NO_ENCODER,
        latency_ms10: int = 0,
        reason_bits: int = 0,
    ) -> Self:
        """A result with complement and check word; latency saturates, else out of range: ValueError."""
        if not 1 <= part_seq <= 0xFFFF:
            raise ValueError(f"ResultBlock: part_seq is 1..65535, not {part_seq}")
        unsealed = cls(
            part_seq=part_seq,
            verdict=verdict,
            not_verdict=verdict ^ 0xFFFF,
            defect_class=defect_class,
            score_1e4=score_1e4,
            trigger_encoder=trigger_encoder,
            gate_encoder=gate_encoder,
            latency_ms10=min(max(latency_ms10, 0), 0xFFFF),
            reason_bits=reason_bits,
        )
        return replace(unsealed, crc=result_crc(unsealed.encode()))

    def resealed(self, verdict: VerdictCode) -> Self:
        """The same part with another verdict, complement and check word anew."""
        changed = replace(self, verdict=verdict, not_verdict=verdict ^ 0xFFFF)
        return replace(changed, crc=result_crc(changed.encode()))


@dataclass(frozen=True, slots=True)
class StatusBlock(Block):
    """S0..S36, station to PLC: holding from STATUS_BASE, input registers from 0. S9, S22, S23: 0."""

    bits: StatusBits = field(
        default=StatusBits(0), metadata=flag_word(0, "StatusBits", "state of the station", StatusBits)
    )
    state: int = u16(1, "State", "state number, names of OPC 40100-1")
    heartbeat: int = u16(2, "StationHeartbeat", "+1 for each 100 ms in which the inspection loop made progress")
    error_code: int = u16(3, "ErrorCode", "head of the fault queue, 0 = none")
    error_seq: int = u16(4, "ErrorSeq", "number of the fault in ErrorCode, changes with each new head")
    recipe_id: int = u16(5, "ActiveRecipeId", "recipe in use")
    model_digest: int = u32(6, "ModelDigest", "first 32 bits of the model's digest")
    acq_seq: int = u16(8, "AcqSeq", "PartSeq that was taken, set no later than TriggerAck")
    result: ResultBlock = field(
        default_factory=ResultBlock,
        metadata=inner_block(RESULT_OFFSET, "Result", "verdict of one part", ResultBlock),
    )
    triggers: int = u32(24, "Triggers", "parts triggered")
    passed: int = u32(26, "Passed", "parts passed")
    rejected: int = u32(28, "Rejected", "parts rejected for a defect")
    forced: int = u32(30, "Forced", "parts rejected without an inspection that counts")
    missed: int = u32(32, "Missed", "triggers that came while not ready; their parts are among Forced")
    in_flight: int = u32(34, "InFlight", "parts triggered and not decided")
    layout_version: int = u16(36, "LayoutVersion", "changes when any address, name, width or code changes")


CONTROL_WORDS = size_words(ControlBlock)
STATUS_WORDS = size_words(StatusBlock)
RESULT_WORDS = size_words(ResultBlock)


def is_pass(result: ResultBlock, part_seq: int) -> bool:
    """The acceptance rule of the PLC's side: only an intact PASS of exactly this part lets it through."""
    return (
        1 <= part_seq <= 0xFFFF
        and result.part_seq == part_seq
        and result.verdict == VerdictCode.PASS
        and result.not_verdict == VerdictCode.PASS ^ 0xFFFF
        and result.crc == result_crc(result.encode())
    )
