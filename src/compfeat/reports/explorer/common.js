"use strict";
// What both parts of the page use: its data, and how elements and numbers are made.
const explorer = (() => {
  const facts = JSON.parse(document.getElementById("data").textContent);

  /** Return a new element; attributes that are null are left out, text is never read as HTML. */
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  /** Return the values of a form's checked inputs of one name, in the order of the page. */
  function chosen(form, name) {
    return [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((input) => input.value);
  }

  const minus = (text) => text.replace("-", "\u2212");
  const number = (value, digits) => (value === null ? "\u2013" : minus(value.toFixed(digits)));
  const signed = (value, digits) => (value === null ? "\u2013" : (value >= 0 ? "+" : "") + number(value, digits));
  const grouped = (value) => (value === null ? "\u2013" : String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f"));

  /** Fill a table with a head and rows; numbers stand right. */
  function fill(table, caption, head, rows) {
    const cell = (kind, value, scope) =>
      element(kind, { class: typeof value === "object" ? "n" : null, scope }, typeof value === "object" ? value.text : value);
    const titles = element("tr", null, ...head.map((title) => cell("th", title, "col")));
    const body = rows.map((row) =>
      element("tr", null, ...row.map((value, i) => cell(i ? "td" : "th", value, i ? null : "row"))));
    table.replaceChildren(
      element("caption", null, caption), element("thead", null, titles), element("tbody", null, ...body));
  }

  const right = (text) => ({ text });

  const svg = (name, attributes) => {
    const made = document.createElementNS(document.querySelector("svg").namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  /** Return a short line as a method's is drawn. */
  function swatch({ colour, dash }) {
    const made = svg("svg", { class: "line", width: 30, height: 10, "aria-hidden": "true", focusable: "false" });
    made.append(svg("line", { x1: 0, x2: 30, y1: 5, y2: 5, stroke: colour, "stroke-width": 2.2, "stroke-dasharray": dash.join(" ") }));
    return made;
  }

  // Marks of the codecs, as the charts draw them.
  const MARKS = {
    circle: "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0", square: "M-4.5,-4.5h9v9h-9z", "triangle-up": "M0,-5L5.5,5H-5.5Z",
    diamond: "M0,-6L5,0L0,6L-5,0Z", cross: "M-2,-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z", "triangle-down": "M0,5L5.5,-5H-5.5Z",
  };
  for (const path of document.querySelectorAll("path[data-shape]")) path.setAttribute("d", MARKS[path.dataset.shape]);

  return { facts, element, chosen, number, signed, grouped, fill, right, swatch };
})();
