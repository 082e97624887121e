// Of every table: a heading sorts, a field above a long one shows the rows that hold its words.
const LONG = 9;
for (const head of document.querySelectorAll("table.sortable thead th")) {
  head.tabIndex = 0;
  const sort = () => {
    const body = head.closest("table").tBodies[0], column = head.cellIndex, down = head.ariaSort !== "ascending";
    const value = row => { const cell = row.cells[column], n = parseFloat(cell.dataset.value ?? cell.textContent.replaceAll(",", "")); return isNaN(n) ? cell.textContent : n; };
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.ariaSort = down ? "ascending" : "descending";
    const rows = [...body.rows].sort((a, b) => { const x = value(a), y = value(b); return (x > y ? 1 : x < y ? -1 : 0) * (down ? 1 : -1); });
    body.append(...rows);
  };
  head.addEventListener("click", sort);
  head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
}
for (const table of document.querySelectorAll("table.sortable")) {
  const rows = table.tBodies[0].rows, scroll = table.closest(".scroll");
  if (rows.length < LONG || !scroll) continue;
  const field = document.createElement("input");
  field.type = "search";
  field.className = "find";
  field.placeholder = `show some of ${rows.length} rows`;
  field.setAttribute("aria-label", "show the rows that hold these words");
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const row of rows) row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
  });
  scroll.before(field);
}
// what scrolls can be reached by the keyboard
for (const box of document.querySelectorAll(".scroll")) {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.role = "region";
    box.ariaLabel = "table, scrolls sideways";
  }
}
