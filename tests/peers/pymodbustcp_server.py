"""Holding registers and coils over pyModbusTCP as a server.

With part numbers: a PLC whose program works on these registers.
"""

from __future__ import annotations

import sys
import threading
import time

from plc_program import Plc, read_arguments, say
from pyModbusTCP.server import DataBank, ModbusServer


class LoggedBank(DataBank):
    """Says each write that came over a link."""

    def set_holding_registers(self, address: int, word_list: list[int], srv_info: object = None) -> bool | None:
        done = super().set_holding_registers(address, word_list, srv_info)
        if srv_info is not None and done:
            say(write=[address, *word_list])
        return done


def run_plc(plc: Plc, bank: DataBank) -> None:
    while True:
        plc.step(bank.get_holding_registers(plc.map["STATUS_BASE"], plc.map["STATUS_WORDS"]) or [])
        bank.set_holding_registers(plc.map["CONTROL_BASE"], plc.control)
        time.sleep(0.003)


def main() -> None:
    _, port, size, plc = read_arguments()
    bank = LoggedBank(h_regs_size=size, coils_size=size)
    server = ModbusServer(host="127.0.0.1", port=port, no_block=True, data_bank=bank)
    server.start()
    say(listening=port)
    if not plc.done:
        threading.Thread(target=run_plc, args=(plc, bank), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
