// The recipe with its bounds: move one, and see what every line leaves and who stands at the edge.

import { ask, latest, tell } from "./ask.js";
import { card } from "./card.js";
import { openPair } from "./dialog.js";
import { el, percent, shown, whole } from "./dom.js";
import { histogram } from "./histogram.js";

const place = document.getElementById("bounds");
const askMoved = latest("bounds");
const moves = new Map();
// of the last answer
let accepted = new Map();
// of boxes whose value the recipe can't have
const refused = new Map();
let recipe = null;
let about = null;
let looked = null;

export async function showBounds(known) {
  about = known;
  if (recipe) {
    for (const { label, end } of refused.values()) asInRecipe(label, end);
    if (looked) await look(looked.label, looked.end);
    return;
  }
  place.replaceChildren(el("p", { className: "soft" }, "Reading the values …"));
  try {
    recipe = await ask("bounds");
  } catch (error) {
    place.replaceChildren();
    throw error;
  }
  const words = "Move a bound: what every line would leave, from cached scores. Nothing is written.";
  const lines = el("div", { className: "lines", role: "list" }, recipe.lines.map(lineRow));
  place.replaceChildren(
    el("div", {}, el("h2", {}, "The recipe's bounds"), el("p", { className: "soft" }, words), lines),
    el(
      "div",
      {},
      el("p", { id: "quality", role: "status" }),
      el("div", { id: "around" }),
      el("div", { id: "command" }),
    ),
  );
  draw(recipe.answer);
  const first = firstBound();
  if (first) await look(first.label, first.end);
}

// The bound that decides most: an end of the line that drops most pairs.
function firstBound() {
  const order = recipe.answer.lines.toSorted((one, two) => two.dropped - one.dropped);
  for (const { label } of order) {
    const line = recipe.lines.find((one) => one.label === label);
    const ends = line.ends.filter((end) => end.low !== null);
    const within = ends.find((end) => end.now !== null && end.now >= end.low && end.now <= end.high);
    if (ends.length) return { label, end: within ?? ends[0] };
  }
  return null;
}

function lineRow(line) {
  const ends = line.ends.map((end) => {
    const box = el("input", { type: "number", step: "any", value: end.now ?? "" });
    box.id = idOf(line.label, end);
    box.placeholder = "none";
    box.setAttribute("aria-label", `${line.label} ${end.setting}`);
    box.addEventListener("focus", () => look(line.label, end));
    box.addEventListener("input", () => move(line.label, end, box.value === "" ? end.now : Number(box.value)));
    // left empty: what counts now is the recipe's own bound
    box.addEventListener("change", () => box.value === "" && asInRecipe(line.label, end));
    const wrong = el("span", { id: `${box.id}-wrong`, className: "wrong", role: "alert" });
    return [el("label", {}, end.setting.replaceAll("_", " "), box), wrong];
  });
  const bar = el("span", { className: "bar" }, el("span", { className: "before" }), el("span", { className: "left" }));
  const row = el(
    "div",
    { className: "line", role: "listitem" },
    el("span", { className: "label" }, line.label.replaceAll("_", " ")),
    el("span", { className: "left-count" }),
    el("span", { className: "ends" }, ends.flat()),
    bar,
  );
  row.dataset.label = line.label;
  return row;
}

function idOf(label, end) {
  return `bound-${label}-${end.setting}`;
}

async function move(label, end, value) {
  const key = idOf(label, end);
  tellWrong(key, "");
  if (end.now === value) moves.delete(key);
  else moves.set(key, { label, end, value });
  await look(label, end);
}

async function look(label, end) {
  looked = { label, end };
  const asked = new Map(moves);
  const written = [...asked.values()].map((one) => [one.label, one.end.setting, one.value]);
  try {
    const answer = await askMoved({ moves: JSON.stringify(written), label, setting: end.setting });
    if (!answer) return;
    accepted = asked;
    tell(null);
    draw(answer);
  } catch (error) {
    await refuse(asked, error);
  }
}

// A value that the recipe can't have stays in its box with the reason, and moves nothing.
async function refuse(asked, error) {
  const fresh = [...asked].filter(([key, one]) => accepted.get(key) !== one);
  if (!fresh.length) {
    tell(error);
    return;
  }
  for (const [key, one] of fresh) {
    moves.delete(key);
    refused.set(key, one);
    tellWrong(key, error.message);
  }
  await look(looked.label, looked.end);
}

function tellWrong(key, words) {
  if (!words) refused.delete(key);
  const box = document.getElementById(key);
  box.setAttribute("aria-invalid", String(Boolean(words)));
  box.setAttribute("aria-describedby", words ? `${key}-wrong` : "");
  document.getElementById(`${key}-wrong`).textContent = words;
}

function asInRecipe(label, end) {
  const key = idOf(label, end);
  moves.delete(key);
  tellWrong(key, "");
  document.getElementById(key).value = end.now ?? "";
}

