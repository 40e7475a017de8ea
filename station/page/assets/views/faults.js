// Faults: what is wrong now and what to do, what was wrong, and the catalogue of all with cause and action.

import { get, may, send } from "../api.js";
import { when } from "../figures.js";
import { h, keep, mark, set } from "../parts/element.js";
import { lasting, lookLink, partLink, words } from "../parts/faults-list.js";
import { needsRole } from "../parts/judge.js";
import { faultCode } from "../parts/marks.js";
import { Table } from "../parts/table.js";
import { t } from "../words.js";

const PERIOD_MS = 2000;
const ENDED_SHOWN = 100;

/** @param {string} code of the catalogue, to be shown at once */
export function showFaults(root, scope, code = "") {
  const active = h("ul", { class: "fault-cards" });
  const well = h("p", { class: "well", text: `✓ ${t("faults.noneActive")}` });
  const ended = new Table(t("faults.ended"), [
    { head: t("faults.code"), cell: (row) => faultCode(row), isName: true },
    { head: t("faults.sentence"), cell: (row) => words(row, "sentence") },
    { head: t("faults.began"), cell: (row) => when(row.began_at) },
    { head: t("faults.endedAt"), cell: (row) => when(row.ended_at) },
    { head: t("faults.count"), cell: (row) => String(row.count ?? 1), className: "number" },
    { head: t("faults.acknowledged"), cell: (row) => row.acknowledged_by ?? "" },
  ]);
  ended.node.classList.add("bounded");
  const search = h("input", {
    id: "fault-search",
    type: "search",
    autocomplete: "off",
    value: code,
    on: { input: () => drawCatalogue() },
  });
  const found = h("p", { class: "quiet-words", role: "status" });
  const catalogue = h("ul", { class: "catalogue" });
  let kinds = [];
  root.append(
    h("div", { class: "view-head" }, h("h1", { text: t("nav.faults") })),
    h(
      "section",
      { class: "card", "aria-label": t("faults.active") },
      h("h2", { text: t("faults.active") }),
      needsRole("technician") ?? "",
      well,
      active,
    ),
    h(
      "section",
      { class: "card", "aria-label": t("faults.catalogue") },
      h("h2", { text: t("faults.catalogue") }),
      h("p", { class: "field" }, h("label", { for: "fault-search", text: t("faults.search") }), search),
      found,
      catalogue,
    ),
    h("section", { class: "card", "aria-label": t("faults.ended") }, h("h2", { text: t("faults.ended") }), ended.node),
  );

  const load = async () => {
    const faults = await get("api/faults", { signal: scope.signal });
    well.hidden = faults.active.length > 0;
    keep(
      active,
      faults.active,
      (fault) => String(fault.id),
      (fault) => activeCard(fault, acknowledge),
      updateActive,
    );
    ended.rows(faults.ended.slice(0, ENDED_SHOWN), (row) =>
      String(row.id ?? `${row.code} ${row.began_at} ${row.about ?? ""}`),
    );
    if (!kinds.length) {
      kinds = faults.catalogue;
      drawCatalogue();
      if (code) catalogue.querySelector("details")?.setAttribute("open", "");
    }
  };
  const acknowledge = (fault) =>
    scope.attempt(
      async () => {
        await send("POST", `api/faults/${encodeURIComponent(fault.id)}/acknowledge`, {}, { signal: scope.signal });
        await load();
      },
      t("faults.acknowledgedNow", { code: fault.code }),
    );
  const drawCatalogue = () => {
    const wanted = search.value.trim().toLowerCase();
    const shown = kinds.filter((kind) => !wanted || textOf(kind).includes(wanted));
    set(found, t("faults.found", { count: shown.length, all: kinds.length }));
    keep(
      catalogue,
      shown,
      (kind) => kind.code,
      catalogueEntry,
      () => {},
    );
  };
  scope.every(PERIOD_MS, load, (error) => scope.tell(error.message, "problem"));
  scope.on("fault", () => load().catch(() => {}));
}

function activeCard(fault, acknowledge) {
  const button = h("button", {
    type: "button",
    disabled: !may("technician"),
    text: t("faults.acknowledge"),
    "aria-label": t("faults.acknowledgeOf", { code: fault.code }),
    on: { click: () => acknowledge(fault) },
  });
  return h(
    "li",
    { class: `fault-card ${fault.severity}` },
    faultCode(fault),
    h(
      "div",
      { class: "fault-words" },
      h("p", { class: "sentence" }, words(fault, "sentence")),
      h("p", { class: "action" }, words(fault, "action")),
      h("p", { class: "quiet-words since" }),
    ),
    h(
      "div",
      { class: "fault-tools" },
      button,
      h("span", { class: "quiet-words who" }),
      partLink(fault),
      lookLink(fault, "faults"),
    ),
  );
}

function updateActive(node, fault) {
  const since = fault.began_at ? t("faults.since", { at: when(fault.began_at), time: lasting(fault) }) : lasting(fault);
  set(node.querySelector(".since"), since);
  node.querySelector(".sentence").replaceChildren(words(fault, "sentence"));
  const who = fault.acknowledged_by;
  node.querySelector("button").hidden = Boolean(who);
  set(
    node.querySelector(".who"),
    who ? `✓ ${t("faults.acknowledgedBy", { user: who, at: when(fault.acknowledged_at) })}` : "",
  );
  mark(node, "data-acknowledged", who ? "yes" : null);
}

// In the catalogue nothing has happened: what would be named stands as dots.
function general(kind, name) {
  const node = words(kind, name);
  node.textContent = node.textContent.replace(/\{\w+\}/g, "…").replace(/…\.+/g, "…");
  return node;
}

const textOf = (kind) =>
  ["sentence", "cause", "action"]
    .map((name) => general(kind, name).textContent)
    .concat(kind.code)
    .join(" ")
    .toLowerCase();

function catalogueEntry(kind) {
  return h(
    "li",
    {},
    h(
      "details",
      {},
      h("summary", {}, faultCode(kind), h("span", {}, general(kind, "sentence"))),
      h(
        "dl",
        { class: "cause" },
        h("dt", { text: t("faults.cause") }),
        h("dd", {}, general(kind, "cause")),
        h("dt", { text: t("faults.action") }),
        h("dd", {}, general(kind, "action")),
      ),
    ),
  );
}
