// Draws one snapshot. Knows the document (station/page/snapshot.py) and the page's elements; nothing of the connection.

const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);
const say = (id, text) => { const node = at(id); if (node.textContent !== text) node.textContent = text; };
const count = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en").replaceAll(",", "\u202f"));
const decimal = (value, digits) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const ms = (value) => decimal(value, value !== null && value < 10 ? 1 : 0);

export function age(seconds) {
  if (seconds === null || seconds === undefined) return "never";
  if (seconds < 1) return "now";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

export function drawSilence(silence) {
  at("state").className = "SILENT";
  say("state-name", "NO NEWS");
  say("state-code", "");
  say("state-sentence", silence);
  say("state-action", "Check that the station runs and that the network to it works.");
}

export function draw(snapshot) {
  drawStation(snapshot);
  drawLedger(snapshot.ledger);
  drawFaults(snapshot);
  drawTiles(snapshot.parts);
  drawSpeed(snapshot);
  drawSlack(snapshot.slack);
  drawHealth(snapshot.health);
}

function drawStation({ station, state, simulated, faults }) {
  say("name", station.name);
  say("recipe", station.recipe);
  say("model", station.model);
  say("uptime", age(station.uptime_s));
  at("state").className = state.name;
  const cause = headline(state, faults);
  say("state-name", state.name);
  say("state-code", cause ? `${cause.code}, ${since(cause)}` : "");
  say("state-sentence", state.sentence);
  say("state-action", state.action);
  document.title = `${state.name} – ${station.name}`;
  const banner = at("simulated");
  banner.hidden = simulated.length === 0;
  const text = ` ${simulated.join(" and ")}: no real part is inspected here`;
  if (banner.textContent !== `SIMULATED${text}`) banner.replaceChildren(element("b", "", "SIMULATED"), text);
}

function drawLedger(ledger) {
  const parts = [ledger.passed, ledger.rejected, ledger.forced, ledger.in_flight];
  ["passed", "rejected", "forced", "in-flight"].forEach((id, index) => say(id, count(parts[index])));
  say("triggers", count(ledger.triggers));
  const missing = ledger.triggers - parts.reduce((sum, value) => sum + value, 0);
  at("ledger").classList.toggle("wrong", missing !== 0);
  document.querySelector(".sum").classList.toggle("long", ledger.triggers >= 100000);
  say("sum-sign", missing === 0 ? "=" : "≠");
  say("sum-check", missing === 0 ? "✓ every part is accounted for"
    : `✗ ${Math.abs(missing)} ${missing > 0 ? "not accounted for" : "too many"}: the line is stopped`);
}

const since = (fault) => `for ${age(fault.since_s)}${fault.count > 1 ? `, ${fault.count}×` : ""}`;
const headline = (state, faults) => faults.find((fault) => fault.sentence === state.sentence);

// The fault that the headline tells is not told twice.
function drawFaults({ state, faults }) {
  const cause = headline(state, faults);
  const others = faults.filter((fault) => fault !== cause);
  at("faults").hidden = others.length === 0;
  document.body.classList.toggle("faulty", others.length > 0);
  say("faults-title", cause ? "Also wrong, and what to do" : "What is wrong, and what to do");
  at("fault-list").replaceChildren(...others.map((fault) => {
    const row = element("li", fault.severity);
    row.append(element("span", "code", fault.code), element("span", "sentence", fault.sentence),
      element("span", "since", since(fault)), element("span", "action", fault.action));
    return row;
  }));
}

const LETTER = { pass: "P", reject: "R", forced: "F" };
const SHOWN = 40;

// A part that is not the recipe's is told with the type that it looks like.
const forcedWords = (part) => (/^(wrong|unknown) part$/.test(part.reason) && part.part_type
  ? `${part.reason}: ${part.part_type}` : part.reason);

function tile(part, newest) {
  const node = element("li", `tile ${part.verdict}${newest ? " newest" : ""}`);
  const badge = element("span", `badge ${part.verdict}`);
  badge.append(element("em", "", LETTER[part.verdict]));
  const what = part.verdict === "pass" ? "pass" : part.verdict === "forced" ? forcedWords(part) : part.label ?? part.reason;
  node.append(badge, element("span", "ms", ms(part.latency_ms)), element("span", "what", what),
    element("span", "seq", `#${part.part_seq}`));
  node.title = `part ${part.part_seq}: ${part.verdict}, ${part.reason || part.label || ""}`
    + (part.score === null ? "" : `, score ${part.score.toFixed(3)}`)
    + (part.part_type ? `; type ${part.part_type}, score ${decimal(part.part_type_score, 3)}` : "");
  return node;
}

function drawTiles(parts) {
  const newestFirst = parts.slice(-SHOWN).reverse();
  const nodes = newestFirst.map((part, index) => tile(part, index === 0));
  while (nodes.length < SHOWN) nodes.push(element("li", "tile none"));
  at("tiles").replaceChildren(...nodes);
}

function drawSpeed({ parts_per_s, latency }) {
  say("rate", decimal(parts_per_s, 1));
  for (const name of ["p50", "p99", "max"]) {
    const value = latency[`${name}_ms`];
    say(name, ms(value));
    at(name).parentElement.classList.toggle("late", value !== null && value > latency.deadline_ms);
  }
  say("latency-count", count(latency.count));
  say("deadline", `deadline ${ms(latency.deadline_ms)} ms`);
  const { edges_ms, counts } = latency.histogram;
  drawHistogram("histogram", edges_ms, counts, latency.deadline_ms, (from) => from >= latency.deadline_ms);
}

function drawSlack(slack) {
  say("slack-least", slack.unit === "ms" ? ms(slack.least) : count(slack.least));
  say("slack-unit", slack.unit === "ms" ? "ms" : "encoder counts");
  say("slack-count", count(slack.count));
  say("slack-late", `${count(slack.late_verdicts)} late, never applied`
    + (slack.withdrawn ? `; ${count(slack.withdrawn)} withdrawn` : ""));
  at("slack-late").classList.toggle("late", slack.late_verdicts + slack.withdrawn > 0);
  drawHistogram("slack-histogram", slack.edges, slack.counts, 0, (from) => from < 0);
}

// Bars between `edges`, with a mark at the deadline; `late(from)` says which bars lie behind it.
function drawHistogram(id, edges, counts, deadline, late) {
  const [, , width, whole] = at(id).getAttribute("viewBox").split(" ").map(Number);
  const base = whole - 2, height = base - 6;
  const x = (value) => ((value - edges[0]) / (edges[edges.length - 1] - edges[0])) * width;
  const most = Math.max(1, ...counts);
  const bars = counts.map((number, index) => shape("rect", {
    x: x(edges[index]) + 1, width: x(edges[index + 1]) - x(edges[index]) - 2,
    y: base - (number ? Math.max(3, (number / most) * height) : 0), height: number ? Math.max(3, (number / most) * height) : 0,
    class: late(edges[index]) ? "late" : "",
  }));
  at(id).replaceChildren(...bars,
    shape("line", { x1: 0, x2: width, y1: base, y2: base, class: "base" }),
    shape("line", { x1: x(deadline), x2: x(deadline), y1: 0, y2: base, class: "deadline" }));
}

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const WORD = { ok: "OK", warning: "CHECK", fault: "FAULT", unavailable: "ABSENT" };

function drawHealth(rows) {
  at("health-rows").replaceChildren(...rows.map((health) => {
    const row = element("tr", health.status);
    row.append(element("td", "word", WORD[health.status]), element("td", "name", health.name),
      element("td", "text", health.text), element("td", "age", health.age_s === null ? "" : age(health.age_s)));
    return row;
  }));
}
