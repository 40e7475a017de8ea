// Counts and yield of the last hours: stacked bars, the yield as a line, and the same as a table for who wants figures.

import { count, hourOf, percent } from "../figures.js";
import { colour } from "../theme.js";
import { t } from "../words.js";
import { axis, bars, Chart } from "./chart.js";
import { h } from "./element.js";
import { Table } from "./table.js";

const yieldOf = (hour) => {
  const all = hour.passed + hour.rejected + hour.forced;
  return all ? hour.passed / all : null;
};

/** The hours' chart; at most as many hours as the station was asked for. */
export class Hours {
  constructor(scope) {
    this.chart = new Chart(scope, 150, () => ({
      padding: [8, 0, 0, 0],
      scales: {
        x: { time: true, range: (plot, least, most) => [least - 2400, most + 2400] },
        y: { range: (plot, least, most) => [0, Math.max(1, most * 1.1)] },
        share: { range: [0, 1] },
      },
      axes: [
        axis({ values: (plot, splits) => splits.map(hourOf), grid: { show: false }, size: 28, space: 52 }),
        axis({ size: 44, space: 32, values: (plot, splits) => splits.map(short) }),
        axis({
          scale: "share",
          side: 1,
          size: 46,
          space: 40,
          grid: { show: false },
          values: (plot, splits) => splits.map((value) => percent(value, 0)),
        }),
      ],
      series: [
        {},
        stack("forced"),
        stack("reject"),
        stack("pass"),
        {
          scale: "share",
          stroke: colour("text"),
          width: 2,
          dash: [6, 3],
          points: { show: true, size: 5, fill: colour("text") },
        },
      ],
    }));
    this.table = new Table(t("hours.table"), [
      { head: t("hours.hour"), cell: (hour) => hourOf(Date.parse(hour.hour) / 1000), isName: true },
      { head: t("ledger.passed"), cell: (hour) => count(hour.passed), className: "number" },
      { head: t("ledger.rejected"), cell: (hour) => count(hour.rejected), className: "number" },
      { head: t("ledger.forced"), cell: (hour) => count(hour.forced), className: "number" },
      { head: t("hours.yield"), cell: (hour) => percent(yieldOf(hour)), className: "number" },
    ]);
    this.key = h(
      "p",
      { class: "chart-key" },
      ...["pass", "reject", "forced"].map((name) => h("span", { class: `swatch ${name}`, text: t(`verdict.${name}`) })),
      h("span", { class: "swatch yield", text: t("hours.yield") }),
    );
    this.node = h(
      "div",
      {},
      this.chart.node,
      this.key,
      h("details", {}, h("summary", { text: t("hours.asTable") }), this.table.node),
    );
  }

  show(hours) {
    const sums = hours.map((hour) => hour.passed + hour.rejected + hour.forced);
    const all = sums.reduce((sum, value) => sum + value, 0);
    const passed = hours.reduce((sum, hour) => sum + hour.passed, 0);
    this.chart.show(
      [
        hours.map((hour) => Date.parse(hour.hour) / 1000),
        // Stacked: each series is drawn over the one before it, from the ground.
        sums,
        hours.map((hour) => hour.passed + hour.rejected),
        hours.map((hour) => hour.passed),
        hours.map(yieldOf),
      ],
      t("hours.words", { hours: hours.length, parts: count(all), share: percent(all ? passed / all : null) }),
    );
    this.table.rows([...hours].reverse(), (hour) => hour.hour);
  }
}

const short = (value) => (value >= 1000 ? `${value / 1000}k` : String(value));
const stack = (name) => ({
  stroke: colour(name),
  fill: colour(name),
  width: 0,
  paths: bars(),
  points: { show: false },
});
