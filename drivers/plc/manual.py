"""The register map as the page of the manual: what a PLC programmer needs to write the other side.

Tables and codes come from the schema; the text around them says how the two sides behave. Must not say where a register
lies by itself.
"""

from __future__ import annotations

from drivers.plc.messages import PlcFault
from drivers.plc.registers import CONTROL_BASE, CONTROL_WORDS, STATUS_BASE, STATUS_WORDS, VerdictCode
from drivers.plc.symbols import LAYOUT_VERSION, Symbol, symbols

_EDGES = """\
## One part, edge by edge

Commands are edges 0 to 1, never levels; Enable alone is a level. Data is there before its bit: write PartSeq,
PlcEncoder and the counters no later than the bit that announces them, best all in one request (FC16 or FC23).

1. The station shows TriggerReady.
2. The PLC writes PartSeq (1..65535, wraps to 1, never 0) and PlcEncoder, raises PlcTriggers by one, and Trigger 0 to 1.
3. The station sets AcqSeq = PartSeq, then TriggerAck = 1, TriggerReady = 0, Busy = 1.
4. The PLC takes Trigger back; the station takes TriggerAck back.
5. ExposureComplete: the part may move. TriggerReady comes again as soon as a new part can be taken; the result of the
   one before may still be on its way. ExposureAck 0 to 1 takes ExposureComplete away; the next trigger does, too.
6. The station writes the result registers, Crc last, then ResultsValid 0 to 1.
7. The PLC judges the result by the acceptance rule, counts the part, and raises ResultsAck.
8. The station takes ResultsValid back, the PLC takes ResultsAck back, and the next of up to eight results follows.

A trigger while TriggerReady is 0 is answered with MissedTrigger (it stays until ClearError 0 to 1) instead of
TriggerAck; its part gets a forced reject as its result. PartSeq 0, and the number of a part that is still open, are
refused with a fault and get no result: the part must be rejected. ClearError 0 to 1 takes the fault in
ErrorCode away; the next one in the queue follows with a new ErrorSeq.

## Another recipe

The PLC writes RecipeId, then RecipeRequest 0 to 1. The station proves the recipe's models beside the running line,
which goes on; then TriggerReady is 0 until the parts in flight are decided and their results fetched, and the recipe
takes over: ActiveRecipeId and ModelDigest change together with RecipeAck. Parts triggered before that are judged by the
old recipe wholly, also one that comes in spite of TriggerReady = 0 while the station waits; parts after it by the new
one. RecipeError: the recipe is unknown or was refused, ErrorCode says why, and the old one stays. The recipe that is in
use is acknowledged at once. The PLC takes RecipeRequest back at either answer; the station takes its answer back then.
"""

_ACCEPTANCE = """\
## The acceptance rule

A part may pass if, and only if, all of this holds for the result registers while ResultsValid is 1:

* ResultSeq is the PartSeq of this very part, and not 0,
* Verdict is 16#{good:04X} and NotVerdict is 16#{complement:04X},
* Crc is the CRC-16/MODBUS (polynomial 16#A001, start 16#FFFF) over ResultSeq..ReasonBits, of each register the high
  byte first,
* and it came before the part was at the gate.

Anything else, and nothing at all, is a reject. The gate rests in reject and is opened for one part at a time.
"""

_SAFE = """\
## When something fails

Registers are zero at power-up, and zero is never PASS. StationHeartbeat rises about every 100 ms while the inspection
makes progress; if it stands still for 500 ms, or the connection is gone, the PLC rejects all parts in hand and waits.
PlcHeartbeat must change at least three times within the station's plc.heartbeat_timeout_ms; if it does not, the station
shows TriggerReady = 0, rejects all parts in flight, and comes back by itself when the counter moves again. One link at
a time may write the control block: writes of another one are refused with exception 6 until the first is gone or
silent.
"""

