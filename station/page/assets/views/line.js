// The line: how it stands, the last parts, the newest one large, counts by hour, times against the deadline, health.

import { get } from "../api.js";
import { age } from "../figures.js";
import { h } from "../parts/element.js";
import { Hours } from "../parts/hours.js";
import { LedgerCard } from "../parts/ledger-card.js";
import { badge, health } from "../parts/marks.js";
import { Newest } from "../parts/newest.js";
import { said } from "../parts/said.js";
import { SpeedCard } from "../parts/speed-card.js";
import { FaultsCard, StateCard } from "../parts/state-card.js";
import { Table } from "../parts/table.js";
import { Tiles } from "../parts/tiles.js";
import { t } from "../words.js";

const HOURS = 24;
const HOURS_PERIOD_MS = 30_000;

/** @param {HTMLElement} root @param {import("../scope.js").Scope} scope */
export function showLine(root, scope) {
  const pieces = [new StateCard(), new LedgerCard(), new FaultsCard(), new SpeedCard(), new HealthCard()];
  const tiles = new Tiles(scope);
  const newest = new Newest(scope);
  const hours = new Hours(scope);
  const [state, ledger, faults, speed, healthCard] = pieces;
  root.append(
    h("h1", { class: "unseen", text: t("nav.line") }),
    state.node,
    ledger.node,
    faults.node,
    h(
      "div",
      { class: "column" },
      card("newest-card", t("line.newestTitle"), newest.tools, newest.node),
      card("tiles-card", t("line.tilesTitle"), key(tiles), tiles.list),
    ),
    h(
      "div",
      { class: "column" },
      speed.node,
      card("hours-card", t("line.hours", { hours: HOURS }), null, hours.node),
      healthCard.node,
    ),
  );
  scope.on("status", (status) => {
    for (const piece of pieces) piece.show(status);
    const deadlineMs = status.latency.deadline_ms;
    tiles.all(status.parts, deadlineMs);
    newest.offer(status.parts, deadlineMs);
  });
  scope.on("part", (part) => {
    tiles.one(part);
    newest.offer([part], tiles.deadlineMs);
  });
  scope.on("age", ({ stale, heardOnce }) => {
    if (stale) state.silence(heardOnce);
  });
  scope.every(HOURS_PERIOD_MS, async () =>
    hours.show(await get("api/hours", { query: { hours: HOURS }, signal: scope.signal })),
  );
}

const card = (className, title, tools, ...body) =>
  h(
    "section",
    { class: `card ${className}`, "aria-label": title },
    h("div", { class: "card-head" }, h("h2", { text: title }), tools),
    ...body,
  );

const key = (tiles) =>
  h(
    "span",
    { class: "tools" },
    tiles.news,
    h(
      "span",
      { class: "key" },
      ...["pass", "reject", "forced"].map((name) => h("span", {}, badge(name), t(`verdict.${name}`))),
    ),
    tiles.button,
  );

/** The devices in one line each. */
class HealthCard {
  constructor() {
    this.table = new Table(t("line.health"), [
      { head: t("devices.status"), cell: (row) => health(row.status) },
      { head: t("devices.name"), cell: (row) => row.name, isName: true },
      { head: t("devices.text"), cell: (row) => said(row.text) },
      { head: t("devices.age"), cell: (row) => (row.age_s === null ? "" : age(row.age_s)), className: "number" },
    ]);
    this.node = card(
      "health-card",
      t("line.health"),
      h("a", { class: "button quiet", href: "#/devices", text: t("nav.devices") }),
      this.table.node,
    );
  }

  show({ health: rows }) {
    this.table.rows(
      rows,
      (row) => row.name,
      (row) => row.status,
    );
  }
}
