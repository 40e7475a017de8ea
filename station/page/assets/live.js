// Listens to the station: status, parts and faults as they come, and for how long there was no news.

const STALE_AFTER_MS = 3000;
const GIVE_UP_AFTER_MS = 6000; // a connection that is open and silent is a dead one
const TICK_MS = 500;
const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 4000;

/**
 * Kinds: "status" (Snapshot), "part" (Part), "fault" ({fault, begins}), "age" ({silentMs, stale, heardOnce, heardOn}),
 * "restart" (the station's run is another one than before).
 */
export class Live {
  /** @param {string} path of the WebSocket, relative to the page */
  constructor(path) {
    this.url = new URL(path, location.href);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.listeners = new Map();
    this.status = null;
    this.heardAt = performance.now();
    this.heardOn = null;
    this.retryMs = FIRST_RETRY_MS;
    this.socket = null;
    this.timer = 0;
    this.wanted = false;
  }

  /** Calls `listener` for each message of `kind`; the answer ends it. */
  on(kind, listener) {
    if (!this.listeners.has(kind)) this.listeners.set(kind, new Set());
    this.listeners.get(kind).add(listener);
    return () => this.listeners.get(kind).delete(listener);
  }

  /** Begins to listen; safe to repeat. */
  start() {
    if (this.wanted) return;
    this.wanted = true;
    this.connect();
    setInterval(() => this.tick(), TICK_MS);
  }

  connect() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.openedAt = performance.now();
    socket.onmessage = (event) => {
      if (socket === this.socket) this.hear(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (socket === this.socket) this.retry();
    };
  }

  retry() {
    this.socket = null;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 1.6, LAST_RETRY_MS);
  }

  hear(message) {
    const first = this.heardOn === null;
    this.heardAt = performance.now();
    this.heardOn = new Date();
    this.retryMs = FIRST_RETRY_MS;
    if (message.kind === "status") {
      const before = this.status?.station;
      this.status = message.status;
      if (before && before.run_id !== message.status.station.run_id) this.tell("restart", before);
      this.tell("status", message.status);
    } else if (message.kind === "part") this.tell("part", message.part);
    else if (message.kind === "fault") this.tell("fault", message);
    if (first || this.wasStale) this.tick();
  }

  tick() {
    const silentMs = performance.now() - this.heardAt;
    const silentSocket = this.socket && performance.now() - Math.max(this.heardAt, this.openedAt) > GIVE_UP_AFTER_MS;
    if (silentSocket) {
      const socket = this.socket;
      this.retry();
      socket.close();
    }
    this.wasStale = silentMs > STALE_AFTER_MS;
    this.tell("age", { silentMs, stale: this.wasStale, heardOnce: this.heardOn !== null, heardOn: this.heardOn });
  }

  tell(kind, value) {
    for (const listener of this.listeners.get(kind) ?? []) listener(value);
  }
}
