// PLC program over jsmodbus as a client: both requests of a scan are sent at once, FC16 and FC4 (the status block as
// input registers).
"use strict";
const net = require("node:net");
const { once } = require("node:events");
const jsmodbus = require("jsmodbus");
const { fail, readArguments, runClient } = require("./plc");

async function main() {
  const { map, port, size, plc } = readArguments();
  const socket = new net.Socket();
  const link = new jsmodbus.client.TCP(socket, map.UNIT_ID, 5000);
  socket.connect({ host: "127.0.0.1", port });
  await once(socket, "connect");
  await runClient("jsmodbus PLC", plc, size, async (control) => {
    const words = control.slice(0, map.REG_EncoderNow - map.CONTROL_BASE);
    const [, answer] = await Promise.all([
      link.writeMultipleRegisters(map.CONTROL_BASE, words),
      link.readInputRegisters(0, map.STATUS_WORDS),
    ]);
    return answer.response.body.valuesAsArray;
  });
  socket.end(() => process.exit(0));
}

main().catch((fault) => fail("jsmodbus PLC", fault.message ?? JSON.stringify(fault)));
