// A PLC program as a state machine over register images: control words out, status words in, one line of JSON a part.
//
// Knows the map from the JSON it is given, and nothing of how the images travel.
"use strict";
const fs = require("node:fs");

function crc16(words) {
  let crc = 0xffff;
  for (const byte of words.flatMap((word) => [word >> 8, word & 0xff])) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

class Plc {
  constructor(map, parts) {
    this.map = map;
    this.parts = [...parts];
    this.control = new Array(map.CONTROL_WORDS).fill(0);
    this.heartbeats = 0;
    this.acqSeq = 0;
    this.result = [];
    this.state = parts.length ? "wait for TriggerReady" : "done";
  }

  get done() {
    return this.state === "done";
  }

  set(register, value) {
    this.control[register - this.map.CONTROL_BASE] = value & 0xffff;
  }

  command(bits) {
    this.set(this.map.REG_ControlBits, this.map.BIT_ControlBits_ENABLE | bits);
  }

  // One scan: reads the status words, changes this.control; throws where the station breaks the handshake.
  step(status) {
    const map = this.map;
    const bits = status[map.REG_StatusBits - map.STATUS_BASE];
    const seq = this.parts[0];
    this.heartbeats += 1;
    this.set(map.REG_PlcHeartbeat, this.heartbeats);
    if (this.state === "wait for TriggerReady") {
      this.command(0);
      if (bits & map.BIT_StatusBits_TRIGGER_READY && !(bits & map.BIT_StatusBits_RESULTS_VALID)) {
        this.set(map.REG_PartSeq, seq);
        this.set(map.REG_PlcEncoder, (map.ENCODER_BASE + seq) >>> 16);
        this.set(map.REG_PlcEncoder + 1, map.ENCODER_BASE + seq);
        this.state = "raise Trigger";
      }
    } else if (this.state === "raise Trigger") {
      this.command(map.BIT_ControlBits_TRIGGER);
      this.state = "wait for TriggerAck";
    } else if (this.state === "wait for TriggerAck") {
      if (bits & map.BIT_StatusBits_MISSED_TRIGGER) throw new Error("the trigger was missed");
      if (!(bits & map.BIT_StatusBits_TRIGGER_ACK)) return;
      this.acqSeq = status[map.REG_AcqSeq - map.STATUS_BASE];
      if (this.acqSeq !== seq) throw new Error(`TriggerAck came with AcqSeq ${this.acqSeq}, not ${seq}`);
      this.command(0);
      this.state = "wait for TriggerAck to fall";
    } else if (this.state === "wait for TriggerAck to fall") {
      if (!(bits & map.BIT_StatusBits_TRIGGER_ACK)) this.state = "wait for ResultsValid";
    } else if (this.state === "wait for ResultsValid") {
      if (!(bits & map.BIT_StatusBits_RESULTS_VALID)) return;
      const start = map.REG_ResultSeq - map.STATUS_BASE;
      this.result = Array.from(status.slice(start, start + map.RESULT_WORDS));
      this.command(map.BIT_ControlBits_RESULTS_ACK);
      this.state = "wait for ResultsValid to fall";
    } else if (this.state === "wait for ResultsValid to fall" && !(bits & map.BIT_StatusBits_RESULTS_VALID)) {
      this.say(seq);
      this.command(0);
      this.parts.shift();
      this.state = this.parts.length ? "wait for TriggerReady" : "done";
    }
  }

  say(seq) {
    const map = this.map;
    const of = (register) => this.result[register - map.REG_ResultSeq];
    const verdict = of(map.REG_Verdict);
    const faults = [];
    if (of(map.REG_ResultSeq) !== seq) faults.push("number");
    if ((verdict ^ of(map.REG_NotVerdict)) !== 0xffff) faults.push("complement");
    if (crc16(this.result.slice(0, map.REG_Crc - map.REG_ResultSeq)) !== of(map.REG_Crc)) faults.push("check word");
    say({
      part_seq: seq,
      acq_seq: this.acqSeq,
      result_seq: of(map.REG_ResultSeq),
      verdict,
      trigger_encoder: of(map.REG_TriggerEncoder) * 0x10000 + of(map.REG_TriggerEncoder + 1),
      heartbeats: this.heartbeats,
      passed: verdict === map.CODE_Verdict_PASS && faults.length === 0,
      faults,
    });
  }
}

function say(line) {
  fs.writeSync(1, `${JSON.stringify(line)}\n`);
}

function fail(name, why) {
  fs.writeSync(2, `${name}: ${why}\n`);
  process.exit(1);
}

// Runs a PLC as a client: `exchange(control words)` writes them and resolves to the status words.
async function runClient(name, plc, limitS, exchange) {
  let status = new Array(plc.map.STATUS_WORDS).fill(0);
  const end = Date.now() + 1000 * limitS;
  while (!plc.done) {
    plc.step(status);
    status = await exchange(plc.control);
    if (Date.now() > end) throw new Error(`${name} ends at its limit, state: ${plc.state}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

// Runs a PLC as a server on `registers` (read(address, count), write(address, words)), each few milliseconds.
function runServer(name, plc, registers) {
  process.stdin.on("end", () => process.exit(0)).resume();
  if (plc.done) return;
  setInterval(() => {
    try {
      plc.step(registers.read(plc.map.STATUS_BASE, plc.map.STATUS_WORDS));
    } catch (fault) {
      fail(name, fault.message);
    }
    registers.write(plc.map.CONTROL_BASE, plc.control);
  }, 3);
}

// Arguments: MAP.json PORT LIMIT_S-or-REGISTERS PART...
function readArguments() {
  const [path, port, size, ...parts] = process.argv.slice(2);
  const map = JSON.parse(fs.readFileSync(path, "utf8"));
  return { map, port: Number(port), size: Number(size), plc: new Plc(map, parts.map(Number)) };
}

module.exports = { say, fail, runClient, runServer, readArguments };
