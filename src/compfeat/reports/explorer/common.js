"use strict";
// What all parts of the page use: its data, and how elements and numbers are made.
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

  return { facts, element, chosen, number, signed, grouped, fill, right: (text) => ({ text }) };
})();
