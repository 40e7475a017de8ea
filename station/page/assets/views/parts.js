// The parts of the records: searched by number, verdict, reason, class and time, page by page; and the records to take away.

import { get, withQuery } from "../api.js";
import { ms, score, shortWhen, slack, zone } from "../figures.js";
import { h } from "../parts/element.js";
import { judgementWord } from "../parts/judge.js";
import { verdictMark } from "../parts/marks.js";
import { Table } from "../parts/table.js";
import { label, reason, reasons, t } from "../words.js";

const LIMIT = 50;

export function showParts(root, scope) {
  const inputs = {
    part_seq: h("input", { id: "find-seq", type: "number", inputmode: "numeric", min: "1", max: "65535" }),
    verdict: h(
      "select",
      { id: "find-verdict" },
      ...["", "pass", "reject", "forced"].map((name) =>
        h("option", { value: name, text: name ? t(`verdict.${name}`) : t("parts.all") }),
      ),
    ),
    label: h("input", { id: "find-label", type: "text", autocomplete: "off" }),
    reason: h(
      "select",
      { id: "find-reason" },
      ...["", ...reasons()].map((name) => h("option", { value: name, text: name ? reason(name) : t("parts.all") })),
    ),
    since: h("input", { id: "find-since", type: "datetime-local" }),
    until: h("input", { id: "find-until", type: "datetime-local" }),
  };
  const table = new Table(t("parts.title"), [
    {
      head: t("parts.number"),
      isName: true,
      cell: (row) => h("a", { class: "row-link", href: `#/part/${row.part_uid}`, text: `#${row.part_seq}` }),
    },
    { head: t("parts.time", { zone: zone() }), cell: (row) => shortWhen(row.triggered_at) },
    { head: t("parts.verdict"), cell: (row) => verdictMark(row.verdict) },
    { head: t("parts.what"), cell: (row) => (row.verdict === "forced" ? reason(row.reason) : label(row.label)) },
    { head: t("part.score"), cell: (row) => score(row.score), className: "number" },
    { head: t("part.latency"), cell: (row) => ms(row.latency_ms), className: "number" },
    { head: t("part.slack"), cell: (row) => slack(row, null), className: "number" },
    {
      head: t("parts.pictures"),
      cell: (row) => t("parts.kept", { kept: row.views.filter((one) => one.picture).length, all: row.views.length }),
      className: "number",
    },
    {
      head: t("parts.judged"),
      cell: (row) => (row.judgement ? judgementWord(row.judgement.judgement ?? row.judgement) : ""),
    },
  ]);
  const nothing = h("p", { class: "empty", hidden: true, text: t("parts.none") });
  const newest = h("button", {
    type: "button",
    class: "quiet",
    text: t("parts.newest"),
    on: { click: () => load(null) },
  });
  const older = h("button", {
    type: "button",
    class: "quiet",
    text: t("parts.older"),
    on: { click: () => load(next) },
  });
  const away = ["csv", "ndjson"].map((format) =>
    h("a", { class: "button quiet", download: true, "data-format": format, text: t(`parts.${format}`) }),
  );
  let next = null;

  const filter = () => ({
    ...Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()])),
    since: instant(inputs.since.value),
    until: instant(inputs.until.value),
  });
  const load = (before) =>
    scope.attempt(async () => {
      const page = await get("api/parts", { query: { ...filter(), before, limit: LIMIT }, signal: scope.signal });
      next = page.next;
      older.disabled = next === null;
      newest.disabled = before === null;
      nothing.hidden = page.parts.length > 0;
      table.node.hidden = page.parts.length === 0;
      table.rows(page.parts, (row) => row.part_uid);
      if (before !== null) table.node.focus();
      const { since, until } = filter();
      for (const link of away) link.href = withQuery("api/records", { since, until, format: link.dataset.format });
    });
  const form = h(
    "form",
    {
      class: "card fields",
      "aria-label": t("parts.find"),
      on: {
        submit: (event) => {
          event.preventDefault();
          load(null);
        },
      },
    },
    ...Object.entries(inputs).map(([name, input]) =>
      h("p", { class: "field" }, h("label", { for: input.id, text: t(`find.${name}`) }), input),
    ),
    h("button", { type: "submit", text: t("parts.search") }),
  );
  root.append(
    h("div", { class: "view-head" }, h("h1", { text: t("nav.parts") }), h("span", { class: "tools" }, ...away)),
    form,
    h(
      "section",
      { class: "card", "aria-label": t("parts.title") },
      table.node,
      nothing,
      h("p", { class: "pager" }, newest, older),
    ),
  );
  load(null);
}

const instant = (local) => (local ? new Date(local).toISOString() : "");
