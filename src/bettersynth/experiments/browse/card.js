// One pair as a card, and the marks that it has.

import { el, shown } from "./dom.js";
import { send } from "./ask.js";

// shown in other places of the card, or told by its badges
const ELSEWHERE = new Set([
  "id",
  "caption",
  "kept",
  "rule",
  "reason",
  "planted",
  "original_caption",
  "caption there",
  "donor_id",
  "candidate",
  "bound",
]);

export function card(pair, about, opened) {
  const values = pair.values;
  const picture = pair.pictures
    ? el("img", { src: `picture/${pair.row}/0`, alt: values.caption, loading: "lazy", decoding: "async" })
    : el("span", { className: "soft" }, "no picture");
  const open = el("button", { type: "button", className: "open", onclick: () => opened(pair) }, picture);
  open.setAttribute("aria-label", `Open ${values.id}: ${values.caption}`);
  const made = el("article", { className: "card" }, open, badges(pair, about));
  made.append(el("p", { className: "caption" }, values.caption));
  if (values.planted && values.original_caption) {
    made.append(el("p", { className: "soft" }, "its own caption: ", values.original_caption));
  }
  for (const caption of pair.new) made.append(newCaption(caption, values));
  if (values["caption there"]) {
    made.append(el("p", { className: "new" }, "in the other: ", values["caption there"]));
  }
  if (values.reason) made.append(el("p", { className: "reason" }, values.reason));
  made.append(valueFold(values, about));
  return made;
}

// Opening the values of one card opens those of all.
let unfolded = false;

function valueFold(values, about) {
  const fold = el("details", { className: "fold", open: unfolded }, el("summary", {}, "Values"));
  fold.append(valueList(values, about));
  fold.addEventListener("toggle", () => {
    if (fold.open === unfolded) return;
    unfolded = fold.open;
    for (const other of document.querySelectorAll(".fold")) other.open = unfolded;
  });
  return fold;
}

export function badges(pair, about) {
  const values = pair.values;
  const line = el("p", { className: "badges" });
  if (values.kept === true) line.append(el("span", { className: "badge kept" }, "✓ kept"));
  if (values.kept === false) {
    line.append(el("span", { className: "badge dropped" }, `✕ ${(values.rule || "dropped").replaceAll("_", " ")}`));
  }
  if (values.planted) line.append(el("span", { className: "badge planted" }, "⚑ planted"));
  if (values.difference && !["the same", "in neither"].includes(values.difference)) {
    line.append(el("span", { className: "badge" }, `± ${values.difference}`));
  }
  for (const [person, mark] of Object.entries(pair.marks)) {
    const words = [mark.mark === "good" ? "▲ good" : mark.mark === "bad" ? "▼ bad" : "", ...mark.tags];
    const by = person === about.me ? "" : ` (${person})`;
    const text = (words.filter(Boolean).join(", ") || "note") + by;
    line.append(el("span", { className: `badge mark ${mark.mark}`, title: mark.note }, text));
  }
  return line;
}

export function newCaption(caption, values) {
  const inTraining = values.candidate === caption.candidate && values.weight > 0;
  const numbers = [];
  for (const [name, value] of Object.entries(caption)) {
    if (!["candidate", "captioner", "caption"].includes(name)) numbers.push(`${name} ${shown(value)}`);
  }
  const words = `new ${caption.candidate}${inTraining ? ", in training" : ""}: `;
  return el("p", { className: inTraining ? "new chosen" : "new", title: numbers.join(", ") }, words, caption.caption);
}

export function valueList(values, about) {
  const list = el("dl", { className: "values" });
  for (const column of about.columns) {
    const value = values[column.name];
    const nothing = value === null || value === undefined || value === "";
    if (ELSEWHERE.has(column.name) || nothing || column.kind === "flag") continue;
    list.append(el("div", {}, el("dt", {}, column.label), el("dd", {}, shown(value))));
  }
  return list;
}

// What a pressed key marks a pair as; undefined for all other keys.
export function markOfKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  return { g: "good", b: "bad", u: "" }[event.key.toLowerCase()];
}

// What the person who looks says of a pair.
export function ownMark(pair, about) {
  return pair.marks[about.me] ?? { mark: "", tags: [], note: "" };
}

let sending = Promise.resolve();

// One mark after the other: each is what the one before left, and a change. A note that is left by
// a click on "Good" would be lost otherwise.
export function setMark(pair, about, change) {
  sending = sending.catch(() => {}).then(() => post(pair, about, change));
  return sending;
}

async function post(pair, about, change) {
  const answer = await send("marks", { ...ownMark(pair, about), id: pair.values.id, ...change });
  pair.marks = answer.marks;
  about.marks = answer.counts;
  // a new tag can be filtered by
  document.dispatchEvent(new Event("marked"));
  return pair;
}
