// The fail-safe test's panel: shows how the test stands, and sends what the person at the page says.

const PATH = "api/failsafe";
const BUSY_MS = 400;
const IDLE_MS = 3000;
const MARKS = { passed: "✓", failed: "✗", inconclusive: "?", skipped: "–", "not done": "–" };
const WENT = { good: "good side", chute: "reject chute" };

const $ = (id) => document.getElementById(id);
let timer = 0;

async function look() {
  clearTimeout(timer);
  let wait = IDLE_MS;
  try {
    const answer = await fetch(PATH);
    if (answer.status === 204) return;
    const state = await answer.json();
    draw(state);
    if (state.running) wait = BUSY_MS;
  } catch {
    $("failsafe").hidden = true; // no news: the page says so itself
  }
  timer = setTimeout(look, wait);
}

async function send(action, body = {}) {
  let said = "";
  try {
    const answer = await fetch(`${PATH}/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Requested-With": "station", Accept: "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) said = (await answer.json()).error;
  } catch {
    said = "The station does not answer.";
  }
  $("failsafe-said").textContent = said;
  look();
}

function draw(state) {
  const asked = state.phase === "instruct";
  const step = state.step === null ? null : state.steps[state.step];
  $("failsafe").hidden = false;
  $("failsafe").classList.toggle("running", state.running);
  $("failsafe-begin").hidden = state.running;
  $("failsafe-course").hidden = state.phase === "idle";
  const simulated = state.simulated.length ? ` (simulated ${state.simulated.join(" and ")})` : "";
  $("failsafe-step").textContent = step
    ? `Step ${state.step + 1} of ${state.steps.length}: ${step.title}${simulated}`
    : state.sentence || "The report is being written.";
  $("failsafe-step").className = step ? "" : state.result ?? "";
  $("failsafe-instruction").textContent = step ? state.instruction : "";
  $("failsafe-waiting").textContent = step ? state.waiting : "";
  for (const id of ["failsafe-ready", "failsafe-skip"]) $(id).hidden = !asked;
  $("failsafe-ready").disabled = state.line_waits !== null;
  for (const id of ["failsafe-good", "failsafe-chute"]) $(id).hidden = state.phase !== "where";
  $("failsafe-abort").hidden = !step;
  $("failsafe-report").textContent = state.report ? `Report: ${state.report}` : "";
  $("failsafe-steps").replaceChildren(...state.steps.map((one, index) => row(one, state.step === index)));
}

function row(step, now) {
  const item = document.createElement("li");
  item.className = now ? "now" : (step.verdict ?? "");
  const part = step.part_seq === null ? "" : `, part ${step.part_seq}: ${step.said ?? "…"}, ${WENT[step.where] ?? "…"}`;
  item.textContent = `${now ? "▶" : (MARKS[step.verdict] ?? "·")} ${step.title}${part}${step.why ? `: ${step.why}` : ""}`;
  return item;
}

$("failsafe-start").addEventListener("click", () => send("start", { operator: $("failsafe-operator").value }));
$("failsafe-ready").addEventListener("click", () => send("ready"));
$("failsafe-good").addEventListener("click", () => send("answer", { where: "good" }));
$("failsafe-chute").addEventListener("click", () => send("answer", { where: "chute" }));
$("failsafe-abort").addEventListener("click", () => send("abort"));
$("failsafe-skip").addEventListener("click", () => {
  const reason = window.prompt("Why is this step left out? The test is incomplete then.");
  if (reason) send("skip", { reason });
});
look();
