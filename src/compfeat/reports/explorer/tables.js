"use strict";
// A filter of the BD-rates, sorting of tables, and links to tables and figures that are folded away.
(() => {
  /** Unfold what the page's address names. */
  function unfold() {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = named && named.closest("details");
    if (folded) {
      folded.open = true;
      folded.scrollIntoView();
    }
  }
  window.addEventListener("hashchange", unfold);
  unfold();

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
})();
