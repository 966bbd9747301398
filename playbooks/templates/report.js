// Copyright (c) 2026, huaweicloud.coc contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Filters and sorts the table of the report. It becomes part of report.html.j2: an opening brace is never followed by
// another one, a percent sign or a hash.

(() => {
  const table = document.querySelector("table");
  if (!table) return;

  const headings = [...table.tHead.rows[0].cells];
  const column = (name) => headings.findIndex((heading) => heading.dataset.column === name);
  const text = (name, part, index = column(name)) => (row) =>
    (part ? row.cells[index].querySelector(part) : row.cells[index])?.textContent;
  const executed = column("executed");

  // What a filter compares: functions of a row.
  const filters = {
    status: text("executed", ".tag"),
    age: (row) => row.cells[executed].dataset.age,
    approval: text("approval"),
    enabled: text("enabled"),
    risk: text("risk"),
    type: text("script", "small"),
    region: text("region"),
    account: text("account"), // a column of several accounts only
  };

  const bodies = [...table.tBodies];
  const bodyLength = bodies[0].rows.length;
  const tasks = bodies.flatMap((body) => [...body.rows]).map((row, place) => {
    const values = {};
    for (const [filter, of] of Object.entries(filters)) values[filter] = of(row) || "unknown";
    return { row, place, text: row.textContent.toLowerCase(), values };
  });

  const search = document.querySelector("input");
  const shown = document.querySelector("output");
  const nothing = document.querySelector(".none");
  const hint = document.querySelector(".hint");
  const showAll = document.querySelector(".tools button");
  const all = shown.textContent;
  const buttons = [...document.querySelectorAll("button[data-filter]")];
  const chosen = {}; // filter → the values that are chosen, each with its label

  function show() {
    const part = search.value.trim();
    const wanted = part.toLowerCase();
    const active = Object.entries(chosen).filter(([, values]) => values.size);
    const counts = bodies.map(() => 0);
    tasks.forEach((task, index) => {
      const match = task.text.includes(wanted) && active.every(([filter, values]) => values.has(task.values[filter]));
      task.row.hidden = !match;
      if (match) counts[Math.floor(index / bodyLength)] += 1;
    });
    bodies.forEach((body, index) => {
      body.hidden = !counts[index];
      body.style.setProperty("--rows", counts[index]); // for its height, as long as it is not drawn
    });
    const count = counts.reduce((sum, one) => sum + one);
    const filtered = active.map(([, values]) => [...values.values()].join(" or "));
    if (part) filtered.push(`with "${part}"`);
    shown.textContent = filtered.length ? `${count} of ${tasks.length} tasks: ${filtered.join("; ")}` : all;
    showAll.hidden = !filtered.length;
    hint.hidden = Boolean(filtered.length);
    table.hidden = !count;
    nothing.hidden = Boolean(count);
    for (const button of buttons) {
      button.setAttribute("aria-pressed", Boolean(chosen[button.dataset.filter]?.has(button.value)));
    }
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const values = chosen[button.dataset.filter] ??= new Map();
      if (!values.delete(button.value)) values.set(button.value, button.dataset.label || button.value);
      show();
    });
  }
  search.addEventListener("input", show);
  showAll.addEventListener("click", () => {
    for (const values of Object.values(chosen)) values.clear();
    search.value = "";
    search.focus(); // the button goes away
    show();
  });

  // Sorts upwards, downwards, and back to the order of the page.
  const collator = new Intl.Collator(undefined, { numeric: true });
  table.tHead.addEventListener("click", (event) => {
    const heading = event.target.closest("th");
    if (!heading) return;
    const next = { ascending: "descending", descending: "none" };
    const order = next[heading.getAttribute("aria-sort")] ?? "ascending";
    for (const other of headings) other.removeAttribute("aria-sort");
    if (order === "none") {
      tasks.sort((a, b) => a.place - b.place);
    } else {
      heading.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      for (const task of tasks) {
        const cell = task.row.cells[heading.cellIndex];
        task.key = cell.dataset.key ?? cell.textContent;
      }
      // what is blank comes last, whatever the order
      tasks.sort((a, b) => !a.key - !b.key || sign * collator.compare(a.key, b.key) || a.place - b.place);
    }
    bodies.forEach((body, index) => {
      body.append(...tasks.slice(index * bodyLength, (index + 1) * bodyLength).map((task) => task.row));
    });
    show();
  });

  // Charts would come before the tasks on a phone.
  const charts = document.querySelector("details");
  const narrow = matchMedia("(max-width: 760px)");
  const fold = () => { charts.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();

  for (const button of document.querySelectorAll("button")) button.disabled = false;
  search.hidden = false;
  show();
})();
