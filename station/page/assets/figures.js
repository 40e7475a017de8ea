// Numbers with their units and times with their zone, as the reader's language writes them. Unknown is "–", never 0.

import { locale, t } from "./words.js";

const NONE = "–";
const NARROW = "\u202f"; // keeps a number together with its thousands
const SPACE = "\u00a0"; // keeps a number together with its unit

const missing = (value) => value === null || value === undefined || Number.isNaN(value);

export function count(value) {
  if (missing(value)) return NONE;
  return Math.round(value).toLocaleString("en").replaceAll(",", NARROW);
}

export function decimal(value, digits = 1) {
  if (missing(value)) return NONE;
  return value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Milliseconds without the unit: one digit more where it is small. */
export const plainMs = (value) => (missing(value) ? NONE : decimal(value, Math.abs(value) < 10 ? 1 : 0));
export const ms = (value) => (missing(value) ? NONE : `${plainMs(value)}${SPACE}ms`);
export const counts = (value) => (missing(value) ? NONE : `${count(value)}${SPACE}${t("unit.counts")}`);
export const percent = (fraction, digits = 1) =>
  missing(fraction) ? NONE : `${decimal(fraction * 100, digits)}${SPACE}%`;
export const score = (value) => decimal(value, 2);

/** How long ago or how long, roughly. */
export function age(seconds) {
  if (missing(seconds)) return NONE;
  if (seconds < 1) return t("age.now");
  if (seconds < 120) return `${Math.round(seconds)}${SPACE}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}${SPACE}min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)}${SPACE}h`;
  return `${Math.round(seconds / 86400)}${SPACE}${t("unit.days")}`;
}

const formats = new Map();

function format(options) {
  const key = locale() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), options));
  return formats.get(key);
}

const HMS = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
const ZONED = { ...HMS, timeZoneName: "short" };

/** Local time of day, with its zone. */
export const clock = (date) => format(ZONED).format(date);

/** Local date and time, with its zone; `iso` is an instant in ISO 8601. */
export function when(iso) {
  const date = new Date(iso ?? NaN);
  if (Number.isNaN(date.getTime())) return NONE;
  return format({ ...ZONED, year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
}

/** Local time of day of today, else with its date; without the zone, for tables that name it once. */
export function shortWhen(iso) {
  const date = new Date(iso ?? NaN);
  if (Number.isNaN(date.getTime())) return NONE;
  const today = date.toDateString() === new Date().toDateString();
  return format(today ? HMS : { ...HMS, month: "2-digit", day: "2-digit" }).format(date);
}

/** The name of the local zone. */
export const zone = () =>
  format({ timeZoneName: "short" })
    .formatToParts(new Date())
    .find((part) => part.type === "timeZoneName")?.value ?? "";

export const hourOf = (seconds) =>
  format({ hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(seconds * 1000));

export const digest = (text) => (text ? text.slice(0, 12) : NONE);

/** What was left to the deadline, in encoder counts where the line has them. */
export function slack(part, deadlineMs) {
  if (!missing(part.slack_counts)) return counts(part.slack_counts);
  return ms(slackMs(part, deadlineMs));
}

export function slackMs(part, deadlineMs) {
  if (!missing(part.slack_ms)) return part.slack_ms;
  if (missing(part.latency_ms) || missing(deadlineMs)) return null;
  return deadlineMs - part.latency_ms;
}
