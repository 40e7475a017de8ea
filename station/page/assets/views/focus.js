// Focus work: one camera's stream large, with how sharp it is now and how sharp it was at best.

import { get } from "../api.js";
import { decimal, percent } from "../figures.js";
import { axis, Chart } from "../parts/chart.js";
import { h, mark, set } from "../parts/element.js";
import { icon } from "../parts/icon.js";
import { colour } from "../theme.js";
import { t } from "../words.js";

const PERIOD_MS = 250;
const KEPT = 240; // one minute
const EDGE = 256;

export function showFocus(root, scope, camera = "") {
  const watch = new SharpnessWatch();
  const stream = h("img", {
    class: "stream",
    alt: t("focus.alt", { camera }),
    src: `api/stream/${encodeURIComponent(camera)}`,
  });
  scope.onEnd(() => stream.removeAttribute("src")); // else the station goes on sending
  const nothing = h("p", { class: "no-picture", hidden: true, text: t("focus.none") });
  stream.addEventListener("error", () => {
    stream.hidden = true;
    nothing.hidden = false;
  });
  stream.addEventListener("load", () => {
    stream.hidden = false;
    nothing.hidden = true;
  });
  const now = h("b", { class: "focus-now", text: "–" });
  const best = h("b", { text: "–" });
  const bar = h("progress", { max: "1", value: "0", "aria-label": t("focus.share") });
  const hint = h("p", { class: "focus-hint", role: "status" });
  const chart = new Chart(scope, 150, () => ({
    scales: { x: { time: false }, y: { range: (plot, least, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      axis({ values: (plot, splits) => splits.map((value) => `${decimal(value, 0)} s`), size: 28 }),
      axis({ size: 46 }),
    ],
    series: [{}, { stroke: colour("accent"), width: 2 }, { stroke: colour("text"), width: 1, dash: [6, 4] }],
  }));
  const again = h("button", { type: "button", text: t("focus.again"), on: { click: () => watch.forget() } });
  root.append(
    h(
      "div",
      { class: "view-head" },
      h("h1", { text: t("focus.title", { camera }) }),
      h("a", { class: "button quiet", href: "#/devices" }, icon("back"), h("span", { text: t("nav.devices") })),
    ),
    h(
      "div",
      { class: "focus" },
      h("section", { class: "card", "aria-label": t("focus.stream") }, stream, nothing),
      h(
        "section",
        { class: "card focus-figures", "aria-label": t("focus.sharpness") },
        h("h2", { text: t("focus.sharpness") }),
        h("p", { class: "figure big" }, now, h("span", { text: t("focus.now") })),
        h("p", { class: "figure" }, best, h("span", { text: t("focus.best") })),
        bar,
        hint,
        chart.node,
        again,
        h("p", { class: "quiet-words", text: t("focus.how") }),
      ),
    ),
  );
  let ofStation = null;
  scope.every(1000, async () => {
    const devices = await get("api/devices", { signal: scope.signal });
    const details = devices.find(
      (one) => one.kind === "camera" && [one.name, one.details?.name].includes(camera),
    )?.details;
    ofStation = typeof details?.sharpness === "number" ? details.sharpness : null;
  });
  const canvas = h("canvas");
  scope.every(PERIOD_MS, async () => {
    const value = ofStation ?? measured(stream, canvas);
    if (value === null) return;
    watch.add(value);
    set(now, decimal(value, value < 10 ? 2 : 1));
    set(best, decimal(watch.best, watch.best < 10 ? 2 : 1));
    mark(bar, "value", String(watch.share.toFixed(3)));
    set(
      hint,
      t(watch.share >= 0.97 ? "focus.there" : watch.rising ? "focus.better" : "focus.worse", {
        share: percent(watch.share, 0),
      }),
    );
    chart.show(watch.series(), t("focus.words", { share: percent(watch.share, 0) }));
  });
}

/** The sharpness of the last minute and the best of all. Pure. */
class SharpnessWatch {
  constructor() {
    this.forget();
  }

  forget() {
    this.values = [];
    this.best = 0;
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > KEPT) this.values.shift();
    this.best = Math.max(this.best, value);
  }

  get share() {
    return this.best ? this.values.at(-1) / this.best : 0;
  }
  get rising() {
    return this.values.length > 4 && this.values.at(-1) >= this.values.at(-4);
  }

  series() {
    const from = -(this.values.length - 1) * (PERIOD_MS / 1000);
    return [
      this.values.map((value, index) => from + index * (PERIOD_MS / 1000)),
      this.values,
      this.values.map(() => this.best),
    ];
  }
}

// Where the station does not tell it: the mean step between neighbours in the middle of the picture, in grey values.
function measured(image, canvas) {
  if (image.hidden || !image.naturalWidth) return null;
  canvas.width = canvas.height = EDGE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const edge = Math.min(EDGE, image.naturalWidth, image.naturalHeight);
  context.drawImage(
    image,
    (image.naturalWidth - edge) / 2,
    (image.naturalHeight - edge) / 2,
    edge,
    edge,
    0,
    0,
    edge,
    edge,
  );
  const { data } = context.getImageData(0, 0, edge, edge);
  let sum = 0;
  for (let y = 0; y < edge; y += 1) {
    for (let x = 1; x < edge; x += 1) sum += Math.abs(data[(y * edge + x) * 4] - data[(y * edge + x - 1) * 4]);
  }
  return sum / (edge * (edge - 1));
}
