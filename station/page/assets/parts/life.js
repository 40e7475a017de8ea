// One part's life as steps in time, from its record and its events. Pure: makes values, no elements.

import { slackMs } from "../figures.js";
import { label, reason, t } from "../words.js";
import { score } from "../figures.js";

/**
 * @typedef {{at_ms: number|null, name: string, text: string, encoder: number|null, kind: string}} Step
 * `kind`: trigger, frame, work, verdict, deadline, gate, event; `at_ms` after the trigger, null where only the order is known
 */

const STAGES = ["wait", "copy", "identity", "crop_resize", "patch_quantise", "engine", "map", "vote", "hand_off"];

/** @returns {Step[]} in their order in time */
export function stepsOf({ part, events = [], late }) {
  const began = Date.parse(part.triggered_at);
  const sinceTrigger = (iso) => (iso ? Date.parse(iso) - began : null);
  const steps = [
    {
      at_ms: 0,
      name: t("life.trigger"),
      text: t("life.triggerText", { number: part.part_seq }),
      encoder: part.trigger_encoder,
      kind: "trigger",
    },
  ];
  for (const picture of part.pictures ?? []) {
    if (picture.ready_ms === undefined) {
      steps.push({
        at_ms: null,
        name: t("life.noFrame", { view: picture.view }),
        text: "",
        encoder: null,
        kind: "problem",
      });
      continue;
    }
    steps.push({
      at_ms: picture.ready_ms,
      name: t("life.frame", { view: picture.view }),
      encoder: picture.encoder ?? null,
      kind: "frame",
      text:
        t("life.frameText", {
          camera: picture.camera,
          frame: picture.frame_id,
          lines: picture.lines_valid,
          of: picture.lines,
        }) + (picture.problem ? `. ${reason(picture.problem)}` : ""),
    });
  }
  const verdict = {
    at_ms: part.latency_ms,
    name: t("life.verdict"),
    kind: `verdict ${part.verdict}`,
    encoder: null,
    text: [
      t(`verdict.${part.verdict}`),
      part.verdict === "forced" ? reason(part.reason) : label(part.label),
      part.score === null ? "" : score(part.score),
    ]
      .filter(Boolean)
      .join(", "),
  };
  steps.push(verdict);
  if (part.handed_off_ms !== null && part.handed_off_ms !== undefined) {
    steps.push({
      at_ms: part.handed_off_ms,
      name: t("life.handedOff"),
      text: t("life.handedOffText"),
      encoder: null,
      kind: "work",
    });
  }
  const deadline = deadlineOf(part);
  if (deadline !== null) {
    steps.push({
      at_ms: deadline,
      name: t("life.deadline"),
      text: t("life.deadlineText"),
      encoder: null,
      kind: "deadline",
    });
  }
  if (late)
    steps.push({
      at_ms: late.latency_ms,
      name: t("life.late"),
      encoder: null,
      kind: "problem",
      text: `${label(late.label) || reason(late.reason)}. ${t("life.lateText")}`,
    });
  for (const event of events) {
    steps.push({
      at_ms: sinceTrigger(event.at),
      name: event.kind,
      text: event.detail,
      encoder: event.encoder ?? null,
      kind: "event",
    });
  }
  if (part.gate_encoder !== null && part.gate_encoder !== undefined) {
    steps.push({
      at_ms: null,
      name: t("life.gate"),
      text: t(part.verdict === "pass" ? "life.gatePass" : "life.gateReject"),
      encoder: part.gate_encoder,
      kind: "gate",
    });
  }
  return inOrder(steps);
}

// Steps without a time keep their place behind those before them.
function inOrder(steps) {
  let last = 0;
  const placed = steps.map((step, index) => {
    last = step.at_ms ?? last;
    return { step, index, at: step.at_ms ?? (step.kind === "gate" ? Infinity : last) };
  });
  return placed.sort((one, other) => one.at - other.at || one.index - other.index).map(({ step }) => step);
}

/** Milliseconds from trigger to deadline; null where it is not known. */
export function deadlineOf(part) {
  if (part.deadline_ms !== null && part.deadline_ms !== undefined) return part.deadline_ms;
  const left = slackMs(part, null);
  return left === null ? null : part.latency_ms + left;
}

/** How long which work took, in µs, in the order in which it was done. */
export function stagesOf(part) {
  const spent = part.stage_us ?? {};
  const names = [
    ...STAGES.filter((name) => name in spent),
    ...Object.keys(spent).filter((name) => !STAGES.includes(name)),
  ];
  return names.map((name) => ({ name, us: spent[name] }));
}
