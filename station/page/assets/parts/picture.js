// A picture of a part with what the network saw in it: patches with their scores, and the activation map.

import { score } from "../figures.js";
import { label as classWord, t } from "../words.js";
import { h, mark, set } from "./element.js";
import { extent } from "./patches.js";

const KEPT = "station.overlays";
const withoutMap = new Set(); // models that give none are asked once

function kept() {
  try {
    return { patches: true, map: true, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return { patches: true, map: true };
  }
}

/** Two switches, one for the patches and one for the map; they hold for all pictures and are kept. */
export function overlaySwitches(pictures) {
  const state = kept();
  const apply = () => pictures().forEach((one) => one.overlays(state));
  apply();
  return h(
    "span",
    { class: "switches", role: "group", "aria-label": t("picture.overlays") },
    ...["patches", "map"].map((name) => {
      const button = h("button", {
        type: "button",
        class: "switch",
        text: t(`picture.${name}`),
        "aria-pressed": String(state[name]),
        on: {
          click: () => {
            state[name] = !state[name];
            localStorage.setItem(KEPT, JSON.stringify(state));
            mark(button, "aria-pressed", String(state[name]));
            apply();
          },
        },
      });
      return button;
    }),
  );
}

/** One picture. It changes as a whole: caption, picture, map and patches are always of the same part. */
export class Picture {
  constructor() {
    this.image = h("img", { class: "photo", draggable: "false" });
    this.map = h("img", { class: "map", alt: "", "aria-hidden": "true", draggable: "false" });
    this.patches = h("div", { class: "patches", "aria-hidden": "true" });
    this.stage = h("div", { class: "stage" }, this.image, this.map, this.patches);
    this.nothing = h("p", { class: "no-picture" });
    this.caption = h("figcaption");
    this.node = h("figure", { class: "picture" }, this.stage, this.nothing, this.caption);
    this.overlays(kept());
    this.empty("");
  }

  overlays({ patches, map }) {
    this.stage.classList.toggle("without-patches", !patches);
    this.stage.classList.toggle("without-map", !map);
  }

  /** No picture, and why. */
  empty(sentence) {
    this.stage.hidden = true;
    this.nothing.hidden = false;
    set(this.nothing, sentence);
    set(this.caption, "");
    this.image.removeAttribute("src");
    this.map.removeAttribute("src");
    this.patches.replaceChildren();
  }

  /**
   * Loads and then shows. Rejects where the picture cannot be had; a map that cannot be had is left out.
   * @param {{src: string, map: {src: string, key: string}|null, patches: import("./patches.js").Patch[], winner: number|null,
   *   height: number|null, alt: string, caption: string}} what `height`: of the camera's picture in pixels, in which the
   *   patches are told; what is shown may be smaller. null: not known
   * @param {() => boolean} [stillWanted] asked after loading; where it says no, nothing changes
   */
  async show({ src, map, patches, winner, height: told, alt, caption }, stillWanted = () => true) {
    const loaded = await load(src);
    const mapped =
      map && !withoutMap.has(map.key)
        ? await load(map.src).catch(() => {
            withoutMap.add(map.key);
          })
        : null;
    if (!stillWanted()) return false;
    const { naturalWidth: width, naturalHeight: height } = loaded;
    this.stage.hidden = false;
    this.nothing.hidden = true;
    this.stage.style.aspectRatio = `${width} / ${height}`;
    this.stage.style.setProperty("--shape", String(width / height));
    this.stage.classList.toggle("tall", width < 0.6 * height); // words stand beside it: it is too narrow for them
    this.image.src = loaded.src;
    this.image.alt = alt;
    this.map.hidden = !mapped;
    if (mapped) this.map.src = mapped.src;
    this.drawPatches(patches, winner, told ? [told, (told * width) / height] : covered(patches, height, width));
    set(this.caption, caption);
    return true;
  }

  drawPatches(patches, winner, [height, width]) {
    this.patches.replaceChildren(
      ...patches.map((patch, index) => {
        const wins = index === winner;
        // Its words stand beside it, not on what they speak of.
        const places = [
          patch.y_px * 2 + patch.height_px < height ? "upper" : "lower",
          patch.x_px * 2 < width ? "left" : "right",
        ];
        const kinds = [wins ? "wins" : "", patch.defect ? "defect" : "", ...places].filter(Boolean);
        const box = h("div", { class: `patch ${kinds.join(" ")}` });
        if (wins || patch.defect) box.append(h("span", { text: `${classWord(patch.label)} ${score(patch.score)}` }));
        Object.assign(box.style, {
          left: `${(patch.x_px / width) * 100}%`,
          top: `${(patch.y_px / height) * 100}%`,
          width: `${(patch.width_px / width) * 100}%`,
          height: `${(patch.height_px / height) * 100}%`,
        });
        return box;
      }),
    );
  }
}

// Where the record does not say in which size the patches are told: the picture's own, or what they cover.
function covered(patches, height, width) {
  const [bottom, right] = extent(patches);
  return bottom > height || right > width ? [bottom, right] : [height, width];
}

async function load(src) {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}
