// Listens to the station and says so when there is no news. What a snapshot looks like is draw.js's business.

import { age, draw, drawSilence } from "./draw.js";

const STALE_AFTER_MS = 3000;
const RECONNECT_MS = 2000;

let heardAt = performance.now();
let heardOn = new Date();
let heardOnce = false;

const clock = (date) => date.toLocaleTimeString("en-GB");

function listen() {
  const events = new EventSource("api/events");
  events.onmessage = (event) => {
    heardAt = performance.now();
    heardOn = new Date();
    heardOnce = true;
    draw(JSON.parse(event.data));
    showAge();
  };
  // The browser reconnects by itself, but not after an answer such as 503.
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, RECONNECT_MS);
  };
}

function showAge() {
  const silentMs = performance.now() - heardAt;
  const stale = silentMs > STALE_AFTER_MS;
  document.body.classList.toggle("stale", stale && heardOnce);
  document.body.classList.toggle("waiting", !heardOnce);
  const banner = document.getElementById("stale");
  banner.hidden = !stale;
  if (stale) {
    const since = age(silentMs / 1000);
    banner.textContent = heardOnce
      ? `NO NEWS for ${since}: what you see below is old`
      : `NO ANSWER for ${since}: is the station running?`;
    document.title = "NO NEWS – station";
    drawSilence(heardOnce ? `Last heard at ${clock(heardOn)}.` : "The station has not answered yet.");
  }
  document.getElementById("clock").textContent = clock(new Date());
}

listen();
showAge();
setInterval(showAge, 500);
