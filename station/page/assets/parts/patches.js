// Patches as records, candidates and pictures tell them, in one form. Pure.

export const SOUND = "defect-free";

/** @typedef {{y_px: number, x_px: number, height_px: number, width_px: number, label: string, score: number,
 *   defect: boolean}} Patch */

/**
 * @param {Array<object>} patches {y_px, x_px, [height_px, width_px], label, score} or {..., scores: {label: score}}
 * @param {number[]|null} [edges] (height, width) of a patch, where the patches do not tell it
 * @returns {Patch[]} the class that each speaks for most, and its score
 */
export function patchesOf(patches, edges = null) {
  const step = leastStep(patches ?? []);
  return (patches ?? []).map((patch) => {
    const [label, score] = patch.scores ? strongest(patch.scores) : [patch.label, patch.score];
    return {
      y_px: patch.y_px,
      x_px: patch.x_px,
      height_px: patch.height_px ?? edges?.[0] ?? step,
      width_px: patch.width_px ?? edges?.[1] ?? step,
      label,
      score,
      defect: label !== SOUND,
    };
  });
}

const strongest = (scores) => Object.entries(scores).reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0]);

// Where the size of a patch is not told, they lie side by side: the least step between two of them is their edge.
function leastStep(patches) {
  const places = patches.flatMap((patch) => [patch.y_px, patch.x_px]);
  const ordered = [...new Set(places)].sort((one, other) => one - other);
  const steps = ordered.slice(1).map((value, index) => value - ordered[index]);
  return steps.length ? Math.min(...steps) : 256;
}

/** (height, width) that the patches cover, from the corner of the picture. */
export function extent(patches) {
  return [
    Math.max(0, ...patches.map((one) => one.y_px + one.height_px)),
    Math.max(0, ...patches.map((one) => one.x_px + one.width_px)),
  ];
}
