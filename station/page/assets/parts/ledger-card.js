// The sum of all parts: what was triggered is passed, rejected, forced or in flight, and nothing else.

import { count } from "../figures.js";
import { t } from "../words.js";
import { h, set } from "./element.js";

/** The sum of all parts. A sum that is wrong is shouted. */
export class LedgerCard {
  constructor() {
    this.terms = {};
    const term = (name, className) => {
      this.terms[name] = h("b", { text: "–" });
      return h("div", { class: `term ${className}` }, this.terms[name], h("span", { text: t(`ledger.${name}`) }));
    };
    this.sign = h("i", { text: "=" });
    this.check = h("p", { class: "sum-check" });
    this.sum = h(
      "div",
      { class: "sum" },
      term("passed", "pass"),
      h("i", { text: "+" }),
      term("rejected", "reject"),
      h("i", { text: "+" }),
      term("forced", "forced"),
      h("i", { text: "+" }),
      term("in_flight", "flight"),
      this.sign,
      term("triggers", "total"),
    );
    this.node = h(
      "section",
      { class: "card ledger", id: "ledger", "aria-label": t("ledger.title") },
      this.sum,
      this.check,
    );
  }

  show({ ledger }) {
    for (const [name, node] of Object.entries(this.terms)) set(node, count(ledger[name]));
    const missing = ledger.triggers - ledger.passed - ledger.rejected - ledger.forced - ledger.in_flight;
    this.node.classList.toggle("wrong", missing !== 0);
    this.sum.classList.toggle("long", ledger.triggers >= 10_000);
    set(this.sign, missing === 0 ? "=" : "≠");
    set(
      this.check,
      missing === 0
        ? t("ledger.right")
        : t(missing > 0 ? "ledger.missing" : "ledger.tooMany", { count: Math.abs(missing) }),
    );
  }
}
