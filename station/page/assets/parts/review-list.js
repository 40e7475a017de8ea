// The queue of a review as far as it is loaded: a window of bounded size that moves on. Knows no elements.

const LIMIT = 20;
const REMEMBERED = 60;

/** `ask(path, {query})` gets from the API. */
export class ReviewList {
  constructor(queue, ask) {
    this.queue = queue;
    this.ask = ask;
    this.open = {};
    this.labels = [];
    this.given = []; // judged here, newest last, to be taken back
    this.begin("open");
  }

  /** Begins anew with the open or the done ones. */
  begin(state) {
    Object.assign(this, { state, items: [], index: 0, next: null });
  }

  get item() {
    return this.items[this.index];
  }
  get hasNext() {
    return this.index + 1 < this.items.length || this.next !== null;
  }

  async load() {
    const answer = await this.ask("api/review", {
      query: { queue: this.queue, state: this.state, before: this.next, limit: LIMIT },
    });
    const there = new Set(this.items.map((item) => item.part_uid));
    this.items.push(...answer.items.filter((item) => !there.has(item.part_uid)));
    this.next = answer.next ?? null;
    this.open = answer.open;
    this.labels = answer.labels;
    const surplus = Math.max(0, Math.min(this.index, this.items.length - REMEMBERED));
    this.items.splice(0, surplus);
    this.index -= surplus;
  }

  async forward() {
    if (this.index + 1 >= this.items.length && this.next !== null) await this.load();
    const after = this.index + 1;
    // At the end of the open ones nothing is left; at the end of a walk one stays at the last.
    if (after < this.items.length || (this.state === "open" && this.item?.judgement)) this.index = after;
  }

  back() {
    this.index = Math.max(0, this.index - 1);
  }

  /** The item was judged. */
  judged(item, judgement, user) {
    if (!item.judgement) this.open[item.queue] = Math.max(0, (this.open[item.queue] ?? 0) - 1);
    item.judgement = { judgement, user, at: new Date().toISOString(), comment: "" };
    this.given.push(item);
    if (this.given.length > LIMIT) this.given.shift();
  }

  /** The last judgement was taken back: its part is the one of now again. */
  takenBack() {
    const item = this.given.pop();
    item.judgement = null;
    this.open[item.queue] = (this.open[item.queue] ?? 0) + 1;
    const place = this.items.findIndex((one) => one.part_uid === item.part_uid);
    if (place < 0) this.items.splice(this.index, 0, item);
    else this.index = place;
  }
}
