// One pair as a whole: pictures, captions, its history in words, and what people say of it.

import { ask, tell } from "./ask.js";
import { badges, markOfKey, newCaption, ownMark, setMark, valueList } from "./card.js";
import { el } from "./dom.js";

const dialog = document.getElementById("pair");

export async function openPair(pair, about, { changed = () => {}, next = null } = {}) {
  const whole = await ask("pair", { row: pair.row }).catch((error) => tell(error));
  if (!whole) return;
  pair.marks = whole.marks;
  const focused = document.activeElement.id;
  draw(pair, whole, about, changed, next);
  if (!dialog.open) dialog.showModal();
  // drawn anew: without the focus in the dialog its keys would stop
  else (document.getElementById(focused) ?? dialog).focus();
}

function draw(pair, whole, about, changed, next) {
  const values = whole.values;
  const pictures = [];
  for (let number = 0; number < whole.pictures; number += 1) {
    pictures.push(el("img", { src: `picture/${pair.row}/${number}`, alt: values.caption }));
  }
  const head = el("h2", { id: "pair-title" }, values.id);
  const steps = next
    ? [
        el("button", { id: "pair-previous", type: "button", onclick: () => next(-1) }, "← Previous"),
        el("button", { id: "pair-next", type: "button", onclick: () => next(1) }, "Next →"),
      ]
    : [];
  const close = el("button", { id: "pair-close", type: "button", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(
    el("div", { className: "dialog-head" }, head, el("div", { className: "row" }, steps, close)),
    el("div", { className: "pictures" }, pictures),
    badges(pair, about),
    el("p", { className: "caption" }, values.caption),
    ...(values.planted ? [el("p", { className: "soft" }, `its own caption: ${values.original_caption}`)] : []),
    ...whole.new.map((caption) => newCaption(caption, values)),
    marking(pair, about, changed),
    el("h3", {}, "What happened to it"),
    el("pre", { id: "pair-history", tabIndex: 0 }, whole.history),
    el("h3", {}, "Values"),
    valueList(values, about),
  );
  dialog.onkeydown = (event) => {
    if (["INPUT", "TEXTAREA"].includes(event.target.tagName)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const mark = markOfKey(event);
    if (mark !== undefined) dialog.querySelector(`[data-mark="${mark}"]`).click();
    if (next && event.key === "ArrowRight") next(1);
    if (next && event.key === "ArrowLeft") next(-1);
  };
}

function marking(pair, about, changed) {
  const own = ownMark(pair, about);
  const tags = el("input", { value: own.tags.join(", "), placeholder: "blurred, text" });
  const note = el("textarea", { value: own.note, rows: 2, maxLength: 1500 });
  const said = el("span", { className: "soft", role: "status" });
  const keep = async (change) => {
    try {
      await setMark(pair, about, change);
      changed(pair);
      dialog.querySelector(".badges").replaceWith(badges(pair, about));
      said.textContent = "kept";
      press();
    } catch (error) {
      said.textContent = error.message;
    }
  };
  const buttons = [["good", "▲ Good (G)"], ["bad", "▼ Bad (B)"], ["", "No mark (U)"]].map(([mark, words]) => {
    const button = el("button", { type: "button", onclick: () => keep({ mark }) }, words);
    button.id = `pair-mark-${mark || "none"}`;
    button.dataset.mark = mark;
    return button;
  });
  const press = () => {
    const { mark } = ownMark(pair, about);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.mark === mark));
  };
  press();
  const words = () => tags.value.split(",").map((tag) => tag.trim()).filter(Boolean);
  tags.addEventListener("change", () => keep({ tags: words() }));
  note.addEventListener("change", () => keep({ note: note.value }));
  return el(
    "fieldset",
    { className: "marking" },
    el("legend", {}, `Your mark (${about.me})`),
    el("div", { className: "row" }, buttons, said),
    el("label", {}, "Tags, with commas between", tags),
    el("label", {}, "Note", note),
  );
}
