// How often which time was needed: bars, and the deadline as a dashed line. What is behind it has another colour.

import { h, s } from "./element.js";

const WIDTH = 360;

/** A histogram of `height` units; its text alternative is given with each drawing. */
export class Histogram {
  constructor(height) {
    this.height = height;
    this.node = s("svg", {
      class: "histogram",
      viewBox: `0 0 ${WIDTH} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
    });
    this.bars = [];
    this.base = s("line", { x1: 0, x2: WIDTH, y1: height - 2, y2: height - 2, class: "base" });
    this.limit = s("line", { y1: 0, y2: height - 2, class: "deadline" });
    this.node.append(this.base, this.limit);
  }

  /**
   * @param {number[]} edges one more than `counts` @param {number[]} counts @param {number} deadline
   * @param {(from: number) => boolean} late @param {string} words
   */
  draw(edges, counts, deadline, late, words) {
    while (this.bars.length < counts.length) this.bars.push(this.node.insertBefore(s("rect"), this.base));
    const base = this.height - 2;
    const x = (value) => ((value - edges[0]) / (edges.at(-1) - edges[0])) * WIDTH;
    const most = Math.max(1, ...counts);
    counts.forEach((number, index) => {
      const tall = number ? Math.max(3, (number / most) * (base - 6)) : 0;
      attributes(this.bars[index], {
        x: x(edges[index]) + 1,
        width: Math.max(1, x(edges[index + 1]) - x(edges[index]) - 2),
        y: base - tall,
        height: tall,
        class: late(edges[index]) ? "late" : "",
      });
    });
    attributes(this.limit, { x1: x(deadline), x2: x(deadline) });
    this.node.setAttribute("aria-label", words);
  }
}

function attributes(node, values) {
  for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
}

/** The histogram with a line under it: what is shown at the left, the deadline at the right. */
export const withAxis = (histogram, left, right) =>
  h("div", {}, histogram.node, h("p", { class: "axis" }, left, right));
