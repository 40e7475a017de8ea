// The fail-safe test: leads a person through it step by step, and shows where each kind of part went.

import { currentSession, get, may, send } from "../api.js";
import { h, keep, mark, set } from "../parts/element.js";
import { needsRole } from "../parts/judge.js";
import { said, setSaid } from "../parts/said.js";
import { t } from "../words.js";

const BUSY_MS = 400;
const IDLE_MS = 3000;
const MARKS = { passed: "✓", failed: "✗", inconclusive: "?", skipped: "–", "not done": "–" };

export function showFailsafe(root, scope) {
  const view = new FailsafeView(scope);
  root.append(h("div", { class: "view-head" }, h("h1", { text: t("nav.failsafe") })), view.node);
  view.look();
}

class FailsafeView {
  constructor(scope) {
    this.scope = scope;
    this.timer = 0;
    scope.onEnd(() => clearTimeout(this.timer));
    const act = (name, key, className, body) =>
      h("button", { type: "button", class: className, text: t(key), on: { click: () => this.send(name, body?.()) } });
    this.operator = h("input", {
      id: "operator",
      type: "text",
      maxlength: "80",
      autocomplete: "off",
      value: currentSession().user ?? "",
    });
    this.start = act("start", "failsafe.start", "big", () => ({ operator: this.operator.value }));
    this.begin = h(
      "section",
      { class: "card failsafe-begin", "aria-label": t("failsafe.begin") },
      h("h2", { text: t("failsafe.begin") }),
      h("p", { text: t("failsafe.what") }),
      needsRole("technician") ??
        h(
          "div",
          { class: "fields" },
          h("p", { class: "field" }, h("label", { for: "operator", text: t("failsafe.operator") }), this.operator),
          this.start,
        ),
    );
    this.title = h("h2");
    this.instruction = h("p", { class: "failsafe-instruction" });
    this.waiting = h("p", { class: "failsafe-waiting" });
    this.ready = act("ready", "failsafe.ready", "big");
    this.good = act("answer", "failsafe.good", "big good", () => ({ where: "good" }));
    this.chute = act("answer", "failsafe.chute", "big chute", () => ({ where: "chute" }));
    this.leaveOut = h("button", {
      type: "button",
      class: "quiet",
      text: t("failsafe.skip"),
      on: { click: () => this.skip() },
    });
    this.abort = act("abort", "failsafe.abort", "quiet");
    this.progress = h("progress", { "aria-label": t("failsafe.progress") });
    this.asked = h(
      "section",
      { class: "card failsafe-now", "aria-label": t("failsafe.now") },
      this.progress,
      h("div", { "aria-live": "polite" }, this.title, this.instruction, this.waiting),
      h("p", { class: "buttons" }, this.ready, this.good, this.chute, this.leaveOut, this.abort),
    );
    this.steps = h("ol", { class: "failsafe-steps" });
    this.omitted = h("ul", { class: "failsafe-omitted" });
    this.report = h("p", { class: "quiet-words" });
    this.course = h(
      "section",
      { class: "card", "aria-label": t("failsafe.steps") },
      h("h2", { text: t("failsafe.steps") }),
      this.steps,
      this.omitted,
      this.report,
    );
    this.none = h("p", { class: "card empty", hidden: true, text: t("failsafe.none") });
    this.reason = h("input", {
      id: "skip-reason",
      type: "text",
      maxlength: "200",
      required: true,
      autocomplete: "off",
    });
    this.dialog = h(
      "dialog",
      { class: "card", "aria-labelledby": "skip-title" },
      h("h2", { id: "skip-title", text: t("failsafe.skipTitle") }),
      h("p", { class: "field" }, h("label", { for: "skip-reason", text: t("failsafe.skipWhy") }), this.reason),
      h(
        "form",
        { method: "dialog", class: "buttons" },
        h("button", { value: "yes", text: t("failsafe.skipYes") }),
        h("button", { value: "", class: "quiet", text: t("cancel") }),
      ),
    );
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "yes" && this.reason.value.trim())
        this.send("skip", { reason: this.reason.value.trim() });
    });
    this.node = h("div", { class: "failsafe" }, this.none, this.asked, this.begin, this.course, this.dialog);
    for (const part of [this.asked, this.begin, this.course]) part.hidden = true;
  }

  skip() {
    this.reason.value = "";
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  async look() {
    clearTimeout(this.timer);
    let wait = IDLE_MS;
    try {
      const state = await get("api/failsafe", { signal: this.scope.signal });
      this.none.hidden = state !== null;
      if (state === null) return;
      this.draw(state);
      if (state.running) wait = BUSY_MS;
    } catch {
      if (this.scope.signal.aborted) return; // no news: the page says so itself
    }
    this.timer = setTimeout(() => this.look(), wait);
  }

  async send(action, body = {}) {
    await this.scope.attempt(() => send("POST", `api/failsafe/${action}`, body, { signal: this.scope.signal }));
    await this.look();
  }

  draw(state) {
    const step = state.step === null ? null : state.steps[state.step];
    const allowed = may("technician");
    this.begin.hidden = state.running;
    this.asked.hidden = state.phase === "idle";
    this.course.hidden = false;
    mark(this.asked, "class", `card failsafe-now ${step ? "running" : (state.result ?? "")}`);
    if (step) {
      const what = said(step.title).textContent;
      set(
        this.title,
        t("failsafe.step", { number: state.step + 1, all: state.steps.length, title: what }) + simulated(state),
      );
    } else setSaid(this.title, state.sentence || t("failsafe.writing"));
    setSaid(this.instruction, step ? state.instruction : "");
    setSaid(this.waiting, step ? state.waiting : "");
    this.progress.max = state.steps.length;
    this.progress.value = step ? state.step : state.steps.filter((one) => one.verdict !== null).length;
    show(this.ready, step && state.phase === "instruct", allowed && state.line_waits === null);
    show(this.leaveOut, step && state.phase === "instruct", allowed);
    for (const button of [this.good, this.chute]) show(button, state.phase === "where", allowed);
    show(this.abort, step !== null, allowed);
    this.report.hidden = !state.report;
    set(this.report, state.report ? t("failsafe.report", { path: state.report }) : "");
    keep(
      this.steps,
      state.steps,
      (one) => one.key,
      () => h("li", {}, h("b", { class: "sign", "aria-hidden": "true" }), h("span")),
      (node, one, index) => drawStep(node, one, state.step === index),
    );
    keep(
      this.omitted,
      state.omitted,
      (one) => one.title,
      (one) => h("li", {}, h("b", {}, said(one.title)), ": ", said(one.reason)),
      () => {},
    );
  }
}

const simulated = (state) =>
  state.simulated.length
    ? ` (${t("failsafe.simulated", { what: state.simulated.map((name) => t(`simulated.${name}`)).join(` ${t("and")} `) })})`
    : "";

function show(button, shown, enabled) {
  button.hidden = !shown;
  button.disabled = !enabled;
}

function drawStep(node, step, now) {
  mark(node, "class", now ? "now" : (step.verdict ?? "").replace(" ", "-"));
  mark(node, "aria-current", now ? "step" : null);
  set(node.firstChild, now ? "▶" : (MARKS[step.verdict] ?? "·"));
  const words = [said(step.title).textContent];
  if (step.part_seq !== null)
    words.push(
      t("failsafe.seen", {
        number: step.part_seq,
        said: step.said ?? "…",
        where: step.where ? t(`failsafe.${step.where}`) : "…",
      }),
    );
  if (step.verdict) words.push(t(`failsafe.verdict.${step.verdict}`));
  if (step.why) words.push(said(step.why).textContent);
  set(node.lastChild, words.join(" · "));
}
