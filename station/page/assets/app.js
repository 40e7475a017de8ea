// Begins: language, colours, session, connection; then shows the view that the address asks for.

import { currentSession, loadSession, onSession } from "./api.js";
import { Live } from "./live.js";
import { Scope } from "./scope.js";
import { Shell } from "./shell.js";
import { startTheme } from "./theme.js";
import { chooseLanguage, startLanguage, t } from "./words.js";
import { showDevices } from "./views/devices.js";
import { showFailsafe } from "./views/failsafe.js";
import { showFaults } from "./views/faults.js";
import { showFocus } from "./views/focus.js";
import { showIo } from "./views/io.js";
import { showLine } from "./views/line.js";
import { showLogin } from "./views/login.js";
import { showPart } from "./views/part.js";
import { showParts } from "./views/parts.js";
import { showRecipes } from "./views/recipes.js";
import { showReview } from "./views/review.js";

/** Each view draws into `root` and takes what it needs from its scope, which ends with it. */
const VIEWS = {
  line: showLine,
  part: showPart,
  parts: showParts,
  review: showReview,
  io: showIo,
  devices: showDevices,
  focus: showFocus,
  faults: showFaults,
  recipes: showRecipes,
  failsafe: showFailsafe,
  login: showLogin,
};
const SESSION_RETRY_MS = 2000;

const live = new Live("api/live");
const shell = new Shell(live, { onLanguage: changeLanguage });
const main = document.getElementById("main");
let scope = null;
let shown = "";

function route() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const view = currentSession().role === "none" ? "login" : name in VIEWS ? name : "line";
  return { view, rest: rest.map(decodeURIComponent) };
}

function showRoute({ moveFocus }) {
  const { view, rest } = route();
  const before = shown;
  shown = location.hash;
  scope?.end();
  scope = new Scope(live, shell);
  main.replaceChildren();
  main.className = `view-${view}`;
  VIEWS[view](main, scope, ...rest);
  shell.showPlace(view, main.querySelector("h1")?.textContent ?? "");
  if (moveFocus && before !== shown) {
    window.scrollTo(0, 0);
    const heading = main.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    (heading ?? main).focus({ preventScroll: true });
  }
}

function changeLanguage(name) {
  chooseLanguage(name);
  shell.draw();
  showRoute({ moveFocus: false });
}

async function greet() {
  try {
    const { role } = await loadSession();
    if (role !== "none") live.start();
  } catch {
    setTimeout(greet, SESSION_RETRY_MS); // the page says by itself that there is no news
    live.start();
  }
}

async function begin() {
  startTheme();
  startLanguage((navigator.language ?? "en").slice(0, 2));
  await greet();
  startLanguage(currentSession().language);
  shell.draw();
  showRoute({ moveFocus: false });
  let role = currentSession().role;
  onSession((session) => {
    shell.drawPerson();
    if (session.role === role) return;
    role = session.role;
    if (role !== "none") live.start();
    showRoute({ moveFocus: false });
  });
  live.on("restart", (before) => {
    // Another version serves other files: what is loaded here would no longer fit.
    if (live.status.station.version !== before.version) location.reload();
    else loadSession().catch(() => {});
  });
  addEventListener("hashchange", () => showRoute({ moveFocus: true }));
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  document.body.dataset.ready = t("app.ready");
}

begin();
