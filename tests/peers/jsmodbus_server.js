// Holding registers and coils over jsmodbus as a server; with part numbers, a PLC whose program works on these registers.
"use strict";
const net = require("node:net");
const jsmodbus = require("jsmodbus");
const { fail, readArguments, runServer, say } = require("./plc");

const { port, size, plc } = readArguments();
const holding = Buffer.alloc(2 * size);

const registers = {
  read: (address, count) => Array.from({ length: count }, (_, i) => holding.readUInt16BE(2 * (address + i))),
  write: (address, words) => words.forEach((word, i) => holding.writeUInt16BE(word, 2 * (address + i))),
};

const listener = new net.Server();
listener.on("connection", (socket) => socket.on("error", () => {})); // the station may go away in the middle
const server = new jsmodbus.server.TCP(listener, { holding, coils: Buffer.alloc(Math.ceil(size / 8)) });
server.on("preWriteMultipleRegisters", ({ body }) => {
  const bytes = Buffer.from(body.values);
  const words = Array.from({ length: body.quantity }, (_, i) => bytes.readUInt16BE(2 * i));
  if (body.address + words.length <= size) say({ write: [body.address, ...words] });
});
server.on("preWriteSingleRegister", ({ body }) => {
  if (body.address < size) say({ write: [body.address, body.value] });
});
listener.on("error", (fault) => fail("jsmodbus server", fault.message));
listener.listen(port, "127.0.0.1", () => say({ listening: port }));
runServer("jsmodbus PLC", plc, registers);
