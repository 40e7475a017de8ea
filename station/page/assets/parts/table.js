// A table with a caption and named columns. Rows are kept by key, so that what is read does not jump.

import { h, keep } from "./element.js";

/**
 * @typedef {{head: string, cell: (row: any) => (Node|string|null), className?: string, isName?: boolean}} Column
 * `isName`: the cell that names its row
 */

export class Table {
  /** @param {string} caption @param {Column[]} columns @param {{hidden?: boolean}} [options] hide the caption from the eye */
  constructor(caption, columns, { hidden = true } = {}) {
    this.columns = columns;
    this.body = h("tbody");
    this.table = h(
      "table",
      {},
      h("caption", { class: hidden ? "unseen" : null, text: caption }),
      h(
        "thead",
        {},
        h("tr", {}, ...columns.map((column) => h("th", { scope: "col", class: column.className }, column.head))),
      ),
      this.body,
    );
    // Wide tables scroll by themselves; the keyboard must reach what is scrolled.
    this.node = h("div", { class: "table", tabindex: "0", role: "group", "aria-label": caption }, this.table);
  }

  /** @param {any[]} rows @param {(row: any, index: number) => string} keyOf @param {(row: any) => string} [classOf] */
  rows(rows, keyOf, classOf = () => "") {
    keep(
      this.body,
      rows,
      keyOf,
      () =>
        h(
          "tr",
          {},
          ...this.columns.map((column) =>
            h(column.isName ? "th" : "td", { scope: column.isName ? "row" : null, class: column.className }),
          ),
        ),
      (node, row) => {
        const className = classOf(row);
        if (node.className !== className) node.className = className;
        this.columns.forEach((column, index) => put(node.children[index], column.cell(row)));
      },
    );
  }
}

function put(cell, content) {
  if (content instanceof Node) {
    if (cell.childNodes.length === 1 && cell.firstChild.isEqualNode?.(content) && !interactive(content)) return;
    if (cell.contains(document.activeElement)) return; // nobody's button is taken away under the finger
    cell.replaceChildren(content);
  } else if (cell.textContent !== (content ?? "")) cell.textContent = content ?? "";
}

const interactive = (node) =>
  node instanceof Element && (node.matches("button") || node.querySelector("button") !== null);
