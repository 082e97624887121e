// A stat's values as stacked bars with the bound: good below, faulty on top where they are known.

import { shown, svg } from "./dom.js";

const WIDTH = 720;
const HEIGHT = 200;
const FLOOR = 172;
const TOP = 18;

export function histogram(bound, title) {
  const { edges, good, faulty, value } = bound;
  const low = edges[0];
  const span = edges.at(-1) - low || 1;
  const totals = good.map((count, bin) => count + (faulty?.[bin] ?? 0));
  const most = Math.max(1, ...totals);
  const across = (number) => (WIDTH * (number - low)) / span;
  const tall = (count) => ((FLOOR - TOP) * count) / most;
  const named = faulty ? "blue: others, orange and striped: faulty" : "";
  const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}. ${named}` });
  drawn.append(stripes());
  good.forEach((count, bin) => {
    const x = across(edges[bin]) + 0.5;
    const width = Math.max(0.8, across(edges[bin + 1]) - x - 0.5);
    drawn.append(bar("good", x, width, FLOOR - tall(count), tall(count)));
    const more = faulty?.[bin] ?? 0;
    if (more) drawn.append(bar("faulty", x, width, FLOOR - tall(count) - tall(more), tall(more)));
  });
  if (value !== null) drawn.append(...line(across(value), value));
  drawn.append(svg("line", { class: "axis", x1: 0, x2: WIDTH, y1: FLOOR, y2: FLOOR }));
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const side = share === 0 ? "start" : share === 1 ? "end" : "middle";
    drawn.append(text(WIDTH * share, FLOOR + 16, side, shown(low + span * share)));
  }
  return drawn;
}

function stripes() {
  const path = svg("path", { d: "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", class: "stripe" });
  const attributes = { id: "stripes", width: 6, height: 6, patternUnits: "userSpaceOnUse" };
  return svg("defs", {}, svg("pattern", attributes, svg("rect", { width: 6, height: 6, class: "faulty-ground" }), path));
}

function bar(kind, x, width, y, height) {
  return svg("rect", { class: `bar-${kind}`, x, y, width, height });
}

function line(x, value) {
  const side = x > WIDTH * 0.8 ? "end" : "start";
  const beside = side === "end" ? x - 5 : x + 5;
  return [
    svg("line", { class: "bound", x1: x, x2: x, y1: 4, y2: FLOOR }),
    text(beside, 14, side, shown(value), "bound-label"),
  ];
}

function text(x, y, anchor, words, kind = "") {
  return svg("text", { x, y, "text-anchor": anchor, class: kind }, words);
}
