// Review: one part large, judged with a key; who looked at what is kept. A part that was not shown is never marked.

import { currentSession, download, get, may, send } from "../api.js";
import { count } from "../figures.js";
import { h, mark, set } from "../parts/element.js";
import { judgeButtons, judgements, judgementWord, needsRole } from "../parts/judge.js";
import { partPictures, pictureOf } from "../parts/part-pictures.js";
import { overlaySwitches, Picture } from "../parts/picture.js";
import { reviewHead } from "../parts/review-head.js";
import { reviewHelp } from "../parts/review-help.js";
import { ReviewList } from "../parts/review-list.js";
import { t } from "../words.js";

const QUEUES = ["forced", "rejects", "borderline", "unusual"];
const MAX_VIEWS = 4;

export function showReview(root, scope, queue = "") {
  new ReviewView(root, scope, QUEUES.includes(queue) ? queue : QUEUES[0]).begin();
}

class ReviewView {
  constructor(root, scope, queue) {
    Object.assign(this, { scope, queue, shown: null, busy: false, turn: 0 });
    this.list = new ReviewList(queue, (path, options) => get(path, { ...options, signal: scope.signal }));
    this.help = reviewHelp();
    this.pictures = Array.from({ length: MAX_VIEWS }, () => new Picture());
    this.tabs = Object.fromEntries(
      QUEUES.map((name) => [
        name,
        h(
          "a",
          { href: `#/review/${name}`, class: "tab", "aria-current": name === queue ? "page" : null },
          h("span", { text: t(`review.${name}`) }),
          h("b", { class: "open-count", text: "–" }),
        ),
      ]),
    );
    this.done = h("button", {
      type: "button",
      class: "switch",
      "aria-pressed": "false",
      text: t("review.showDone"),
      on: { click: () => this.toggleDone() },
    });
    this.head = h("div", { class: "review-head", "aria-live": "polite" });
    this.judge = h("div");
    this.place = h("span", { class: "quiet-words" });
    this.previous = h("button", {
      type: "button",
      class: "quiet",
      "aria-keyshortcuts": "ArrowLeft",
      text: `← ${t("review.previous")}`,
      on: { click: () => this.step(-1) },
    });
    this.next = h("button", {
      type: "button",
      class: "quiet",
      "aria-keyshortcuts": "ArrowRight",
      text: `${t("review.next")} →`,
      on: { click: () => this.step(1) },
    });
    this.undo = h("button", {
      type: "button",
      class: "quiet",
      "aria-keyshortcuts": "z",
      disabled: true,
      text: t("review.undo"),
      on: { click: () => this.takeBack() },
    });
    this.frame = h("div", { class: "views" }, ...this.pictures.map((one) => one.node));
    this.stage = h(
      "section",
      { class: "card review-stage", "aria-label": t("review.part") },
      this.head,
      this.frame,
      this.judge,
      h("div", { class: "review-foot" }, this.previous, this.next, this.undo, this.place),
    );
    this.empty = h("p", { class: "card empty", hidden: true, text: t("review.empty") });
    root.append(
      h(
        "div",
        { class: "view-head" },
        h("h1", { text: t("nav.review") }),
        h(
          "span",
          { class: "tools" },
          overlaySwitches(() => this.pictures),
          this.done,
          h("button", {
            type: "button",
            class: "quiet",
            text: t("review.help"),
            "aria-keyshortcuts": "?",
            on: { click: () => this.help.showModal() },
          }),
          may("engineer")
            ? h("button", { type: "button", text: t("review.export"), on: { click: () => this.export() } })
            : null,
        ),
      ),
      h("nav", { class: "tabs", "aria-label": t("review.queues") }, ...Object.values(this.tabs)),
      needsRole("technician") ?? "",
      this.stage,
      this.empty,
      this.help,
    );
  }

  begin() {
    this.scope.listen(document, "keydown", (event) => this.key(event));
    this.load();
  }

  load() {
    return this.scope.attempt(async () => {
      await this.list.load();
      this.drawCounts();
      await this.show();
    });
  }

  toggleDone() {
    this.list.begin(this.list.state === "open" ? "done" : "open");
    mark(this.done, "aria-pressed", String(this.list.state === "done"));
    this.load();
  }

