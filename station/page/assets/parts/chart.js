// uPlot in the page's colours: follows the width of its place and the choice of light or dark.

import uPlot from "../vendor/uPlot.esm.js";
import { colour, onTheme } from "../theme.js";
import { h, mark } from "./element.js";

/** One chart. The data is replaced whole and bounded by whoever gives it. */
export class Chart {
  /**
   * @param {import("../scope.js").Scope} scope
   * @param {number} height in CSS pixels
   * @param {() => object} options of uPlot but for its size; asked anew when the colours change
   */
  constructor(scope, height, options) {
    this.height = height;
    this.options = options;
    this.data = null;
    this.plot = null;
    this.node = h("div", { class: "chart", role: "img" });
    const watcher = new ResizeObserver(() => this.fit());
    watcher.observe(this.node);
    scope.onEnd(() => {
      watcher.disconnect();
      this.plot?.destroy();
    });
    scope.onEnd(onTheme(() => this.draw()));
  }

  /** @param {Array<Array<number|null>>} data as uPlot takes it @param {string} words the same for who cannot see it */
  show(data, words) {
    mark(this.node, "aria-label", words);
    this.data = data;
    if (this.plot) this.plot.setData(data);
    else this.draw();
  }

  fit() {
    if (this.plot && this.node.clientWidth) this.plot.setSize({ width: this.node.clientWidth, height: this.height });
    else this.draw();
  }

  draw() {
    this.plot?.destroy();
    this.plot = null;
    if (!this.data || !this.node.clientWidth) return;
    const options = {
      width: this.node.clientWidth,
      height: this.height,
      legend: { show: false },
      cursor: { show: false },
      ...this.options(),
    };
    this.plot = new uPlot(options, this.data, this.node);
  }
}

/** An axis in the page's colours. */
export const axis = (more = {}) => ({
  stroke: colour("quiet"),
  font: "13px system-ui, sans-serif",
  grid: { stroke: colour("line"), width: 1 },
  ticks: { show: false },
  ...more,
});

export const bars = (share = 0.8) => uPlot.paths.bars({ size: [share, 40] });
