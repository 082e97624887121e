// Two columns against each other; what a lasso holds becomes a filter.

import { latest, tell } from "./ask.js";
import { el, shown, whole } from "./dom.js";

const place = document.getElementById("scatter");
const MARGIN = 44;
const askPoints = latest("points");
let drawn = null;
let chosen = null;

export async function showScatter(about, query, narrow) {
  const numbers = about.columns.filter((column) => column.kind === "number");
  if (!chosen) chosen = { ...firstTwo(numbers), colour: "kept" };
  if (!drawn) drawn = makeView(numbers, () => {
    showScatter(about, drawn.query, drawn.narrow).then(() => tell(null), tell);
  });
  drawn.query = query;
  drawn.narrow = narrow;
  drawn.said.textContent = "Reading …";
  const points = await askPoints({ query, x: chosen.x, y: chosen.y });
  // other columns were asked for meanwhile
  if (!points) return;
  drawn.points = points;
  const thinned = points.rows.length < points.total ? `, ${whole(points.rows.length)} drawn` : "";
  drawn.said.textContent = `${whole(points.total)} pairs${thinned}. Draw around some: the gallery shows them.`;
  paint();
}

function firstTwo(numbers) {
  const names = numbers.map((column) => column.name);
  const x = names.find((name) => name === "image_text_similarity") ?? names[0];
  const y = names.find((name) => name === "num_words") ?? names.at(-1);
  return { x, y };
}

function makeView(numbers, changed) {
  const axis = (which, words) => {
    const box = el("select", {});
    for (const column of numbers) box.append(el("option", { value: column.name }, column.label));
    box.value = chosen[which];
    box.addEventListener("change", () => {
      chosen[which] = box.value;
      changed();
    });
    return el("label", {}, words, box);
  };
  const colour = el("select", {});
  for (const name of ["kept", "planted"]) colour.append(el("option", { value: name }, name));
  colour.addEventListener("change", () => {
    chosen.colour = colour.value;
    paint();
  });
  const canvas = el("canvas", { tabIndex: 0, role: "img" });
  const said = el("p", { role: "status" });
  const key = el("p", { className: "soft" });
  const row = el("div", { className: "row" }, axis("x", "Across"), axis("y", "Up"), el("label", {}, "Colour", colour));
  const map = el("button", { type: "button" }, "Map of the pictures");
  map.addEventListener("click", () => {
    Object.assign(chosen, { x: "map_x", y: "map_y" });
    row.querySelectorAll("select").forEach((box, place) => (box.value = [chosen.x, chosen.y, chosen.colour][place]));
    changed();
  });
  if (numbers.some((column) => column.name === "map_x")) row.append(map);
  const hint = "Without a mouse: add the two columns to the filters, and give their ends.";
  place.replaceChildren(el("h2", {}, "Scatter"), row, said, canvas, key, el("p", { className: "soft" }, hint));
  const view = { canvas, said, key, points: null, path: [] };
  lasso(view);
  new ResizeObserver(() => paint()).observe(canvas);
  return view;
}

function lasso(view) {
  const { canvas } = view;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    view.path = [at(event)];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!view.path.length) return;
    view.path.push(at(event));
    paint();
  });
  canvas.addEventListener("pointerup", () => {
    const path = view.path;
    view.path = [];
    paint();
    if (path.length < 3 || !view.points?.rows.length) return;
    // 200 corners say as much as a thousand
    const each = Math.max(1, Math.ceil(path.length / 200));
    const corners = path.filter((_, place) => place % each === 0);
    if (corners.length < 3) return;
    const polygon = corners.map(([x, y]) => [view.axes.valueX(x), view.axes.valueY(y)]);
    view.narrow({ x: chosen.x, y: chosen.y, polygon });
  });
  canvas.addEventListener("pointercancel", () => {
    view.path = [];
    paint();
  });
}

function axesOf(points, width, height) {
  const [left, right] = ends(points.x);
  const [low, high] = ends(points.y);
  const across = (width - 2 * MARGIN) / (right - left);
  const up = (height - 2 * MARGIN) / (high - low);
  return {
    ends: [left, right, low, high],
    x: (value) => MARGIN + (value - left) * across,
    y: (value) => height - MARGIN - (value - low) * up,
    valueX: (x) => left + (x - MARGIN) / across,
    valueY: (y) => low + (height - MARGIN - y) / up,
  };
}

function ends(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low < high ? [low, high] : [low - 0.5, low + 0.5];
}

function paint() {
  if (!drawn?.points) return;
  const { canvas, points } = drawn;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (!width) return;
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.setAttribute("aria-label", `${chosen.x} against ${chosen.y}, ${points.rows.length} points`);
  drawn.key.textContent = "";
  // a canvas of a new width is empty already
  if (!points.rows.length) return;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const colours = [style.getPropertyValue("--dropped"), style.getPropertyValue("--kept")];
  drawn.axes = axesOf(points, width, height);
  const groups = points.groups[chosen.colour];
  const size = points.rows.length > 5000 ? 2 : 3.5;
  pen.globalAlpha = points.rows.length > 5000 ? 0.45 : 0.6;
  points.rows.forEach((_, place) => {
    const on = groups ? groups[place] : true;
    pen.fillStyle = colours[Number(on)];
    const x = drawn.axes.x(points.x[place]);
    const y = drawn.axes.y(points.y[place]);
    // not by colour alone: one group is round, the other square
    pen.beginPath();
    if (on) pen.arc(x, y, size / 1.6, 0, 7);
    else pen.rect(x - size / 2, y - size / 2, size, size);
    pen.fill();
  });
  pen.globalAlpha = 1;
  label(pen, style, width, height);
  outline(pen, style);
  if (groups) drawn.key.textContent = `blue and round: ${chosen.colour}; orange and square: not ${chosen.colour}`;
}

function label(pen, style, width, height) {
  pen.fillStyle = style.getPropertyValue("--soft");
  pen.font = "12px system-ui, sans-serif";
  const [left, right, low, high] = drawn.axes.ends;
  pen.fillText(shown(left), MARGIN, height - 24);
  pen.textAlign = "right";
  pen.fillText(shown(right), width - MARGIN, height - 24);
  pen.fillText(shown(low), MARGIN - 6, height - MARGIN);
  pen.fillText(shown(high), MARGIN - 6, MARGIN);
  pen.textAlign = "center";
  pen.fillText(chosen.x.replaceAll("_", " "), width / 2, height - 8);
  pen.textAlign = "left";
  pen.fillText(chosen.y.replaceAll("_", " "), 6, 16);
}

function outline(pen, style) {
  if (drawn.path.length < 2) return;
  pen.strokeStyle = style.getPropertyValue("--ink");
  pen.setLineDash([4, 3]);
  pen.beginPath();
  for (const [x, y] of drawn.path) pen.lineTo(x, y);
  pen.closePath();
  pen.stroke();
}
