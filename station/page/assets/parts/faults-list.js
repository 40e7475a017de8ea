// Faults as people meet them: what is so, what to do, and the page where more is to be seen.

import { age } from "../figures.js";
import { language, t } from "../words.js";
import { h } from "./element.js";
import { faultCode } from "./marks.js";
import { said } from "./said.js";

// By the hundreds of the code, where the station does not say it.
const LOOK = { 1: "devices", 2: "io", 3: "recipes", 4: "line", 5: "devices", 6: "recipes" };

/** Where to look: a view of the page. */
export const lookOf = (fault) => fault.look ?? LOOK[fault.code?.[1]] ?? "faults";

/** The words in the page's language: the catalogue gives them for the languages that it knows. */
export function words(fault, name) {
  const own = fault[language()]?.[name];
  return own ? h("span", { text: own }) : said(fault[name] ?? "");
}

/** For how long, and how often meanwhile. */
export const lasting = (fault) =>
  t("faults.for", { time: age(fault.since_s) }) + (fault.count > 1 ? `, ${fault.count}×` : "");

/** One active fault in few lines, with a link to the right page unless that is `here`. */
export function faultRow(fault, here) {
  return h(
    "li",
    { class: `fault-row ${fault.severity}` },
    faultCode(fault),
    h(
      "div",
      { class: "fault-words" },
      h("p", { class: "sentence" }, words(fault, "sentence")),
      h("p", { class: "action" }, words(fault, "action")),
    ),
    h("span", { class: "since", text: lasting(fault) }),
    h("span", { class: "tools" }, partLink(fault), lookLink(fault, here)),
  );
}

/** To the part that it is about; null where it is about none. */
export const partLink = (fault) =>
  fault.part_uid ? h("a", { class: "button quiet", href: `#/part/${fault.part_uid}`, text: t("faults.part") }) : null;

/** To the view where more is to be seen, or, where that is `here`, to the catalogue. */
export function lookLink(fault, here) {
  const look = lookOf(fault);
  if (look === here) return h("a", { class: "button quiet", href: `#/faults/${fault.code}`, text: t("faults.more") });
  return h("a", { class: "button quiet", href: `#/${look}`, text: t("faults.lookAt", { place: t(`nav.${look}`) }) });
}
