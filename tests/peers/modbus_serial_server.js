// Holding registers and coils over modbus-serial as a server; with part numbers, a PLC whose program works on these registers.
"use strict";
const { ServerTCP } = require("modbus-serial");
const { fail, readArguments, runServer, say } = require("./plc");

const { map, port, size, plc } = readArguments();
const words = new Uint16Array(size);
const coils = new Array(size).fill(false);

function within(address, count) {
  if (address + count > size) throw Object.assign(new Error("no such register"), { modbusErrorCode: 2 });
}

function write(address, values) {
  within(address, values.length);
  words.set(values, address);
}

const server = new ServerTCP(
  {
    // The library asks for a single register here and for several below.
    getHoldingRegister(address) {
      within(address, 1);
      return words[address];
    },
    getMultipleHoldingRegisters(address, count) {
      within(address, count);
      return Array.from(words.slice(address, address + count));
    },
    getCoil(address) {
      within(address, 1);
      return coils[address];
    },
    setCoil(address, value) {
      within(address, 1);
      coils[address] = value;
    },
    setRegister(address, value) {
      write(address, [value]);
      say({ write: [address, value] });
    },
    setRegisterArray(address, values) {
      write(address, values);
      say({ write: [address, ...values] });
    },
  },
  { host: "127.0.0.1", port, unitID: map.UNIT_ID },
);
server.on("initialized", () => say({ listening: port }));
server.on("serverError", (fault) => fail("modbus-serial server", fault.message));
server.on("socketError", () => {}); // a station that goes away in the middle is what the tests are about
runServer("modbus-serial PLC", plc, { read: (address, count) => words.slice(address, address + count), write });
