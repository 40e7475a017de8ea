// The frame round every view: banners, navigation, state, clock, language, colours, person, and what is said.

import { currentSession } from "./api.js";
import { age, clock } from "./figures.js";
import { h, mark, set } from "./parts/element.js";
import { icon } from "./parts/icon.js";
import { stateMark } from "./parts/marks.js";
import { said } from "./parts/said.js";
import { isDark, onTheme, switchTheme } from "./theme.js";
import { language, languages, t } from "./words.js";

const PLACES = ["line", "parts", "review", "io", "devices", "faults", "recipes", "failsafe"];
const BELONGS = { part: "parts", focus: "devices" };
const DONE_MS = 6000;
const at = (id) => document.getElementById(id);

/** Knows the elements of index.html. */
export class Shell {
  /** @param {import("./live.js").Live} live @param {{onLanguage: (name: string) => void}} asks */
  constructor(live, { onLanguage }) {
    this.live = live;
    this.onLanguage = onLanguage;
    this.place = { view: "line", title: "" };
    this.stale = false;
    live.on("status", (status) => this.drawStatus(status));
    live.on("age", (news) => this.drawAge(news));
    onTheme(() => this.drawTheme());
    setInterval(() => set(this.clock, clock(new Date())), 500);
    this.clock = h("span", { class: "clock" });
  }

  /** Everything, anew in the language of now. */
  draw() {
    set(at("skip"), t("shell.skip"));
    this.links = Object.fromEntries(
      PLACES.map((name) => [
        name,
        h(
          "a",
          { href: `#/${name}` },
          icon(name),
          h("span", { text: t(`nav.${name}`) }),
          h("b", { class: "badge-count", hidden: true }),
        ),
      ]),
    );
    at("rail").setAttribute("aria-label", t("shell.nav"));
    at("top").setAttribute("aria-label", t("shell.top"));
    at("rail").replaceChildren(h("ul", {}, ...PLACES.map((name) => h("li", {}, this.links[name]))));
    this.drawTop();
    this.showPlace(this.place.view, this.place.title);
    if (this.live.status) this.drawStatus(this.live.status);
  }

  drawTop() {
    this.name = h("span", { class: "station-name" });
    this.chip = h("a", { class: "chip", href: "#/line" });
    this.recipe = h("dd");
    this.model = h("dd");
    this.person = h("a", { class: "tool", href: "#/login" });
    this.theme = h("button", { class: "tool", type: "button", on: { click: switchTheme } });
    const tongues = languages
      .filter((name) => name !== language())
      .map((name) =>
        h("button", {
          class: "tool",
          type: "button",
          lang: name,
          "aria-label": t(`language.${name}`),
          text: name.toUpperCase(),
          on: { click: () => this.onLanguage(name) },
        }),
      );
    at("top").replaceChildren(
      this.name,
      this.chip,
      h(
        "dl",
        {},
        h("div", {}, h("dt", { text: t("shell.recipe") }), this.recipe),
        h("div", {}, h("dt", { text: t("shell.model") }), this.model),
      ),
      h("span", { class: "tools" }, this.clock, ...tongues, this.theme, this.person),
    );
    this.drawTheme();
    this.drawPerson();
  }

  drawTheme() {
    if (!this.theme) return;
    const words = t(isDark() ? "shell.toLight" : "shell.toDark");
    this.theme.replaceChildren(icon(isDark() ? "sun" : "moon"));
    mark(this.theme, "aria-label", words);
    mark(this.theme, "title", words);
  }

  drawPerson() {
    if (!this.person) return;
    const { user, role } = currentSession();
    const words = user ? `${user}, ${t(`role.${role}`)}` : t("shell.logIn");
    this.person.replaceChildren(icon("person"), h("span", { text: user ?? t("shell.logIn") }));
    mark(this.person, "title", words);
    mark(this.person, "aria-label", words);
  }

  showPlace(view, title) {
    this.place = { view, title };
    const here = BELONGS[view] ?? view;
    for (const [name, link] of Object.entries(this.links)) mark(link, "aria-current", name === here ? "page" : null);
    document.body.dataset.view = view;
    this.nameWindow();
  }

  nameWindow() {
    const status = this.live.status;
    const state = this.stale ? t("state.SILENT") : status ? t(`state.${status.state.name}`) : "";
    document.title = [state, this.place.title, status?.station.name].filter(Boolean).join(" – ");
  }

  drawStatus(status) {
    const { station, state, simulated, faults } = status;
    if (!this.name) return;
    set(this.name, station.name);
    set(this.recipe, station.recipe);
    set(this.model, station.model);
    if (this.stateName !== state.name + language()) {
      this.chip.replaceChildren(stateMark(state.name), h("span", { text: t(`state.${state.name}`) }));
      this.chip.className = `chip ${state.name}`;
      this.stateName = state.name + language();
    }
    const banner = at("simulated");
    banner.hidden = simulated.length === 0;
    const what = simulated.map((name) => t(`simulated.${name}`)).join(` ${t("and")} `);
    const text = ` ${t("simulated.sentence", { what })}`;
    if (banner.lastChild?.textContent !== text) banner.replaceChildren(h("b", { text: t("simulated") }), text);
    this.count("faults", faults.length, t("shell.faults", { count: faults.length }));
    this.announce(state);
    this.nameWindow();
  }

  /** A number on a place of the navigation; 0 shows none. */
  count(place, number, words) {
    const badge = this.links[place].querySelector(".badge-count");
    badge.hidden = number === 0;
    set(badge, number > 99 ? "99+" : String(number));
    mark(badge, "aria-label", words);
    mark(badge, "role", "img");
  }

  /** Tells a screen reader of another state, once. */
  announce(state) {
    const sentence = `${t(`state.${state.name}`)}. ${said(state.sentence).textContent} ${said(state.action).textContent}`;
    set(at("heard"), sentence.trim());
  }

  drawAge({ silentMs, stale, heardOnce, heardOn }) {
    this.stale = stale;
    document.body.classList.toggle("stale", stale && heardOnce);
    document.body.classList.toggle("waiting", !heardOnce);
    const banner = at("stale");
    banner.hidden = !stale;
    if (!stale) return;
    // The alert is told once; the running time beside it is for the eye.
    const words = heardOnce ? t("stale.old", { at: clock(heardOn) }) : t("stale.never");
    if (banner.dataset.words !== words) {
      banner.dataset.words = words;
      banner.replaceChildren(h("span", { text: words }), " ", h("small", { "aria-hidden": "true" }));
    }
    set(banner.lastChild, age(silentMs / 1000));
    this.stateName = "";
    if (this.chip) {
      this.chip.className = "chip SILENT";
      this.chip.replaceChildren(stateMark("SILENT"), h("span", { text: t("state.SILENT") }));
    }
    this.nameWindow();
  }

  /** Says one sentence at the lower edge: "done" goes by itself, "problem" stays until it is closed. */
  tell(sentence, kind) {
    clearTimeout(this.saying);
    if (kind !== "problem") this.saying = setTimeout(() => this.hush(), DONE_MS);
    const words = said(sentence);
    const shown = at("said").querySelector(`.${kind} > span`);
    if (shown?.textContent === words.textContent) return; // a screen reader is not told the same twice
    const close = h("button", { type: "button", class: "quiet", text: t("close"), on: { click: () => this.hush() } });
    at("said").replaceChildren(
      h(
        "div",
        { class: `saying ${kind}` },
        h("b", { class: "sign", "aria-hidden": "true", text: kind === "problem" ? "!" : "✓" }),
        words,
        close,
      ),
    );
  }

  hush() {
    at("said").replaceChildren();
  }
}
