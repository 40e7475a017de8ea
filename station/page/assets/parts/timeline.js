// A part's life drawn: a scale from trigger to deadline with its marks, and the steps as a list with their figures.

import { count, counts, decimal, ms } from "../figures.js";
import { known, t } from "../words.js";
import { h } from "./element.js";
import { said } from "./said.js";

const SIGN = { trigger: "▼", frame: "▣", work: "·", verdict: "◆", deadline: "┃", gate: "◢", event: "•", problem: "✗" };

/** @param {import("./life.js").Step[]} steps @param {number|null} deadlineMs */
export function scale(steps, deadlineMs) {
  const timed = steps.filter((step) => step.at_ms !== null && step.kind !== "event");
  const whole = Math.max(1, deadlineMs ?? 0, ...timed.map((step) => step.at_ms)) * 1.04;
  return h(
    "div",
    { class: "scale", "aria-hidden": "true" },
    ...timed.map((step) => {
      const kind = step.kind.split(" ")[0];
      const tick = h(
        "span",
        { class: `tick ${step.kind}` },
        h("b", { text: SIGN[kind] }),
        h("small", { text: ms(step.at_ms) }),
      );
      tick.style.left = `${(step.at_ms / whole) * 100}%`;
      return tick;
    }),
  );
}

/** The steps as a list. */
export function stepList(steps) {
  return h(
    "ol",
    { class: "steps" },
    ...steps.map((step) =>
      h(
        "li",
        { class: step.kind },
        h("b", { class: "sign", "aria-hidden": "true", text: SIGN[step.kind.split(" ")[0]] ?? "•" }),
        h("span", {
          class: "step-time",
          text:
            step.at_ms === null
              ? ""
              : step.kind === "event"
                ? t("life.after", { time: afterwards(step.at_ms) })
                : ms(step.at_ms),
        }),
        h("span", { class: "step-name" }, h("b", {}, said(step.name)), " ", said(step.text)),
        h("span", { class: "step-encoder", text: step.encoder === null ? "" : counts(step.encoder) }),
      ),
    ),
  );
}

const afterwards = (value) => (value < 1000 ? ms(value) : `${decimal(value / 1000, 2)}\u00a0s`);

/** Where the time went: each stage with its share. */
export function stageBars(stages) {
  const whole = stages.reduce((sum, stage) => sum + stage.us, 0) || 1;
  return h(
    "ul",
    { class: "stages" },
    ...stages.map((stage) => {
      const bar = h("span", { class: "bar" });
      bar.style.width = `${Math.max(0.5, (stage.us / whole) * 100)}%`;
      return h(
        "li",
        {},
        h("span", { text: known(`stage.${stage.name}`, stage.name) }),
        h("span", { class: "ground" }, bar),
        h("span", { class: "number", text: stage.us < 1000 ? `${count(stage.us)}\u00a0µs` : ms(stage.us / 1000) }),
      );
    }),
  );
}
