// Letters and shapes for verdicts, states and health, so that colour never speaks alone.

import { known, label, reason, t } from "../words.js";
import { h } from "./element.js";

/** A verdict's badge: round, square or a diamond, with its letter. */
export function badge(verdict) {
  return h(
    "span",
    { class: `badge ${verdict}`, "aria-hidden": "true" },
    h("em", { text: known(`verdict.${verdict}.letter`, "?") }),
  );
}

const SIGNS = { RUNNING: "▶", READY: "●", STARTING: "…", STOPPED: "■", FAULT: "!", SILENT: "?" };

export const stateMark = (name) => h("b", { class: "sign", "aria-hidden": "true", text: SIGNS[name] ?? "?" });

const HEALTH = { ok: "✓", warning: "!", fault: "✗", unavailable: "–" };

/** A device's status: sign and word. */
export function health(status) {
  return h(
    "span",
    { class: `health ${status}` },
    h("b", { class: "sign", "aria-hidden": "true", text: HEALTH[status] ?? "?" }),
    known(`health.${status}`, status),
  );
}

/** What is told of a part in few words: its class, or why it was not inspected. */
export function gist(part) {
  if (part.verdict === "pass") return t("verdict.pass");
  if (part.verdict === "reject") return label(part.label) || reason(part.reason);
  const why = reason(part.reason);
  return part.part_type ? `${why}: ${part.part_type}` : why;
}

/** The verdict in a word with its badge. */
export function verdictMark(verdict) {
  return h("span", { class: `verdict ${verdict}` }, badge(verdict), h("span", { text: t(`verdict.${verdict}`) }));
}

/** Codes such as E101 with the sign of their severity. */
export function faultCode(fault) {
  return h(
    "span",
    { class: `code ${fault.severity}` },
    h("b", { class: "sign", "aria-hidden": "true", text: fault.severity === "fault" ? "✗" : "!" }),
    h("span", { text: fault.code }),
    h("span", { class: "unseen", text: `, ${t(`severity.${fault.severity}`)}` }),
  );
}
