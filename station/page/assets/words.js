// The words of the page in the language that was chosen. Every visible text of the page comes through here.

import { de } from "./words/de.js";
import { faultPhrases } from "./words/de-faults.js";
import { phrases } from "./words/de-station.js";
import { en } from "./words/en.js";

const CATALOGUES = { en, de };
const LOCALES = { en: "en-GB", de: "de-DE" };
const KEPT = "station.language";
const REMEMBERED = 400; // sentences

let chosen = "en";

export const languages = Object.keys(CATALOGUES);
export const language = () => chosen;
export const locale = () => LOCALES[chosen];

/** The language that was kept from the last visit, else the station's. */
export function startLanguage(ofStation) {
  use(localStorage.getItem(KEPT) ?? ofStation);
}

export function chooseLanguage(name) {
  localStorage.setItem(KEPT, name);
  use(name);
}

function use(name) {
  chosen = name in CATALOGUES ? name : "en";
  document.documentElement.lang = chosen;
}

/**
 * The text of a key; `{name}` in it is replaced from `values`. A key that is missing shows itself.
 * @param {string} key
 * @param {Object<string, any>} [values]
 */
export function t(key, values = {}) {
  const text = CATALOGUES[chosen][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The text of a key where the catalogue has it, else `otherwise`: for words of closed lists that may grow. */
export const known = (key, otherwise) => CATALOGUES[chosen][key] ?? en[key] ?? otherwise;

/** A reason, as people say it. */
export const reason = (text) => (text ? known(`reason.${text}`, text) : "");

/** All reasons that the page has words for, as the station tells them. */
export const reasons = () =>
  Object.keys(en)
    .filter((key) => key.startsWith("reason."))
    .map((key) => key.slice(7));

/** A class's name is the product's own word; only the sound one is the page's. */
export const label = (text) => (text === null || text === undefined ? "" : known(`label.${text}`, text));

let matchers = null;
const translated = new Map();

function compiled() {
  matchers ??= [...phrases, ...faultPhrases].map(([from, to]) => {
    const names = [...from.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const pattern = from.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\w+\}/g, "(.*?)");
    return { names, pattern: new RegExp(`^${pattern}$`, "s"), to };
  });
  return matchers;
}

/**
 * What the station says, in the page's language where that is known. The station speaks English.
 * @param {string} sentence
 * @returns {{text: string, lang: string|null}} `lang`: the language of the text where it is not the page's
 */
export function stationSays(sentence) {
  if (chosen === "en" || !sentence) return { text: sentence ?? "", lang: null };
  if (!translated.has(sentence)) {
    if (translated.size >= REMEMBERED) translated.clear();
    translated.set(sentence, translate(sentence));
  }
  return translated.get(sentence);
}

function translate(sentence) {
  for (const { names, pattern, to } of compiled()) {
    const match = pattern.exec(sentence);
    if (match === null) continue;
    const values = Object.fromEntries(names.map((name, index) => [name, stationSays(match[index + 1]).text]));
    return { text: to.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole), lang: null };
  }
  return { text: sentence, lang: "en" };
}
