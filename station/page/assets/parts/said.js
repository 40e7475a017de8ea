// What the station says, as an element: in the page's language where it is known, else marked as English.

import { stationSays } from "../words.js";
import { h } from "./element.js";

/** @param {string} sentence @param {string} [className] */
export function said(sentence, className) {
  const { text, lang } = stationSays(sentence);
  return h("span", { class: className, lang, text });
}

/** Puts it into an element that is there already. */
export function setSaid(node, sentence) {
  const { text, lang } = stationSays(sentence);
  if (node.textContent !== text) node.textContent = text;
  if (lang) node.lang = lang;
  else node.removeAttribute("lang");
}
