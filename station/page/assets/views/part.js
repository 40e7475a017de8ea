// One part: what was seen, its life from trigger to confirmation, its record, what another model would say, and judging it.

import { currentSession, get, send } from "../api.js";
import { ms, score, slack, when } from "../figures.js";
import { candidatePanel } from "../parts/candidate.js";
import { h } from "../parts/element.js";
import { icon } from "../parts/icon.js";
import { judgeButtons, judgedBy, needsRole } from "../parts/judge.js";
import { deadlineOf, stagesOf, stepsOf } from "../parts/life.js";
import { gist, verdictMark } from "../parts/marks.js";
import { partPictures, pictureOf } from "../parts/part-pictures.js";
import { patchesOf } from "../parts/patches.js";
import { overlaySwitches, Picture } from "../parts/picture.js";
import { Table } from "../parts/table.js";
import { scale, stageBars, stepList } from "../parts/timeline.js";
import { label, t } from "../words.js";

/** @param {string} uid of the part */
export function showPart(root, scope, uid = "") {
  const body = h("div", { class: "part" }, h("p", { class: "loading", text: t("loading") }));
  const heading = h("h1", { text: t("part.titleOf", { number: "…" }) });
  const verdict = h("span", { class: "tools" });
  const newer = h("a", { class: "button quiet", hidden: true }, h("span", { text: t("part.newer") }), icon("next"));
  const older = h("a", { class: "button quiet", hidden: true }, icon("back"), h("span", { text: t("part.older") }));
  root.append(
    h(
      "div",
      { class: "view-head" },
      heading,
      verdict,
      h(
        "span",
        { class: "tools end" },
        older,
        newer,
        h("a", { class: "button quiet", href: "#/parts", text: t("part.list") }),
      ),
    ),
    body,
  );
  const draw = async () => {
    const life = await get(`api/parts/${encodeURIComponent(uid)}`, { signal: scope.signal });
    heading.textContent = t("part.titleOf", { number: life.part.part_seq });
    verdict.replaceChildren(
      verdictMark(life.part.verdict),
      h("span", { class: `gist ${life.part.verdict}`, text: life.part.verdict === "pass" ? "" : gist(life.part) }),
    );
    body.replaceChildren(...sections(life, scope, draw));
    scope.shell.showPlace("part", heading.textContent);
  };
  scope.attempt(draw).then((done) => {
    if (done) neighbours(Number(uid), older, newer, scope).catch(() => {});
    else if (!scope.signal.aborted) body.replaceChildren(h("p", { class: "empty", text: t("part.notThere", { uid }) }));
  });
}

async function neighbours(uid, older, newer, scope) {
  const page = await get("api/parts", { query: { before: uid, limit: 1 }, signal: scope.signal });
  if (page.parts.length) {
    older.href = `#/part/${page.parts[0].part_uid}`;
    older.hidden = false;
  }
  const recent = scope.live.status?.parts ?? [];
  const next = recent.find((part) => part.part_uid > uid);
  if (next && recent[0].part_uid <= uid) {
    newer.href = `#/part/${next.part_uid}`;
    newer.hidden = false;
  }
}

function sections(life, scope, redraw) {
  const { part } = life;
  return [
    picturesCard(life, scope),
    factsCard(part),
    judgeCard(life, scope, redraw),
    lifeCard(life),
    patchesCard(part),
    candidatePanel(life, scope),
    recordCard(life, scope),
  ].filter(Boolean);
}

const card = (className, title, tools, ...body) =>
  h(
    "section",
    { class: `card ${className}`, "aria-label": title },
    h("div", { class: "card-head" }, h("h2", { text: title }), tools),
    ...body,
  );

function picturesCard(life, scope) {
  const views = partPictures(life);
  const pictures = views.map(() => new Picture());
  views.forEach((view, index) => {
    if (view.kept)
      pictures[index]
        .show(pictureOf(life.part, view), () => !scope.signal.aborted)
        .catch(() => pictures[index].empty(t("picture.none")));
    else pictures[index].empty(t("picture.none"));
  });
  const frame = views.length
    ? h("div", { class: `views${views.length > 1 ? " several" : ""}` }, ...pictures.map((one) => one.node))
    : h("p", { class: "empty", text: t("part.noViews") });
  return card(
    "pictures-card",
    t("part.pictures"),
    overlaySwitches(() => pictures),
    frame,
  );
}

