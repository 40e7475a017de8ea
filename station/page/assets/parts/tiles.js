// The last parts as tiles, newest first: as many elements as tiles are shown, used again and again.
//
// The tiles stand still while somebody points at them, moves through them with the keys, or has held them: a tile that
// moves away under the finger opens the wrong part.

import { count, plainMs, slack } from "../figures.js";
import { known, t } from "../words.js";
import { h, mark, set } from "./element.js";
import { icon } from "./icon.js";
import { gist } from "./marks.js";

const SHOWN = 35;
const STANDS_STILL_MS = 6000;

/** The grid, its key and its button to hold it. */
export class Tiles {
  /** @param {import("../scope.js").Scope} scope */
  constructor(scope) {
    this.parts = [];
    this.deadlineMs = null;
    this.stillUntil = 0;
    this.held = false;
    this.missed = 0;
    this.current = 0;
    this.list = h("ol", {
      class: "tiles",
      "aria-label": t("line.tiles"),
      on: {
        keydown: (event) => this.move(event),
        focusin: (event) => {
          this.stand();
          this.follow(event.target);
        },
        pointermove: () => this.stand(),
        pointerdown: () => this.stand(),
      },
    });
    this.tiles = Array.from({ length: SHOWN }, () => emptyTile());
    this.list.append(...this.tiles.map((tile) => tile.item));
    this.button = h("button", {
      type: "button",
      class: "quiet hold",
      "aria-pressed": "false",
      on: { click: () => this.toggle() },
    });
    this.news = h("span", { class: "news" });
    scope.every(1000, async () => this.release());
    this.drawButton();
  }

  stand() {
    this.stillUntil = performance.now() + STANDS_STILL_MS;
  }
  get still() {
    return this.held || performance.now() < this.stillUntil;
  }

  toggle() {
    this.held = !this.held;
    this.stillUntil = 0;
    this.drawButton();
    this.draw();
  }

  release() {
    if (!this.still && this.missed) this.draw();
  }

  drawButton() {
    mark(this.button, "aria-pressed", String(this.held));
    this.button.replaceChildren(
      icon(this.held ? "go" : "hold"),
      h("span", { text: t(this.held ? "line.goOn" : "line.hold") }),
    );
  }

  /** All parts that are known, oldest first; those that are there already by their number cost nothing. */
  all(parts, deadlineMs) {
    this.deadlineMs = deadlineMs;
    const newest = this.parts.at(-1)?.part_uid ?? 0;
    if (parts.length && (parts.at(-1).part_uid < newest - SHOWN || !this.parts.length)) this.parts = [...parts];
    else for (const part of parts) if (part.part_uid > newest) this.keep(part);
    this.draw();
  }

  /** One more part. */
  one(part) {
    if (part.part_uid <= (this.parts.at(-1)?.part_uid ?? 0)) return;
    this.keep(part);
    this.draw();
  }

  keep(part) {
    this.parts.push(part);
    if (this.parts.length > SHOWN) this.parts.splice(0, this.parts.length - SHOWN);
    if (this.still) this.missed += 1;
  }

  draw() {
    set(this.news, this.still && this.missed ? t("line.newer", { count: count(this.missed) }) : "");
    if (this.still && this.drawn) return;
    this.missed = 0;
    this.drawn = this.parts.length > 0;
    set(this.news, "");
    const newestFirst = [...this.parts].reverse();
    this.tiles.forEach((tile, index) => drawTile(tile, newestFirst[index], this.deadlineMs));
    this.tiles[0].item.className = newestFirst.length ? "newest" : "";
    this.rove(Math.min(this.current, Math.max(0, newestFirst.length - 1)));
  }

  // One tile alone is in the order of the tab key; the arrows lead to the others.
  rove(index) {
    this.current = index;
    this.tiles.forEach((tile, place) => mark(tile.link, "tabindex", place === index ? "0" : "-1"));
  }

  follow(target) {
    const index = this.tiles.findIndex((tile) => tile.link === target);
    if (index >= 0) this.rove(index);
  }

  move(event) {
    this.stand();
    const columns = getComputedStyle(this.list).gridTemplateColumns.split(" ").length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const last = Math.min(this.parts.length, SHOWN) - 1;
    let wanted = null;
    if (event.key in steps) wanted = this.current + steps[event.key];
    else if (event.key === "Home") wanted = 0;
    else if (event.key === "End") wanted = last;
    if (wanted === null || wanted < 0 || wanted > last) return;
    event.preventDefault();
    this.rove(wanted);
    this.tiles[wanted].link.focus();
  }
}

function emptyTile() {
  const letter = h("em");
  const shape = h("span", { class: "badge", "aria-hidden": "true" }, letter);
  const parts = {
    shape,
    letter,
    time: h("span", { class: "ms" }),
    what: h("span", { class: "what" }),
    number: h("span", { class: "seq" }),
    left: h("span", { class: "left" }),
  };
  const link = h(
    "a",
    { class: "tile none", tabindex: "-1" },
    shape,
    parts.time,
    parts.what,
    h("span", { class: "foot" }, parts.number, parts.left),
  );
  return { ...parts, link, item: h("li", {}, link) };
}

function drawTile(tile, part, deadlineMs) {
  if (part === undefined) {
    tile.link.className = "tile none";
    tile.link.removeAttribute("href");
    mark(tile.link, "aria-hidden", "true");
    return;
  }
  mark(tile.link, "aria-hidden", null);
  const left = slack(part, deadlineMs);
  const what = part.verdict === "pass" ? "" : gist(part);
  const late = part.verdict === "forced" || (deadlineMs !== null && part.latency_ms > deadlineMs);
  mark(tile.link, "class", `tile ${part.verdict}${late ? " late" : ""}`);
  mark(tile.link, "href", `#/part/${part.part_uid}`);
  tile.shape.className = `badge ${part.verdict}`;
  set(tile.letter, known(`verdict.${part.verdict}.letter`, "?"));
  set(tile.time, plainMs(part.latency_ms));
  set(tile.what, what);
  set(tile.number, `#${part.part_seq}`);
  set(tile.left, left === "–" ? "" : `+${left.replace(/\u00a0.*$/, "")}`.replace("+-", "−"));
  mark(
    tile.link,
    "aria-label",
    t("line.tile", {
      number: part.part_seq,
      verdict: t(`verdict.${part.verdict}`),
      what: what ? `, ${what}` : "",
      time: plainMs(part.latency_ms),
      left,
    }),
  );
}
