// The icons, as lines on a ground of 24 by 24. They are never alone: a word stands beside each.

import { s } from "./element.js";

const PATHS = {
  line: "M3 17h18M6 17v-5h4v5M13 17v-8h5v8M5 21a1.5 1.5 0 1 0 0-.01M12 21a1.5 1.5 0 1 0 0-.01M19 21a1.5 1.5 0 1 0 0-.01M3 5h6",
  parts: "M4 5h4v4H4zM4 15h4v4H4zM12 6h8M12 9h5M12 16h8M12 19h5",
  review: "M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  io: "M4 7h12M13 4l3 3-3 3M20 17H8M11 14l-3 3 3 3",
  devices: "M3 7h4l2-3h6l2 3h4v13H3zM12 9a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  faults: "M12 3 2 20h20zM12 9v5M12 17v.5",
  recipes: "M5 3h10l4 4v14H5zM9 9h6M9 13h6M9 17h4",
  failsafe: "M12 2 4 5v6c0 5 3 9 8 11 5-2 8-6 8-11V5zM8 12l3 3 5-6",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-4 3-7 8-7s8 3 8 7",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M19 5l-1.5 1.5M6.500 17.500 5 19",
  moon: "M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  hold: "M8 5v14M16 5v14",
  go: "M7 4l12 8-12 8z",
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  return s(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    s("path", { d: PATHS[name] }),
  );
}
