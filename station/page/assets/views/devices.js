// Cameras, encoder, lamps, PLC, engine and disk: how each is, since when nothing was heard of it, and its details.

import { get } from "../api.js";
import { age, decimal } from "../figures.js";
import { h, keep, mark, set } from "../parts/element.js";
import { health } from "../parts/marks.js";
import { setSaid } from "../parts/said.js";
import { known, t } from "../words.js";

const PERIOD_MS = 1000;

export function showDevices(root, scope) {
  const list = h("ul", { class: "devices" });
  root.append(h("div", { class: "view-head" }, h("h1", { text: t("nav.devices") })), list);
  scope.every(
    PERIOD_MS,
    async () => {
      const devices = await get("api/devices", { signal: scope.signal });
      keep(list, devices, (device) => `${device.kind} ${device.name}`, make, update);
    },
    (error) => scope.tell(error.message, "problem"),
  );
}

function make(device) {
  const heading = h("h2");
  return h(
    "li",
    { class: "card device" },
    h("div", { class: "card-head" }, heading, h("span", { class: "device-status" })),
    h("p", { class: "device-text" }),
    h("p", { class: "quiet-words device-age" }),
    h("dl", { class: "facts" }),
    device.kind === "camera"
      ? h("a", {
          class: "button",
          href: `#/focus/${encodeURIComponent(device.details?.camera ?? device.name)}`,
          text: t("devices.focus"),
        })
      : null,
  );
}

function update(node, device) {
  const [head, text, heard, details] = node.children;
  mark(node, "class", `card device ${device.status}`);
  set(head.firstChild, `${known(`device.${device.kind}`, device.kind)}: ${device.name}`);
  const told = device.status + device.simulated;
  if (node.dataset.told !== told) {
    node.dataset.told = told;
    head.lastChild.replaceChildren(
      ...(device.simulated ? [h("span", { class: "simulated-mark", text: t("simulated") })] : []),
      health(device.status),
    );
  }
  setSaid(text, device.text);
  set(heard, device.age_s === null ? t("devices.neverHeard") : t("devices.heard", { time: age(device.age_s) }));
  const facts = Object.entries(device.details ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  keep(
    details,
    facts.flatMap(([name, value]) => [
      ["dt", name],
      ["dd", value, name],
    ]),
    ([tag, value, name]) => `${tag} ${name ?? value}`,
    ([tag]) => h(tag),
    (cell, [tag, value]) => set(cell, tag === "dt" ? nameOf(value) : valueOf(value)),
  );
}

const UNITS = {
  ms: "ms",
  us: "µs",
  s: "s",
  mm: "mm",
  hz: "Hz",
  c: "°C",
  px: "px",
  gb: "GB",
  mb: "MB",
  bytes: "bytes",
  db: "dB",
  a: "A",
  v: "V",
};

// exposure_us -> "exposure, µs"; the station's own names, since they are those of the configuration.
function nameOf(name) {
  const words = name.split("_");
  const unit = words.length > 1 && words.at(-1) in UNITS ? words.pop() : null;
  const plain = known(`detail.${words.join("_")}`, words.join(" "));
  return unit && UNITS[unit] ? `${plain}, ${UNITS[unit]}` : plain;
}

function valueOf(value) {
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value !== "number") return String(value);
  return Number.isInteger(value) ? String(value) : decimal(value, Math.abs(value) < 10 ? 2 : 1);
}
