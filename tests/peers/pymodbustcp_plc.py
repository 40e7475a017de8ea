"""PLC program over pyModbusTCP as a client: PartSeq and encoder (FC16), then heartbeat and bits (FC6), then FC3."""

from __future__ import annotations

import sys
import time

from plc_program import HandshakeBrokenError, read_arguments
from pyModbusTCP.client import ModbusClient


def main() -> int:
    registers, port, limit_s, plc = read_arguments()
    link = ModbusClient(host="127.0.0.1", port=port, unit_id=registers["UNIT_ID"], timeout=5.0, auto_open=False)
    status: list[int] | None = [0] * registers["STATUS_WORDS"] if link.open() else None
    base, end = registers["CONTROL_BASE"], time.monotonic() + limit_s
    first, last = registers["REG_PartSeq"], registers["REG_EncoderNow"]
    while status is not None and not plc.done:
        plc.step(status)
        sent = link.write_multiple_registers(first, plc.control[first - base : last - base])
        for name in ("REG_PlcHeartbeat", "REG_ControlBits"):
            sent = sent and link.write_single_register(registers[name], plc.control[registers[name] - base])
        status = link.read_holding_registers(registers["STATUS_BASE"], registers["STATUS_WORDS"]) if sent else None
        if time.monotonic() > end:
            raise HandshakeBrokenError(f"at its limit, in {plc.state.__name__}")
        time.sleep(0.001)
    if status is None:
        print(f"pyModbusTCP PLC: {link.last_error_as_txt} {link.last_except_as_txt}", file=sys.stderr)
    link.close()
    return int(not plc.done)


if __name__ == "__main__":
    sys.exit(main())
