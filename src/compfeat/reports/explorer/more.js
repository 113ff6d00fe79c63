"use strict";
// A filter of the BD-rates, sorting of tables, and the run's figures and tables.
(() => {
  const { facts, element, fill, right } = explorer;

  /** Show the rows of the BD-rates that have every word of the filter. */
  const filter = document.getElementById("interval-filter");
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(" ");
    for (const row of document.querySelectorAll("#intervals tr[data-cut]")) {
      row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    }
  });

  /** Sort a table by the column of the head that was clicked, within each group of rows; once more turns the order. */
  document.addEventListener("click", ({ target }) => {
    const head = target.closest("th[scope=col]");
    if (!head) return;
    const turned = head.ariaSort === "ascending" ? -1 : 1;
    for (const other of head.parentNode.cells) other.ariaSort = null;
    head.ariaSort = turned > 0 ? "ascending" : "descending";
    const value = (row) => (row.cells[head.cellIndex] || row.lastElementChild).textContent.trim();
    const order = (a, b) => turned * (parseFloat(value(a).replace("\u2212", "-")) - parseFloat(value(b).replace("\u2212", "-"))
      || value(a).localeCompare(value(b)));
    for (const body of head.closest("table").tBodies) {
      body.append(...[...body.rows].filter((row) => !row.classList.contains("source")).sort(order));
    }
  });

  const form = document.getElementById("more-choice");
  if (!form) return;

  function figure({ title, caption, picture }) {
    const img = element("img", { class: "shown", src: `data:image/png;base64,${picture}`, alt: `Figure: ${title}` });
    return element("figure", null, img, element("figcaption", null, caption));
  }

  function table({ title, caption, titles, numeric, rows }) {
    const made = element("table");
    const cell = (text, i) => (numeric[i] ? right(text) : text);
    fill(made, caption, titles.map(cell), rows.map((row) => row.map(cell)));
    return element("div", { class: "scroll", role: "region", "aria-label": title, tabindex: "0" }, made);
  }

  function draw() {
    const [kind, number] = form.elements.what.value.split(" ");
    const shown = kind === "figure" ? figure(facts.figures[Number(number)]) : table(facts.tables[Number(number)]);
    document.getElementById("more-shown").replaceChildren(shown);
  }

  form.addEventListener("change", draw);
  form.addEventListener("submit", (event) => event.preventDefault());
  draw();
})();
