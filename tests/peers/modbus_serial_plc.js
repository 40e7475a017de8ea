// PLC program over modbus-serial as a client: each scan writes C0 to C5 (FC16) and reads the status block (FC3).
"use strict";
const ModbusRTU = require("modbus-serial");
const { fail, readArguments, runClient } = require("./plc");

async function main() {
  const { map, port, size, plc } = readArguments();
  const link = new ModbusRTU();
  link.setID(map.UNIT_ID);
  link.setTimeout(5000);
  await link.connectTCP("127.0.0.1", { port });
  await runClient("modbus-serial PLC", plc, size, async (control) => {
    await link.writeRegisters(map.CONTROL_BASE, control.slice(0, map.REG_EncoderNow - map.CONTROL_BASE));
    return (await link.readHoldingRegisters(map.STATUS_BASE, map.STATUS_WORDS)).data;
  });
  link.close(() => process.exit(0));
}

main().catch((fault) => fail("modbus-serial PLC", fault.message));
