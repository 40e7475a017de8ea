// How fast the line runs, and how much time is left to the deadline.

import { count, counts, decimal, ms, plainMs } from "../figures.js";
import { t } from "../words.js";
import { h, set } from "./element.js";
import { Histogram, withAxis } from "./histogram.js";

/** Parts a second, times from trigger to verdict, what was left to the deadline. */
export class SpeedCard {
  constructor() {
    this.figures = {};
    const figure = (name, className = "") => {
      this.figures[name] = h("b", { text: "–" });
      return h("div", { class: `figure ${className}` }, this.figures[name], h("span", { text: t(`speed.${name}`) }));
    };
    this.latency = new Histogram(80);
    this.slack = new Histogram(52);
    [this.seen, this.deadline, this.least, this.late] = Array.from({ length: 4 }, () => h("span"));
    this.node = h(
      "section",
      { class: "card speed", "aria-label": t("speed.title") },
      h("div", { class: "card-head" }, h("h2", { text: t("speed.title") })),
      h("div", { class: "figures" }, figure("rate", "big"), figure("p50"), figure("p99"), figure("max")),
      withAxis(this.latency, this.seen, this.deadline),
      h("h3", { text: t("speed.slack") }),
      withAxis(this.slack, this.least, this.late),
    );
  }

  show({ parts_per_s: rate, latency, slack }) {
    set(this.figures.rate, decimal(rate));
    for (const name of ["p50", "p99", "max"]) {
      const value = latency[`${name}_ms`];
      set(this.figures[name], plainMs(value));
      this.figures[name].parentElement.classList.toggle("late", value !== null && value > latency.deadline_ms);
    }
    set(this.seen, t("speed.seen", { count: count(latency.count) }));
    set(this.deadline, t("speed.deadline", { time: ms(latency.deadline_ms) }));
    const { edges_ms: edges, counts: bins } = latency.histogram;
    this.latency.draw(
      edges,
      bins,
      latency.deadline_ms,
      (from) => from >= latency.deadline_ms,
      t("speed.words", { p50: ms(latency.p50_ms), p99: ms(latency.p99_ms), deadline: ms(latency.deadline_ms) }),
    );
    const least = slack.unit === "ms" ? ms(slack.least) : counts(slack.least);
    set(this.least, t("speed.least", { least, count: count(slack.count) }));
    set(
      this.late,
      t("speed.late", { count: count(slack.late_verdicts) }) +
        (slack.withdrawn ? t("speed.withdrawn", { count: count(slack.withdrawn) }) : ""),
    );
    this.late.classList.toggle("late", slack.late_verdicts + slack.withdrawn > 0);
    this.slack.draw(slack.edges, slack.counts, 0, (from) => from < 0, t("speed.slackWords", { least }));
  }
}
