// How the line stands: one word, what it means, what to do; and below it what else is wrong.

import { t } from "../words.js";
import { h, mark, set } from "./element.js";
import { faultRow, lasting, lookOf, words } from "./faults-list.js";
import { stateMark } from "./marks.js";
import { setSaid } from "./said.js";

/** The headline: one word, what it means, what to do. */
export class StateCard {
  constructor() {
    this.sign = h("span");
    this.name = h("span", { class: "state-word" });
    this.code = h("span", { class: "state-code" });
    this.sentence = h("p", { class: "state-sentence" });
    this.action = h("p", { class: "state-action" });
    this.link = h("a", { class: "button", hidden: true });
    this.node = h(
      "section",
      { class: "card state", id: "state", "aria-label": t("line.state") },
      h("p", { class: "state-name" }, this.sign, this.name, this.code),
      this.sentence,
      this.action,
      this.link,
    );
    this.say("STARTING", t("line.waiting"), "");
  }

  show({ state, faults }) {
    const cause = headline(state, faults);
    this.say(state.name, state.sentence, state.action);
    if (cause) {
      this.sentence.replaceChildren(words(cause, "sentence"));
      this.action.replaceChildren(words(cause, "action"));
    }
    set(this.code, cause ? `${cause.code}, ${lasting(cause)}` : "");
    this.link.hidden = !cause;
    if (cause) {
      const place = lookOf(cause) === "line" ? "faults" : lookOf(cause);
      mark(this.link, "href", `#/${place}`);
      set(this.link, t("faults.lookAt", { place: t(`nav.${place}`) }));
    }
  }

  say(name, sentence, action) {
    this.node.className = `card state ${name}`;
    this.sign.replaceChildren(stateMark(name));
    set(this.name, t(`state.${name}`));
    setSaid(this.sentence, sentence);
    setSaid(this.action, action);
  }

  silence(heardOnce) {
    this.say("SILENT", t(heardOnce ? "stale.sentence" : "stale.neverSentence"), t("stale.action"));
    set(this.code, "");
    this.link.hidden = true;
  }
}

// The fault that the headline tells is not told twice.
const headline = (state, faults) => faults.find((fault) => fault.sentence === state.sentence);

/** What else is wrong, and what to do about it. */
export class FaultsCard {
  constructor() {
    this.title = h("h2");
    this.list = h("ol", { class: "fault-rows" });
    this.node = h(
      "section",
      { class: "card faults-card", hidden: true, "aria-label": t("line.wrong") },
      this.title,
      this.list,
    );
  }

  show({ state, faults }) {
    const cause = headline(state, faults);
    const others = faults.filter((fault) => fault !== cause);
    this.node.hidden = others.length === 0;
    set(this.title, t(cause ? "line.alsoWrong" : "line.wrong"));
    const told = others.map((fault) => fault.code + fault.sentence + lasting(fault)).join();
    // Nobody's link is taken away under the finger.
    if (told === this.told || (others.length && this.list.contains(document.activeElement))) return;
    this.told = told;
    this.list.replaceChildren(...others.map((fault) => faultRow(fault, "line")));
  }
}
