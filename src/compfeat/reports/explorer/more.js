"use strict";
// Filters of the BD-rates, and the run's figures and tables as they are.
(() => {
  const { facts, element, fill, right } = explorer;

  const filter = document.getElementById("interval-choice");
  if (filter) {
    filter.addEventListener("change", () => {
      const wanted = Object.fromEntries(new FormData(filter));
      for (const row of document.querySelectorAll("#intervals tr[data-cut]")) {
        row.hidden = Object.entries(wanted).some(([key, value]) => value && key in row.dataset && row.dataset[key] !== value);
      }
    });
    filter.addEventListener("submit", (event) => event.preventDefault());
  }

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
