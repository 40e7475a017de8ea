// From a part's record to what its pictures show: addresses, patches, and which patch decided.

import { score } from "../figures.js";
import { label, t } from "../words.js";
import { patchesOf } from "./patches.js";

/**
 * The views of a part as its record tells them.
 * @param {{part: object, views?: Array<{view: string, picture: boolean}>}} life answer of /api/parts/{uid}
 * @returns {Array<object>} the record's pictures, each with `kept`: whether the picture itself is there
 */
export function partPictures(life) {
  const kept = new Map((life.views ?? []).map((one) => [one.view, one.picture]));
  const pictures = life.part.pictures?.length ? life.part.pictures : [...kept.keys()].map((view) => ({ view }));
  return pictures.map((one) => ({ ...one, kept: kept.get(one.view) ?? false }));
}

export const pictureAddress = (uid, view) => `api/parts/${uid}/pictures/${encodeURIComponent(view)}`;

/** What `Picture.show` takes for one view of a part. */
export function pictureOf(part, view, { preview = false, map = true } = {}) {
  const address = pictureAddress(part.part_uid, view.view);
  const found = view.problem ? view.problem : view.label ? `${label(view.label)} ${score(view.score)}` : "";
  return {
    src: preview ? `${address}?preview=1` : address,
    map:
      map && view.map !== false && !view.problem && view.label ? { src: `${address}/map`, key: `${part.model_digest} ${view.view}` } : null,
    patches: within(patchesOf(view.patches, view.patch_px), view.crop),
    winner: part.verdict === "pass" ? null : (view.patch_index ?? null),
    height: view.crop?.[2] ?? view.lines ?? null,
    alt: t("picture.alt", { number: part.part_seq, view: view.view, found }),
    caption: [view.view, found].filter(Boolean).join(": "),
  };
}

// What is kept is the part with some background: patches are told in pixels of the camera's whole picture.
function within(patches, crop) {
  if (!crop) return patches;
  return patches.map((patch) => ({ ...patch, y_px: patch.y_px - crop[0], x_px: patch.x_px - crop[1] }));
}