  drawCounts() {
    for (const name of QUEUES) set(this.tabs[name].lastChild, count(this.list.open[name] ?? 0));
    const all = Object.values(this.list.open).reduce((sum, value) => sum + value, 0);
    this.scope.shell.count("review", all, t("review.openCount", { count: all }));
  }

  /** Shows the item of now. Only when its pictures are to be seen can it be judged. */
  async show() {
    const item = this.list.item;
    const turn = (this.turn += 1);
    this.shown = null;
    this.stage.hidden = item === undefined;
    this.empty.hidden = item !== undefined;
    if (item === undefined) return;
    this.lock();
    const life = await get(`api/parts/${item.part_uid}`, { signal: this.scope.signal });
    const views = partPictures({ ...life, views: life.views ?? item.views }).slice(0, MAX_VIEWS);
    await Promise.all(
      this.pictures.map(async (picture, index) => {
        picture.node.hidden = index >= Math.max(1, views.length);
        const kept = index < views.length && views[index].kept;
        if (!kept) picture.empty(t("picture.none"));
        else
          await picture
            .show(pictureOf(life.part, views[index]), () => turn === this.turn)
            .catch(() => picture.empty(t("picture.none")));
      }),
    );
    if (turn !== this.turn || this.scope.signal.aborted) return;
    this.frame.classList.toggle("several", views.length > 1);
    this.drawItem(item, life);
    this.shown = item;
  }

  lock() {
    for (const button of this.judge.querySelectorAll("button")) button.disabled = true;
  }

  drawItem(item, life) {
    this.head.replaceChildren(...reviewHead(item, life));
    const focused = this.judge.contains(document.activeElement) ? document.activeElement.dataset.judgement : null;
    this.judge.replaceChildren(judgeButtons(this.list.labels, (judgement) => this.say(judgement), { keys: true }));
    if (focused) this.judge.querySelector(`[data-judgement="${CSS.escape(focused)}"]`)?.focus();
    this.previous.disabled = this.list.index === 0;
    this.next.disabled = !this.list.hasNext;
    this.undo.disabled = this.list.given.length === 0;
    set(this.place, t("review.place", { count: count(this.list.open[this.queue] ?? 0) }));
  }

  /** Judges the part that is shown, and no other. */
  async say(judgement) {
    const item = this.shown;
    if (item === null || this.busy || !may("technician")) return;
    await this.alone(async () => {
      await send("POST", `api/review/${item.part_uid}`, { judgement, comment: "" }, { signal: this.scope.signal });
      this.list.judged(item, judgement, currentSession().user ?? "");
      this.scope.tell(t("review.said", { number: item.part_seq, judgement: judgementWord(judgement) }));
      await this.list.forward();
      this.drawCounts();
      await this.show();
    });
  }

  async takeBack() {
    const item = this.list.given.at(-1);
    if (item === undefined || this.busy) return;
    await this.alone(async () => {
      await send("DELETE", `api/review/${item.part_uid}`, {}, { signal: this.scope.signal });
      this.list.takenBack();
      this.scope.tell(t("review.undone", { number: item.part_seq }));
      this.drawCounts();
      await this.show();
    });
  }

  async step(by) {
    if (this.busy) return;
    await this.alone(async () => {
      if (by > 0) await this.list.forward();
      else this.list.back();
      await this.show();
    });
  }

  async alone(work) {
    this.busy = true;
    try {
      await this.scope.attempt(work);
    } finally {
      this.busy = false;
    }
  }

  key(event) {
    const typing = event.target.closest?.("input, select, textarea, dialog, [contenteditable]");
    if (typing || event.ctrlKey || event.altKey || event.metaKey || !this.help.keysOn) return;
    const judgement = judgements(this.list.labels).find(({ key }) => key === event.key.toLowerCase())?.value;
    const work = judgement
      ? () => this.say(judgement)
      : {
          z: () => this.takeBack(),
          ArrowRight: () => this.step(1),
          ArrowLeft: () => this.step(-1),
          "?": () => this.help.showModal(),
        }[event.key];
    if (!work) return;
    event.preventDefault();
    work();
  }

  export() {
    return this.scope.attempt(
      () => download("api/review/export", { queue: null, since: null, until: null }, "review.zip"),
      t("review.exported"),
    );
  }
}