function draw(answer) {
  for (const line of answer.lines) {
    const row = place.querySelector(`[data-label="${CSS.escape(line.label)}"]`);
    row.classList.toggle("looked", line.label === looked?.label);
    row.querySelector(".before").style.width = `${(100 * line.before) / recipe.rows}%`;
    row.querySelector(".left").style.width = `${(100 * line.left) / recipe.rows}%`;
    const change = line.left - line.before;
    const words = change ? ` (${change > 0 ? "+" : "−"}${whole(Math.abs(change))})` : "";
    row.querySelector(".left-count").replaceChildren(
      el("small", {}, line.dropped ? `drops ${whole(line.dropped)}, leaves ` : ""),
      el("b", {}, whole(line.left)),
      el("small", {}, words),
    );
  }
  drawQuality(answer);
  drawCommand(answer.command);
  if (answer.bound) drawAround(answer.bound);
  else if (looked) document.getElementById("around").replaceChildren(el("p", {}, "This line has no values to draw."));
}

function drawQuality(answer) {
  const [kept, left] = answer.kept;
  const words = [`The recipe keeps ${whole(left)} of ${whole(recipe.rows)} pairs`];
  if (left !== kept) words.push(` (now ${whole(kept)})`);
  for (const [before, after] of answer.quality) {
    words.push(`. Of the ${whole(after.faulty)} ${after.by} it finds ${whole(after.found)}: `);
    words.push(`precision ${percent(after.precision)}, recall ${percent(after.recall)}`);
    if (left !== kept) words.push(` (now ${percent(before.precision)}, ${percent(before.recall)})`);
  }
  document.getElementById("quality").textContent = `${words.join("")}.`;
}

function drawCommand(command) {
  const here = document.getElementById("command");
  const again = () => {
    for (const line of recipe.lines) {
      for (const end of line.ends) asInRecipe(line.label, end);
    }
    look(looked.label, looked.end);
  };
  const back = el("button", { type: "button", onclick: again }, "Back to the recipe as it is");
  if (!command) {
    here.replaceChildren(...(refused.size ? [back] : []));
    return;
  }
  const said = el("span", { role: "status", className: "soft" });
  const code = el("code", {}, command);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      said.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      said.textContent = "selected: copy it with your keyboard";
    }
  };
  here.replaceChildren(
    el("h3", {}, "Run it"),
    el("pre", { tabIndex: 0 }, code),
    el(
      "div",
      { className: "row" },
      el("button", { type: "button", onclick: copy }, "Copy the command"),
      back,
      said,
    ),
  );
}

function drawAround(bound) {
  const around = document.getElementById("around");
  const { label, end } = looked;
  const title = `${label.replaceAll("_", " ")}: ${end.setting.replaceAll("_", " ")} ${shown(bound.value)}`;
  let slider = around.querySelector("input[type=range]");
  if (!slider || around.dataset.bound !== `${label} ${end.setting}`) {
    around.dataset.bound = `${label} ${end.setting}`;
    slider = makeSlider(bound, label, end);
    const key = bound.faulty ? [keyLine()] : [];
    const chart = el("div", { className: "chart" });
    around.replaceChildren(el("h3", {}), chart, slider, ...key, el("div", { className: "sides" }));
  }
  if (document.activeElement !== slider && bound.value !== null) slider.value = bound.value;
  slider.setAttribute("aria-valuetext", shown(bound.value));
  around.querySelector("h3").textContent = title;
  around.querySelector(".chart").replaceChildren(histogram(bound, title));
  const sides = [side("Just kept by this line", bound.kept, bound), side("Just dropped by it", bound.dropped, bound)];
  around.querySelector(".sides").replaceChildren(...sides);
}

function keyLine() {
  const boxes = [el("i", { className: "key-faulty" }), "known to be faulty ", el("i", { className: "key-good" }), "others"];
  return el("p", { className: "soft key" }, boxes, "; only pairs that reach this line. Badges tell what is decided now.");
}

function makeSlider(bound, label, end) {
  const low = bound.edges[0];
  const high = bound.edges.at(-1);
  const slider = el("input", { type: "range", min: low, max: high, step: end.whole ? 1 : (high - low) / 500 });
  if (end.whole) Object.assign(slider, { min: Math.ceil(low), max: Math.floor(high) });
  slider.setAttribute("aria-label", `${label} ${end.setting}`);
  slider.addEventListener("input", () => {
    const value = end.whole ? Math.round(slider.valueAsNumber) : +slider.valueAsNumber.toPrecision(4);
    document.getElementById(idOf(label, end)).value = value;
    move(label, end, value);
  });
  return slider;
}

function side(words, pairs, bound) {
  const cards = pairs.map((pair) => {
    const made = card(pair, about, (opened) => openPair(opened, about));
    made.querySelector(".badges").prepend(el("b", {}, shown(pair.values[bound.stat])));
    return made;
  });
  const none = pairs.length ? [] : [el("p", { className: "soft" }, "none")];
  return el("section", {}, el("h4", {}, words), el("div", { className: "gallery small" }, cards, none));
}
