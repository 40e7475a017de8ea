// Light or dark: as the machine is set, unless a person chose otherwise here.

const KEPT = "station.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();

export const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
/** Hears of each change of colours; the answer ends it. */
export const onTheme = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function startTheme() {
  const kept = localStorage.getItem(KEPT);
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
  dark.addEventListener("change", tell);
}

export function switchTheme() {
  const wanted = isDark() ? "light" : "dark";
  localStorage.setItem(KEPT, wanted);
  document.documentElement.dataset.theme = wanted;
  tell();
}

/** The value of a colour of theme.css, for what is drawn on a canvas. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function tell() {
  for (const listener of listeners) listener();
}
