// Recipes and models: what is active, with versions and digests, and the change to another recipe.

import { get, may, send } from "../api.js";
import { digest, percent } from "../figures.js";
import { h, keep, mark, set } from "../parts/element.js";
import { needsRole } from "../parts/judge.js";
import { said, setSaid } from "../parts/said.js";
import { Table } from "../parts/table.js";
import { known, t } from "../words.js";

const PERIOD_MS = 1000;
const UNDER_WAY = new Set(["preparing", "waiting"]);

export function showRecipes(root, scope) {
  const active = h("p", { class: "active-recipe" });
  const list = h("ul", { class: "recipes" });
  const news = h("p", { class: "changeover", role: "status", hidden: true });
  const ask = confirmation();
  const models = new Table(t("recipes.models"), [
    { head: t("recipes.model"), cell: (row) => row.name, isName: true },
    { head: t("recipes.product"), cell: (row) => row.product ?? "" },
    { head: t("recipes.kind"), cell: (row) => known(`recipes.kind.${row.kind}`, row.kind ?? "") },
    { head: t("recipes.version"), cell: (row) => row.version ?? "" },
    { head: t("recipes.digest"), cell: (row) => h("code", { text: digest(row.digest), title: row.digest }) },
    { head: t("recipes.signed"), cell: (row) => (row.signed_by ? `✓ ${row.signed_by}` : `! ${t("recipes.unsigned")}`) },
    { head: t("recipes.use"), cell: (row) => known(`recipes.use.${row.use}`, row.use ?? "") },
    {
      head: t("recipes.metrics"),
      cell: (row) => (row.problem ? said(row.problem, "model-problem") : metrics(row.metrics)),
    },
  ]);
  root.append(
    h("div", { class: "view-head" }, h("h1", { text: t("nav.recipes") })),
    h(
      "section",
      { class: "card", "aria-label": t("recipes.recipes") },
      h("div", { class: "card-head" }, h("h2", { text: t("recipes.recipes") }), active),
      news,
      needsRole("engineer") ?? "",
      list,
    ),
    h(
      "section",
      { class: "card", "aria-label": t("recipes.models") },
      h("h2", { text: t("recipes.models") }),
      models.node,
    ),
    ask.dialog,
  );
  const load = async () => {
    const answer = await get("api/recipes", { signal: scope.signal });
    const { active: now } = answer;
    set(active, now ? t("recipes.active", { id: now.id, name: now.name }) : t("recipes.noneActive"));
    const moving = answer.recipes.find((one) => one.changeover);
    news.hidden = !moving?.changeover.sentence;
    if (moving) {
      setSaid(news, moving.changeover.sentence);
      mark(news, "class", `changeover ${moving.changeover.state}`);
    }
    keep(
      list,
      answer.recipes,
      (one) => String(one.id),
      (one) => recipeCard(one, change),
      (node, one) => update(node, one, now?.id ?? null, moving),
    );
    models.rows(answer.models, (row) => `${row.name} ${row.digest}`);
  };
  const change = async (recipe) => {
    if (!(await ask.ask(recipe))) return;
    await scope.attempt(
      async () => {
        await send("POST", `api/recipes/${recipe.id}/activate`, {}, { signal: scope.signal });
        await load();
      },
      t("recipes.asked", { id: recipe.id, name: recipe.name }),
    );
  };
  scope.every(PERIOD_MS, load, (error) => scope.tell(error.message, "problem"));
}

function recipeCard(recipe, change) {
  return h(
    "li",
    { class: "recipe" },
    h(
      "div",
      { class: "recipe-name" },
      h("b", { text: `${recipe.id} ${recipe.name}` }),
      h("span", { class: "active-mark" }),
    ),
    h(
      "dl",
      { class: "facts" },
      h("dt", { text: t("recipes.digest") }),
      h("dd", {}, h("code", { text: digest(recipe.digest), title: recipe.digest })),
      ...recipe.views.flatMap((view) => [
        h("dt", { text: t("recipes.view", { view: view.view }) }),
        h(
          "dd",
          {},
          t("recipes.viewText", { camera: view.camera, bundle: view.bundle ?? "–" }),
          " ",
          h("code", { text: digest(view.bundle_digest), title: view.bundle_digest }),
        ),
      ]),
    ),
    h("button", {
      type: "button",
      disabled: true,
      text: t("recipes.activate"),
      "aria-label": t("recipes.activateOf", { id: recipe.id, name: recipe.name }),
      on: { click: () => change(recipe) },
    }),
  );
}

function update(node, recipe, activeId, moving) {
  const isActive = recipe.id === activeId;
  mark(node, "class", `recipe${isActive ? " active" : ""}`);
  set(node.querySelector(".active-mark"), isActive ? `✓ ${t("recipes.isActive")}` : "");
  const button = node.querySelector("button");
  button.hidden = isActive;
  button.disabled = !may("engineer") || UNDER_WAY.has(moving?.changeover.state);
}

/** Asks once more before the line works by another recipe. */
function confirmation() {
  const words = h("p");
  const dialog = h(
    "dialog",
    { class: "card", "aria-labelledby": "change-title" },
    h("h2", { id: "change-title", text: t("recipes.changeTitle") }),
    words,
    h(
      "form",
      { method: "dialog", class: "buttons" },
      h("button", { value: "yes", text: t("recipes.changeYes") }),
      h("button", { value: "", class: "quiet", text: t("cancel") }),
    ),
  );
  return {
    dialog,
    ask: (recipe) =>
      new Promise((answered) => {
        set(words, t("recipes.changeWords", { id: recipe.id, name: recipe.name }));
        dialog.returnValue = "";
        dialog.addEventListener("close", () => answered(dialog.returnValue === "yes"), { once: true });
        dialog.showModal();
      }),
  };
}

// What a technician asks of a model, as measured on test parts in the form in which it runs here.
function metrics(figures) {
  const parts = figures?.test_parts_int8 ?? figures?.test_parts_float ?? figures ?? {};
  return ["recall", "overkill"]
    .filter((name) => typeof parts[name] === "number")
    .map((name) => `${t(`metric.${name}`)} ${percent(parts[name], 2)}`)
    .join(" · ");
}
