// The filters beside every view: one query object, as the server reads it.

import { el, later, whole } from "./dom.js";

const FIRST = ["difference", "kept", "rule", "planted", "source", "caption_source"];

export function makeFilters(about, query, changed) {
  const form = document.getElementById("filters");
  // Enter in a box is no wish to leave the page
  form.addEventListener("submit", (event) => event.preventDefault());
  const columns = new Map(about.columns.map((column) => [column.name, column]));
  let now = query;

  function change(next) {
    now = next;
    draw();
    changed(now);
  }
  const changedSoon = later(250, () => changed(now));

  function draw() {
    const focused = document.activeElement?.id;
    const rest = Object.keys({ ...now.chosen, ...now.between, ...now.holds });
    const first = FIRST.filter((name) => columns.has(name));
    const names = [...new Set([...first, ...rest])].filter((name) => columns.has(name));
    const controls = names.map((name) => control(columns.get(name)));
    if (now.within) controls.push(lasso());
    form.replaceChildren(
      search(),
      sorting(),
      ...controls,
      marks(),
      adding(names),
      el("button", { type: "button", onclick: () => change({}) }, "Clear all"),
      el("a", { href: "marks.jsonl", download: "marks.jsonl" }, "Marks as a file"),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  function search() {
    const box = el("input", { id: "f-text", type: "search", value: now.text ?? "" });
    box.addEventListener("input", () => {
      // at once: what another control changes meanwhile is added to it
      now = { ...now, text: box.value };
      changedSoon();
    });
    return labelled("Text in captions and ids", box);
  }

  function sorting() {
    const options = [["", "as in the pool"], ...about.columns.map((one) => [one.name, one.label])];
    const by = select("f-sort", options, now.sort ?? "", (sort) => change({ ...now, sort }));
    const down = el("input", { id: "f-down", type: "checkbox", checked: Boolean(now.descending) });
    down.addEventListener("change", () => change({ ...now, descending: down.checked }));
    return el("div", {}, labelled("Sort by", by), el("label", { className: "check" }, down, "largest first"));
  }

  function control(column) {
    if (column.kind === "text") return words(column);
    return column.kind === "number" ? ends(column) : choice(column);
  }

  function words(column) {
    const box = el("input", { id: `f-${column.name}`, type: "search", value: now.holds?.[column.name] ?? "" });
    box.addEventListener("change", () => {
      const rest = { ...now.holds };
      delete rest[column.name];
      if (box.value) rest[column.name] = box.value;
      change({ ...now, holds: rest });
    });
    return labelled(`${column.label} holds`, box);
  }

  function choice(column) {
    const chosen = now.chosen?.[column.name]?.[0];
    const options = [["any", "any"]];
    for (const [value, count] of column.choices ?? []) {
      const words = value === true ? "yes" : value === false ? "no" : value || "(none)";
      options.push([JSON.stringify(value), `${words} · ${whole(count)}`]);
    }
    const value = chosen === undefined ? "any" : JSON.stringify(chosen);
    const box = select(`f-${column.name}`, options, value, (picked) => {
      const rest = { ...now.chosen };
      delete rest[column.name];
      if (picked !== "any") rest[column.name] = [JSON.parse(picked)];
      change({ ...now, chosen: rest });
    });
    return labelled(column.label, box);
  }

  function ends(column) {
    const [low, high] = now.between?.[column.name] ?? [null, null];
    const boxes = [low, high].map((value, place) => {
      const hint = column.ends ? String(+column.ends[place].toPrecision(4)) : "";
      const box = el("input", { type: "number", step: "any", placeholder: hint, value: value ?? "" });
      box.id = `f-${column.name}-${place}`;
      box.setAttribute("aria-label", `${column.label} ${place ? "at most" : "at least"}`);
      return box;
    });
    const set = () => {
      const pair = boxes.map((box) => (box.value === "" ? null : Number(box.value)));
      change({ ...now, between: { ...now.between, [column.name]: pair } });
    };
    for (const box of boxes) box.addEventListener("change", set);
    const legend = el("legend", {}, column.label);
    return el("fieldset", {}, legend, el("div", { className: "two" }, boxes));
  }

  function marks() {
    const options = [["", "any"], ["none", "unmarked"]];
    for (const [word, count] of Object.entries(about.marks)) {
      options.push([word, `${word} · ${whole(count)}`]);
    }
    const box = select("f-mark", options, now.mark ?? "", (mark) => change({ ...now, mark }));
    return labelled("Mark or tag", box);
  }

  function lasso() {
    const clear = () => change({ ...now, within: null });
    return el("p", {}, "Only what the lasso holds ", el("button", { type: "button", onclick: clear }, "Let go"));
  }

  function adding(there) {
    const options = [["", "…"]];
    for (const column of about.columns) {
      const searched = ["id", "caption"].includes(column.name);
      if (!there.includes(column.name) && !searched) options.push([column.name, column.label]);
    }
    const box = select("f-add", options, "", (name) => {
      if (columns.get(name).kind === "number") {
        change({ ...now, between: { ...now.between, [name]: [null, null] } });
        document.getElementById(`f-${name}-0`).focus();
      } else if (columns.get(name).kind === "text") {
        change({ ...now, holds: { ...now.holds, [name]: "" } });
        document.getElementById(`f-${name}`).focus();
      } else {
        const [first] = columns.get(name).choices[0];
        change({ ...now, chosen: { ...now.chosen, [name]: [first] } });
        document.getElementById(`f-${name}`).focus();
      }
    });
    return labelled("Another column", box);
  }

  draw();
  document.addEventListener("marked", draw);
  return {
    set(next) {
      now = next;
      draw();
    },
  };
}

function labelled(words, box) {
  return el("label", {}, words, box);
}

function select(id, options, value, picked) {
  const box = el("select", { id });
  for (const [option, words] of options) box.append(el("option", { value: option }, words));
  box.value = value;
  box.addEventListener("change", () => picked(box.value));
  return box;
}
