// What stands over a part that is to be judged: which, why it is here, and what was said of it already.

import { when } from "../figures.js";
import { t } from "../words.js";
import { h } from "./element.js";
import { judgedBy } from "./judge.js";
import { gist, verdictMark } from "./marks.js";
import { said } from "./said.js";

/** @param {object} item of /api/review @param {object} life of /api/parts/{uid} @returns {Node[]} */
export function reviewHead(item, life) {
  const standing = (life.judgements ?? []).filter((one) => !one.undone).at(-1);
  const judged = item.judgement ?? standing ?? null;
  return [
    h("h2", {}, h("a", { href: `#/part/${item.part_uid}`, text: t("part.titleOf", { number: item.part_seq }) })),
    verdictMark(item.verdict),
    h("span", {
      class: `gist ${item.verdict}`,
      text: item.verdict === "pass" ? "" : gist({ ...item, reason: life.part.reason }),
    }),
    h("span", {}, said(item.why)),
    h("span", { class: "quiet-words", text: when(item.triggered_at) }),
    ...(judged ? [h("b", { class: "judged-mark", text: judgedBy(judged) })] : []),
  ];
}
