// The gallery that scrolls without end: more pairs are asked for when the last ones come near.

import { latest, tell } from "./ask.js";
import { badges, card, markOfKey, setMark } from "./card.js";
import { openPair } from "./dialog.js";
import { whole } from "./dom.js";

const EACH = 60;
// pixels below the window within which the end is near
const NEAR = 1200;

export class Gallery {
  constructor(about) {
    this.about = about;
    this.place = document.getElementById("gallery");
    this.end = document.getElementById("end");
    this.pairs = [];
    this.ask = latest("rows");
    this.query = null;
    const near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.more(), {
      rootMargin: `${NEAR}px`,
    });
    near.observe(this.end);
    this.place.addEventListener("keydown", (event) => this.pressed(event));
  }

  async show(query) {
    if (query === this.query && this.pairs.length) return;
    this.query = query;
    this.pairs = [];
    this.left = Infinity;
    this.busy = false;
    this.place.replaceChildren();
    await this.more();
  }

  async more() {
    if (this.query === null || this.busy || this.left === 0) return;
    this.busy = true;
    try {
      const words = { query: this.query, count: EACH };
      if (this.pairs.length) words.after = this.pairs.at(-1).row;
      const answer = await this.ask(words);
      // another query was asked meanwhile
      if (!answer) return;
      this.left = answer.left;
      this.add(answer.pairs, answer.total);
    } catch (error) {
      this.left = 0;
      tell(error);
    }
    this.busy = false;
    const box = this.end.getBoundingClientRect();
    if (box.top && box.top < innerHeight + NEAR) this.more();
  }

  add(pairs, total) {
    for (const pair of pairs) {
      const place = this.pairs.push(pair) - 1;
      const made = card(pair, this.about, () => this.open(place));
      made.dataset.place = place;
      this.place.append(made);
    }
    const share = ((100 * total) / this.about.rows).toFixed(1);
    const words = `${whole(total)} of ${whole(this.about.rows)} pairs (${share} %)`;
    document.getElementById("count").textContent = words;
    const last = this.pairs.length ? "That is all." : "No pair is like this.";
    this.end.textContent = this.left ? "…" : last;
  }

  open(place) {
    openPair(this.pairs[place], this.about, {
      changed: (pair) => this.redraw(place, pair),
      next: (step) => this.step(place, step),
    });
  }

  async step(place, step) {
    if (place + step >= this.pairs.length) await this.more();
    const next = place + step;
    if (next >= 0 && next < this.pairs.length) this.open(next);
  }

  redraw(place, pair) {
    const made = this.place.querySelector(`[data-place="${place}"]`);
    made?.querySelector(".badges").replaceWith(badges(pair, this.about));
  }

  async pressed(event) {
    const made = event.target.closest("[data-place]");
    if (!made || event.ctrlKey || event.metaKey || event.altKey) return;
    const place = Number(made.dataset.place);
    const columns = getComputedStyle(this.place).gridTemplateColumns.split(" ").length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const mark = markOfKey(event);
    if (event.key in steps) {
      event.preventDefault();
      const next = this.place.querySelector(`[data-place="${place + steps[event.key]}"] .open`);
      next?.focus();
    } else if (mark !== undefined) {
      event.preventDefault();
      try {
        this.redraw(place, await setMark(this.pairs[place], this.about, { mark }));
      } catch (error) {
        tell(error);
      }
    }
  }
}
