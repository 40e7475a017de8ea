// What a view may use while it is shown; when it is left, everything that it began here ends.

import { ApiError } from "./api.js";

/** One view's share of the page. */
export class Scope {
  /** @param {import("./live.js").Live} live @param {import("./shell.js").Shell} shell */
  constructor(live, shell) {
    this.live = live;
    this.shell = shell;
    this.ending = new AbortController();
    this.undo = [];
  }

  /** Ends the view's requests, timers and listeners. */
  get signal() {
    return this.ending.signal;
  }

  end() {
    this.ending.abort();
    for (const undo of this.undo.splice(0)) undo();
  }

  /** Something to be undone at the end. */
  onEnd(undo) {
    this.undo.push(undo);
  }

  /** Hears the station's messages (see Live), and the last status at once. */
  on(kind, listener) {
    this.onEnd(this.live.on(kind, listener));
    if (kind === "status" && this.live.status) listener(this.live.status);
  }

  /** Listens to an event of the document or window. */
  listen(target, event, listener) {
    target.addEventListener(event, listener, { signal: this.signal });
  }

  /**
   * Runs `work` now and again `periodMs` after it has ended, while the page is seen. A failure is quiet: that there is
   * no news is said for the whole page. `onError` hears what the station itself refused.
   */
  every(periodMs, work, onError = () => {}) {
    let timer = 0;
    const round = async () => {
      try {
        if (!document.hidden) await work();
      } catch (error) {
        if (this.signal.aborted) return;
        if (!(error instanceof ApiError)) console.error(error);
        else if (error.status !== 0) onError(error);
      }
      if (!this.signal.aborted) timer = setTimeout(round, periodMs);
    };
    this.onEnd(() => clearTimeout(timer));
    round();
  }

  /** Does what a person asked for; a refusal is said as one sentence. True where it was done. */
  async attempt(work, done = "") {
    try {
      await work();
    } catch (error) {
      if (this.signal.aborted) return false;
      if (!(error instanceof ApiError)) throw error;
      this.tell(error.message, "problem");
      return false;
    }
    if (done) this.tell(done);
    return true;
  }

  tell(sentence, kind = "done") {
    this.shell.tell(sentence, kind);
  }
}
