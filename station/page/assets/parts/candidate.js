// "What would another model say": asks a candidate for one picture and lays its answer beside the one that was given.

import { get } from "../api.js";
import { score } from "../figures.js";
import { label, t } from "../words.js";
import { h } from "./element.js";
import { partPictures, pictureAddress, pictureOf } from "./part-pictures.js";
import { patchesOf } from "./patches.js";
import { Picture } from "./picture.js";

/** The panel; null where no picture of the part was kept. */
export function candidatePanel(life, scope) {
  const views = partPictures(life).filter((view) => view.kept);
  if (!views.length) return null;
  const model = h("select", { id: "candidate-model" });
  const view = h(
    "select",
    { id: "candidate-view" },
    ...views.map((one) => h("option", { value: one.view, text: one.view })),
  );
  const picture = new Picture();
  const answer = h("div", { class: "candidate-answer", role: "status" });
  const ask = h("button", {
    type: "button",
    disabled: true,
    text: t("candidate.ask"),
    on: {
      click: async () => {
        ask.disabled = true;
        answer.replaceChildren(h("p", { text: t("candidate.asking") }));
        const done = await scope.attempt(async () => {
          const said = await get(`${pictureAddress(life.part.part_uid, view.value)}/candidate`, {
            query: { bundle: model.value },
            signal: scope.signal,
          });
          const shown = views.find((one) => one.view === view.value);
          answer.replaceChildren(words(said, shown));
          await picture
            .show({
              ...pictureOf(life.part, asLookedAt(shown, said), { map: false }),
              winner: strongestOf(said),
              caption: `${said.bundle}: ${answerOf(said)}`,
            })
            .catch(() => picture.empty(t("picture.none")));
        });
        if (!done) answer.replaceChildren();
        ask.disabled = false;
      },
    },
  });
  const form = h(
    "div",
    { class: "fields" },
    field("candidate-model", t("candidate.model"), model),
    views.length > 1 ? field("candidate-view", t("candidate.view"), view) : null,
    ask,
  );
  const node = h(
    "section",
    { class: "card candidate-card", "aria-label": t("candidate.title") },
    h("div", { class: "card-head" }, h("h2", { text: t("candidate.title") })),
    form,
    answer,
    picture.node,
  );
  picture.node.hidden = false;
  scope.attempt(async () => {
    const { models } = await get("api/recipes", { signal: scope.signal });
    const asked = models.filter((one) => one.kind !== "identity" && !one.problem);
    asked.sort((one, other) => Number(other.use === "candidate") - Number(one.use === "candidate"));
    model.replaceChildren(...asked.map((one) => h("option", { value: one.name, text: `${one.name} ${one.version}` })));
    ask.disabled = asked.length === 0;
    if (!asked.length) answer.replaceChildren(h("p", { text: t("candidate.none") }));
  });
  return node;
}

const answerOf = (said) =>
  said.label ? `${label(said.label)} ${score(said.score)}` : (said.problem ?? t("candidate.nothing"));
const field = (id, name, input) => h("p", { class: "field" }, h("label", { for: id, text: name }), input);

function words(said, shown) {
  const given = shown.label ? `${label(shown.label)} ${score(shown.score)}` : t("candidate.nothing");
  return h(
    "p",
    { class: said.verdict_differs ? "differs" : "agrees" },
    h("b", { text: said.verdict_differs ? `≠ ${t("candidate.differs")}` : `✓ ${t("candidate.agrees")}` }),
    " ",
    t("candidate.words", { bundle: said.bundle, said: answerOf(said), given }),
  );
}

function strongestOf({ patches, defective }) {
  if (!defective) return null;
  const all = patchesOf(patches);
  return all.reduce(
    (best, patch, index) => (patch.defect && (best === null || patch.score > all[best].score) ? index : best),
    null,
  );
}

// The candidate saw the kept picture, and tells its patches in its pixels.
function asLookedAt(shown, said) {
  return { ...shown, patches: said.patches, lines: shown.crop?.[2] ?? shown.lines, crop: null };
}