function factsCard(part) {
  const fact = (name, value) =>
    value === null || value === "" ? [] : [h("dt", { text: name }), h("dd", { text: value })];
  return card(
    "facts-card",
    t("part.facts"),
    null,
    h(
      "dl",
      { class: "facts" },
      ...fact(t("part.triggered"), when(part.triggered_at)),
      ...fact(t("part.class"), label(part.label)),
      ...fact(t("part.score"), score(part.score)),
      ...fact(t("part.latency"), ms(part.latency_ms)),
      ...fact(t("part.slack"), slack(part, deadlineOf(part))),
      ...fact(t("part.recipe"), part.recipe ?? ""),
      ...fact(t("part.model"), (part.model_digest ?? "").slice(0, 12)),
      ...fact(t("part.uid"), String(part.part_uid)),
      ...(part.part_type ? fact(t("part.type"), `${part.part_type} ${score(part.part_type_score)}`) : []),
      ...(part.simulated ? fact(t("part.simulated"), t("yes")) : []),
    ),
  );
}

function judgeCard(life, scope, redraw) {
  const { part } = life;
  const labels = life.labels ?? [
    ...new Set((part.pictures ?? []).flatMap((one) => (one.patches ?? []).map((patch) => patch.label))),
  ];
  const judge = (judgement) =>
    scope.attempt(async () => {
      await send(
        "POST",
        `api/review/${part.part_uid}`,
        { judgement, comment: comment.value },
        { signal: scope.signal },
      );
      await redraw();
    }, t("judgement.kept"));
  const undo = () =>
    scope.attempt(async () => {
      await send("DELETE", `api/review/${part.part_uid}`, {}, { signal: scope.signal });
      await redraw();
    }, t("judgement.undone"));
  const said = (life.judgements ?? []).filter((one) => !one.undone);
  const mine = said.some((one) => one.user === currentSession().user);
  const comment = h("input", { type: "text", maxlength: "500", id: "judgement-comment", autocomplete: "off" });
  return card(
    "judge-card",
    t("judgement.title"),
    null,
    needsRole("technician") ??
      h(
        "div",
        {},
        h("p", { class: "field" }, h("label", { for: "judgement-comment", text: t("judgement.comment") }), comment),
        judgeButtons(labels, judge),
      ),
    said.length ? h("ul", { class: "judged" }, ...said.map((one) => h("li", { text: judgedBy(one) }))) : null,
    mine ? h("button", { type: "button", class: "quiet", text: t("judgement.undo"), on: { click: undo } }) : null,
  );
}

function lifeCard(life) {
  const steps = stepsOf(life);
  const stages = stagesOf(life.part);
  return card(
    "life-card",
    t("life.title"),
    null,
    scale(steps, deadlineOf(life.part)),
    stepList(steps),
    stages.length ? h("h3", { text: t("life.stages") }) : null,
    stages.length ? stageBars(stages) : null,
  );
}

function patchesCard(part) {
  const rows = (part.pictures ?? []).flatMap((picture) =>
    patchesOf(picture.patches, picture.patch_px).map((patch, index) => ({
      ...patch,
      view: picture.view,
      index,
      decided: picture.view === part.view && index === part.patch_index,
    })),
  );
  if (!rows.length) return null;
  rows.sort((one, other) => Number(other.defect) - Number(one.defect) || other.score - one.score);
  const table = new Table(t("part.patches"), [
    { head: t("part.patch"), cell: (row) => `${row.view} ${row.index + 1}`, isName: true },
    { head: t("part.place"), cell: (row) => t("part.placeText", { x: row.x_px, y: row.y_px }) },
    { head: t("part.class"), cell: (row) => label(row.label) },
    { head: t("part.score"), cell: (row) => score(row.score), className: "number" },
    {
      head: t("part.vote"),
      cell: (row) =>
        row.decided && part.verdict !== "pass" ? t("part.decided") : t(row.defect ? "part.defective" : "part.sound"),
    },
  ]);
  table.rows(
    rows,
    (row) => `${row.view} ${row.index}`,
    (row) => (row.defect ? "defect" : ""),
  );
  table.node.classList.add("bounded");
  return card("patches-card", t("part.patches"), null, table.node);
}

function recordCard(life, scope) {
  const text = JSON.stringify(life.part, null, 2);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      scope.tell(t("part.copied"));
    } catch {
      getSelection().selectAllChildren(json); // no clipboard over plain http: what is marked can be copied by hand
      scope.tell(t("part.marked"));
    }
  };
  const json = h("pre", { tabindex: "0", text, role: "region", "aria-label": t("part.record") });
  return card(
    "record-card",
    t("part.record"),
    h("button", {
      type: "button",
      class: "quiet",
      text: t("part.copy"),
      on: {
        click: () => {
          json.parentElement.open = true;
          copy();
        },
      },
    }),
    h("details", {}, h("summary", { text: t("part.showRecord") }), json),
  );
}
