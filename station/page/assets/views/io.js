// The PLC's interface as it is now: bits and registers by name, both heartbeats, and what went over it of late.

import { get } from "../api.js";
import { age, count, shortWhen, zone } from "../figures.js";
import { h, keep, mark, set } from "../parts/element.js";
import { said, setSaid } from "../parts/said.js";
import { Table } from "../parts/table.js";
import { known, t } from "../words.js";

const PERIOD_MS = 500;
const STILL_AFTER_S = 1;

export function showIo(root, scope) {
  const role = h("span", { class: "quiet-words" });
  const beats = { plc: beat("io.plcBeat"), station: beat("io.stationBeat") };
  const bits = { control: h("ul", { class: "bits" }), status: h("ul", { class: "bits" }) };
  const registers = new Table(t("io.registers"), [
    { head: t("io.name"), cell: (row) => row.name, isName: true },
    { head: t("io.address"), cell: (row) => (row.address === null ? "" : String(row.address)), className: "number" },
    { head: t("io.value"), cell: (row) => plain(row.value), className: "number" },
    { head: t("io.meaning"), cell: (row) => (row.text === String(row.value) ? "" : said(row.text ?? "")) },
  ]);
  const timeline = new Table(t("io.timeline"), [
    { head: t("io.at", { zone: zone() }), cell: (row) => precise(row.at), isName: true },
    { head: t("io.what"), cell: (row) => said(row.what) },
    { head: t("io.part"), cell: (row) => (row.part_seq === null ? "" : `#${row.part_seq}`), className: "number" },
  ]);
  for (const table of [registers, timeline]) table.node.classList.add("bounded");
  const nothing = h("p", { class: "card empty", hidden: true });
  const body = h(
    "div",
    { class: "io" },
    h(
      "section",
      { class: "card", "aria-label": t("io.beats") },
      h("h2", { text: t("io.beats") }),
      h("div", { class: "beats" }, beats.plc.node, beats.station.node),
    ),
    ...["control", "status"].map((block) =>
      h("section", { class: "card", "aria-label": t(`io.${block}`) }, h("h2", { text: t(`io.${block}`) }), bits[block]),
    ),
    h(
      "section",
      { class: "card", "aria-label": t("io.registers") },
      h("h2", { text: t("io.registers") }),
      registers.node,
    ),
    h("section", { class: "card", "aria-label": t("io.timeline") }, h("h2", { text: t("io.timeline") }), timeline.node),
  );
  root.append(h("div", { class: "view-head" }, h("h1", { text: t("nav.io") }), role), nothing, body);
  scope.every(
    PERIOD_MS,
    async () => {
      const io = await get("api/io", { signal: scope.signal });
      nothing.hidden = true;
      body.hidden = false;
      set(role, known(`io.role.${io.role}`, io.role));
      drawBeat(beats.plc, io.heartbeats.plc);
      drawBeat(beats.station, io.heartbeats.station);
      for (const block of ["control", "status"])
        drawBits(
          bits[block],
          io.bits.filter((bit) => bit.block === block),
        );
      registers.rows(io.registers, (row) => `${row.name} ${row.address}`);
      timeline.rows(newestFirst(io.timeline), (row, index) => `${row.at} ${row.what} ${row.part_seq} ${index}`);
    },
    (error) => {
      body.hidden = true;
      nothing.hidden = false;
      setSaid(nothing, error.message);
    },
  );
}

function beat(key) {
  const value = h("b", { text: "–" });
  const moved = h("span");
  return { value, moved, node: h("p", { class: "beat" }, h("span", { text: t(key) }), value, moved) };
}

function drawBeat({ value, moved, node }, heartbeat) {
  set(value, count(heartbeat?.value));
  const still = heartbeat?.age_s ?? null;
  const beats = still !== null && still < STILL_AFTER_S;
  set(
    moved,
    still === null ? `– ${t("io.never")}` : beats ? `✓ ${t("io.moves")}` : `✗ ${t("io.still", { time: age(still) })}`,
  );
  mark(node, "class", `beat ${beats ? "ok" : "fault"}`);
}

function drawBits(list, bits) {
  keep(
    list,
    bits,
    (bit) => bit.name,
    () => h("li", {}, h("b", { class: "lamp", "aria-hidden": "true" }), h("span"), h("i")),
    (node, bit) => {
      mark(node, "class", bit.value ? "on" : "off");
      set(node.children[0], bit.value === null ? "–" : bit.value ? "1" : "0");
      set(node.children[1], bit.name);
      set(node.children[2], bit.value === null ? t("io.unknown") : t(bit.value ? "io.on" : "io.off"));
    },
  );
}

const plain = (value) => (value === null || value === undefined ? "–" : String(value));
const precise = (iso) => `${shortWhen(iso)}.${String(new Date(iso).getMilliseconds()).padStart(3, "0")}`;

// In whichever order the station tells them.
function newestFirst(edges) {
  const told = edges.slice(-100);
  return told.length > 1 && told[0].at < told.at(-1).at ? told.reverse() : told;
}
