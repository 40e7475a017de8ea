// The newest part large, or the last one that was rejected: pictures, patches, map, and the verdict beside them.
//
// Verdict and pictures change together: what is said is said of the picture that is shown. Parts that come while one is
// being loaded are passed over; the tiles show them all.

import { get } from "../api.js";
import { ms, score, slack } from "../figures.js";
import { label, t } from "../words.js";
import { h, mark, set } from "./element.js";
import { badge, gist } from "./marks.js";
import { partPictures, pictureOf } from "./part-pictures.js";
import { overlaySwitches, Picture } from "./picture.js";

const KEPT = "station.newest";
const PERIOD_MS = 400; // a picture that changes faster cannot be looked at
const PATIENCE = [150, 350, 700]; // record and pictures are written a moment after the verdict
const MAX_VIEWS = 4;

export class Newest {
  constructor(scope) {
    this.scope = scope;
    this.wanted = null;
    this.busy = false;
    this.rejectsOnly = localStorage.getItem(KEPT) === "rejects";
    this.pictures = Array.from({ length: MAX_VIEWS }, () => new Picture());
    this.frame = h("div", { class: "views" }, ...this.pictures.map((one) => one.node));
    this.head = h("p", { class: "seen-head" });
    this.facts = h("dl", { class: "facts" });
    this.open = h("a", { class: "button", hidden: true, text: t("line.open") });
    this.choice = h(
      "span",
      { class: "switches", role: "group", "aria-label": t("line.which") },
      this.choose("newest", false),
      this.choose("lastReject", true),
    );
    this.tools = h(
      "span",
      { class: "tools" },
      this.choice,
      overlaySwitches(() => this.pictures),
    );
    this.node = h(
      "div",
      { class: "seen" },
      this.frame,
      h("div", { class: "seen-words" }, this.head, this.facts, this.open),
    );
    this.say(t("line.noPart"));
  }

  choose(name, rejectsOnly) {
    const button = h("button", {
      type: "button",
      class: "switch",
      text: t(`line.${name}`),
      "aria-pressed": String(this.rejectsOnly === rejectsOnly),
      on: {
        click: () => {
          this.rejectsOnly = rejectsOnly;
          localStorage.setItem(KEPT, rejectsOnly ? "rejects" : "newest");
          for (const other of this.choice.children) mark(other, "aria-pressed", String(other === button));
        },
      },
    });
    return button;
  }

  say(sentence) {
    this.pictures.forEach((one, index) => {
      one.node.hidden = index > 0;
      one.empty("");
    });
    this.pictures[0].empty(sentence);
  }

  /** Parts, oldest first, with the deadline of the line. */
  offer(parts, deadlineMs) {
    this.deadlineMs = deadlineMs;
    for (const part of parts) {
      if (part.part_uid <= (this.wanted?.part_uid ?? 0)) continue;
      if (!this.rejectsOnly || part.verdict !== "pass") this.wanted = part;
    }
    this.pump();
  }

  async pump() {
    if (this.busy || !this.wanted || this.wanted === this.shown || document.hidden) return;
    this.busy = true;
    const part = this.wanted;
    try {
      await this.show(part);
      this.shown = part;
      await pause(PERIOD_MS);
    } catch (error) {
      if (this.scope.signal.aborted) return;
      this.shown = part; // no record of it: the next one will do
    } finally {
      this.busy = false;
    }
    if (!this.scope.signal.aborted) this.pump();
  }

  async show(part) {
    const life = await this.record(part.part_uid);
    const views = partPictures(life).slice(0, MAX_VIEWS);
    await Promise.all(
      this.pictures.map(async (picture, index) => {
        picture.node.hidden = index >= Math.max(1, views.length);
        if (index < views.length && views[index].kept) {
          await picture
            .show(pictureOf(part, views[index], { preview: true }), () => !this.scope.signal.aborted)
            .catch(() => picture.empty(t("picture.none")));
        } else picture.empty(t("picture.none"));
      }),
    );
    this.frame.classList.toggle("several", views.length > 1);
    this.head.replaceChildren(
      badge(part.verdict),
      h("b", { text: `#${part.part_seq}` }),
      h("span", { class: `gist ${part.verdict}`, text: gist(part) }),
    );
    this.facts.replaceChildren(
      ...fact(t("part.score"), score(part.score)),
      ...fact(t("part.latency"), ms(part.latency_ms)),
      ...fact(t("part.slack"), slack(part, this.deadlineMs)),
      ...(part.part_type ? fact(t("part.type"), `${part.part_type} ${score(part.part_type_score)}`) : []),
      ...(part.verdict === "forced" && part.label ? fact(t("part.class"), label(part.label)) : []),
    );
    this.open.hidden = false;
    mark(this.open, "href", `#/part/${part.part_uid}`);
    set(this.open, t("line.open"));
  }

  async record(uid) {
    for (const wait of PATIENCE) {
      await pause(wait);
      try {
        const life = await get(`api/parts/${uid}`, { signal: this.scope.signal });
        if (partPictures(life).every((view) => view.kept || view.ready_ms === undefined)) return life;
      } catch (error) {
        if (error.status !== 404) throw error;
      }
    }
    return get(`api/parts/${uid}`, { signal: this.scope.signal });
  }
}

const pause = (forMs) => new Promise((done) => setTimeout(done, forMs));
const fact = (name, value) => [h("dt", { text: name }), h("dd", { text: value })];
