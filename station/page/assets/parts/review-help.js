// The keys of the review, and the switch that turns them off for who works with speech or a screen reader's keys.

import { t } from "../words.js";
import { h } from "./element.js";

const KEPT = "station.review.keys";
const KEYS = [
  ["g", "good"],
  ["1 – 9", "defect"],
  ["u", "unsure"],
  ["z", "undo"],
  ["← →", "walk"],
  ["?", "help"],
];

/** A dialog; `keysOn` tells whether the keys are to be heard. */
export function reviewHelp() {
  const on = h("input", { type: "checkbox", id: "review-keys" });
  on.checked = localStorage.getItem(KEPT) !== "off";
  on.addEventListener("change", () => {
    localStorage.setItem(KEPT, on.checked ? "on" : "off");
    dialog.keysOn = on.checked;
  });
  const dialog = h(
    "dialog",
    { class: "card", "aria-labelledby": "review-help-title" },
    h("h2", { id: "review-help-title", text: t("review.helpTitle") }),
    h(
      "dl",
      { class: "keys" },
      ...KEYS.flatMap(([key, name]) => [
        h("dt", {}, h("kbd", { text: key })),
        h("dd", { text: t(`review.key.${name}`) }),
      ]),
    ),
    h("p", { class: "check" }, on, h("label", { for: "review-keys", text: t("review.keysOn") })),
    h("p", { text: t("review.shownOnly") }),
    h("form", { method: "dialog" }, h("button", { text: t("close") })),
  );
  dialog.keysOn = on.checked;
  return dialog;
}
