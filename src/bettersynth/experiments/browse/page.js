// The page: what the server knows, the views, and the filters that they share.

import { ask, tell } from "./ask.js";
import { showBounds } from "./bounds.js";
import { makeFilters } from "./filters.js";
import { Gallery } from "./gallery.js";
import { showScatter } from "./scatter.js";
import { whole } from "./dom.js";

const about = await ask("about");
const state = readState();
document.getElementById("name").textContent = `${about.name}, ${whole(about.rows)} pairs`;
document.title = `${about.name}: bettersynth browse`;
if (matchMedia("(max-width: 760px)").matches) document.getElementById("filter-box").open = false;

const gallery = new Gallery(about);
const filters = makeFilters(about, state.query, (query) => {
  state.query = query;
  writeState();
  show();
});

for (const button of document.querySelectorAll("nav [data-view]")) {
  button.addEventListener("click", () => {
    state.view = button.dataset.view;
    writeState();
    show();
  });
}
// the same page with another address: the browser's way back
addEventListener("hashchange", () => {
  Object.assign(state, readState());
  filters.set(state.query);
  show();
});
show();

function readState() {
  const words = new URLSearchParams(location.hash.slice(1));
  const views = [...document.querySelectorAll("nav [data-view]")].map((button) => button.dataset.view);
  const view = views.find((name) => name === words.get("view")) ?? "pairs";
  return { view, query: readQuery(words.get("query")) };
}

// An address may be cut off or written by hand: what is no query filters nothing.
function readQuery(text) {
  try {
    const query = JSON.parse(text);
    return isQuery(query) ? query : {};
  } catch {
    return {};
  }
}

function isQuery(query) {
  if (!isRecord(query)) return false;
  const { chosen = {}, between = {}, holds = {} } = query;
  if (![chosen, between, holds].every(isRecord)) return false;
  return [...Object.values(chosen), ...Object.values(between)].every(Array.isArray);
}

function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function writeState() {
  const words = new URLSearchParams({ view: state.view, query: JSON.stringify(state.query) });
  history.replaceState(null, "", `#${words}`);
}

async function show() {
  for (const button of document.querySelectorAll("nav [data-view]")) {
    const chosen = button.dataset.view === state.view;
    button.setAttribute("aria-pressed", String(chosen));
    document.getElementById(button.dataset.view).hidden = !chosen;
  }
  document.body.dataset.view = state.view;
  tell(null);
  try {
    const query = JSON.stringify(state.query);
    if (state.view === "pairs") await gallery.show(query);
    if (state.view === "bounds") await showBounds(about);
    if (state.view === "scatter") await showScatter(about, query, narrow);
  } catch (error) {
    tell(error);
  }
}

// A lasso becomes a filter, and the gallery shows what it holds.
function narrow(lasso) {
  state.query = { ...state.query, within: lasso };
  state.view = "pairs";
  filters.set(state.query);
  writeState();
  show();
}
