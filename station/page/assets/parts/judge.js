// The buttons of a judgement: good, which defect, unsure; each with its key.

import { may } from "../api.js";
import { label, t } from "../words.js";
import { h } from "./element.js";
import { SOUND } from "./patches.js";
import { when } from "../figures.js";

/** The judgements that there are, with their keys: g, 1 to 9, u. Pure. */
export function judgements(labels) {
  const defects = labels.filter((name) => name !== SOUND);
  return [
    { value: "good", key: "g" },
    ...defects.map((name, index) => ({ value: name, key: index < 9 ? String(index + 1) : "" })),
    { value: "unsure", key: "u" },
  ];
}

export const judgementWord = (value) =>
  value === "good" || value === "unsure" ? t(`judgement.${value}`) : label(value);

/** Who judged what, and when. */
export const judgedBy = (one) =>
  t("judgement.by", { judgement: judgementWord(one.judgement), user: one.user, at: when(one.at) }) +
  (one.comment ? ` – ${one.comment}` : "");

/** @param {string[]} labels @param {(judgement: string) => void} onJudge @param {{keys?: boolean}} [options] */
export function judgeButtons(labels, onJudge, { keys = false } = {}) {
  const allowed = may("technician");
  return h(
    "div",
    { class: "judge", role: "group", "aria-label": t("judgement.title") },
    ...judgements(labels).map(({ value, key }) =>
      h(
        "button",
        {
          type: "button",
          class: `judgement ${value === "good" || value === "unsure" ? value : "defect"}`,
          "data-judgement": value,
          disabled: !allowed,
          "aria-keyshortcuts": keys && key ? key : null,
          on: { click: () => onJudge(value) },
        },
        h("span", { text: judgementWord(value) }),
        keys && key ? h("kbd", { text: key }) : null,
      ),
    ),
  );
}

/** Why a command cannot be given, with the way to the login. Null where it can. */
export const needsRole = (role) =>
  may(role)
    ? null
    : h(
        "p",
        { class: "needs" },
        h("span", { text: t("needs", { role: t(`role.${role}`) }) }),
        " ",
        h("a", { class: "button quiet", href: "#/login", text: t("shell.logIn") }),
      );