_SENSORS = """\
## What the station cannot do for the PLC

* While State is 3 (Error) reject everything in hand, also what has its PASS already: the station has lost track of the
  parts, or has found one too many. Take the error away with ClearError when the line is clear.
* Compare GateEncoder and PlcEncoder with the counter at the gate, and reject what was handed over too late. If the
  counter jumps, reject everything between trigger and gate.
* Open no gate over a part that could not be announced, or that follows another one within the pulse.
* After a connect acknowledge old results until ResultsValid stays 0, and only then trigger.
* Give the encoder's time (EncoderTimeMs): without it a count that hung in the network for some time is taken for new.

## Encoder, sensors and counters of the PLC (from C6 on)

These registers may stay zero: each group counts only while its bit in LineBits is 1.

* EncoderValid: EncoderNow is written each scan. PlcEncoder is the same counter, latched at the trigger.
* TimeValid: EncoderTimeMs is the PLC's clock in milliseconds at the moment when EncoderNow was read. By it the station
  knows how old a count is, however long the bus took.
* SensorsValid: RejectsSeen and PartsSeen are raised by one for each part that the sensor sees, and AirLow and BinFull
  are read. They are counters so that no edge is lost between two reads.
* CountersValid: PlcTriggers, PlcPassed and PlcRejected are kept. Set the bit after the counters are there. The station
  compares them with its own at each Trigger and each ResultsAck, counted from the moment when the PLC came:
  PlcTriggers must equal the triggers that it saw; PlcPassed must not exceed the PASS results that it showed (fewer are
  right: the PLC's own default rejects); PlcPassed and PlcRejected together must not exceed PlcTriggers. Where they
  differ the station stops the line with fault {fault}.
"""

_ROLES = """\
## Who polls whom

With plc.role server the station is the Modbus TCP server; read the status block in one request: it is one snapshot.
With plc.role client the same two blocks lie in the PLC's holding registers at the same addresses; the station reads the
control block in one request and writes the status block in two: all of it but S0, then S0 alone. A PLC that copies the
status block must copy S0 first and the rest after it, so that a bit never comes with older data.
"""


def _named_values(symbol: Symbol) -> str:
    if not symbol.values:
        return ""
    layout = "0x{0:04X} {1}" if symbol.name == "Verdict" else "{0} {1}"
    return "; " + ", ".join(layout.format(number, name) for number, name in symbol.values)


def _table() -> list[str]:
    lines = ["| register | address | name | written by | meaning |", "| --- | --- | --- | --- | --- |"]
    for symbol in symbols():
        last = f"-{symbol.address + symbol.words - 1}" if symbol.words > 1 else ""
        lines.append(
            f"| {symbol.label} | {symbol.address}{last} | {symbol.name} | {symbol.writer} "
            f"| {symbol.meaning}{_named_values(symbol)} |"
        )
    return lines


def register_map_markdown() -> str:
    """The manual's page: the map, the handshake, the acceptance rule, and what happens when something fails."""
    good = VerdictCode.PASS
    lines = [
        "# The PLC interface",
        "",
        f"Layout version {LAYOUT_VERSION}. The last register of the status block, LayoutVersion, shows it. It changes",
        "whenever an address, name, width or code of this page changes; a PLC program must compare it with the one",
        "that it was written for, and not start the line where they differ.",
        "",
        "Addresses are zero-based protocol addresses (address 0 is holding register 400001 in most tools).",
        "A value of two registers has its high word first.",
        f"Control block: holding registers {_span(CONTROL_BASE, CONTROL_WORDS)}, written by the PLC.",
        f"Status block: holding registers {_span(STATUS_BASE, STATUS_WORDS)}, written by the station.",
        f"The status block can also be read as input registers {_span(0, STATUS_WORDS)}.",
        "",
        *_table(),
        "",
        _EDGES,
        _ACCEPTANCE.format(good=good, complement=good ^ 0xFFFF),
        _SAFE,
        _SENSORS.format(fault=PlcFault.COUNTERS_DIFFER.value),
        _ROLES.rstrip(),
    ]
    return "\n".join(lines) + "\n"


def _span(base: int, words: int) -> str:
    return f"{base}..{base + words - 1}"
